package posix

import (
	"sync/atomic"

	"unibench/libos/guest/linux"
)

// descriptor is one entry of the table, free if file is nil. Process.mu guards
// its changes; file may be read without.
type descriptor struct {
	file    atomic.Pointer[file]
	cloexec bool // kept and reported; nothing is ever executed
}

// get returns the description behind fd with one more reference, which the
// caller gives back with put. It takes no lock: a table that is replaced while
// it looks is the one of a moment ago, and a description that ends meanwhile
// has no references, and then the descriptor was closed.
func (p *Process) get(fd int) (*file, linux.Errno) {
	table := *p.table.Load()
	if uint(fd) >= uint(len(table)) {
		return nil, linux.EBADF
	}
	f := table[fd].file.Load()
	if f == nil || !f.hold() {
		return nil, linux.EBADF
	}
	return f, 0
}

// behind returns the description behind fd, nil if there is none. mu is held, so
// that it has references.
func (p *Process) behind(fd int) *file {
	if fd < 0 || fd >= len(p.fds) {
		return nil
	}
	return p.fds[fd].file.Load()
}

// use is get for the calls that a description opened with OPath does not
// serve: EBADF.
func (p *Process) use(fd int) (*file, linux.Errno) {
	f, errno := p.get(fd)
	if errno == 0 && f.has(linux.OPath) {
		f.put()
		return nil, linux.EBADF
	}
	return f, errno
}

// install gives f, with the caller's reference, the lowest free descriptor not
// below from. If there is none the reference is given back.
func (p *Process) install(f *file, from int, cloexec bool) (int, linux.Errno) {
	p.mu.Lock()
	fd := p.vacant(from)
	if uint64(fd) >= p.nofile.Cur {
		p.mu.Unlock()
		f.put()
		return -1, linux.EMFILE
	}
	p.enter(fd, f, cloexec)
	p.mu.Unlock()
	return fd, 0
}

// vacant returns the lowest free descriptor not below from. mu is held.
func (p *Process) vacant(from int) int {
	fd := max(from, p.lowest)
	for p.behind(fd) != nil {
		fd++
	}
	if from <= p.lowest {
		p.lowest = fd
	}
	return fd
}

// enter fills in a free entry, making the table larger if needed. mu is held.
func (p *Process) enter(fd int, f *file, cloexec bool) {
	if fd >= len(p.fds) {
		larger := make([]descriptor, max(fd+1, 2*len(p.fds)))
		for i := range p.fds {
			larger[i].file.Store(p.fds[i].file.Load())
			larger[i].cloexec = p.fds[i].cloexec
		}
		p.fds = larger
		p.table.Store(&larger)
	}
	p.fds[fd].file.Store(f)
	p.fds[fd].cloexec = cloexec
}

// full reports EMFILE if no descriptor is free: calls that change files check
// it before they do.
func (p *Process) full() linux.Errno {
	p.mu.Lock()
	defer p.mu.Unlock()
	if uint64(p.vacant(0)) >= p.nofile.Cur {
		return linux.EMFILE
	}
	return 0
}

// close takes fd out of the table.
func (p *Process) close(fd int) linux.Errno {
	p.mu.Lock()
	f := p.behind(fd)
	if f == nil {
		p.mu.Unlock()
		return linux.EBADF
	}
	p.fds[fd].file.Store(nil)
	p.lowest = min(p.lowest, fd)
	p.mu.Unlock()
	p.dropped(fd, f)
	return 0
}

// dropped cleans up after f has lost descriptor fd.
func (p *Process) dropped(fd int, f *file) {
	if w, ok := f.stream.(watched); ok {
		w.waiters().detach(fd)
	}
	p.ranges.release(f.node, nil) // as POSIX wants, whichever descriptor it is
	f.put()
}

// dup makes to mean what fd means; see dup3(2).
func (p *Process) dup(fd, to int, cloexec bool) (int, linux.Errno) {
	p.mu.Lock()
	switch {
	case p.behind(fd) == nil, to < 0, uint64(to) >= p.nofile.Cur:
		p.mu.Unlock()
		return -1, linux.EBADF
	case fd == to:
		p.mu.Unlock()
		return to, 0
	}
	f := p.behind(fd)
	f.refs.Add(1)
	old := p.behind(to)
	p.enter(to, f, cloexec)
	p.mu.Unlock()
	if old != nil {
		p.dropped(to, old)
	}
	return to, 0
}

// closeRange closes, or marks as close-on-exec, all descriptors from first to
// last.
func (p *Process) closeRange(first, last uint32, mark bool) {
	p.mu.Lock()
	end := min(int(last)+1, len(p.fds))
	if mark {
		for fd := int(first); fd < end; fd++ {
			p.fds[fd].cloexec = true
		}
	}
	p.mu.Unlock()
	if mark {
		return
	}
	for fd := int(first); fd < end; fd++ {
		p.close(fd)
	}
}
