package posix

import "unibench/libos/guest/linux"

// descriptor is one entry of the table, free if file is nil.
type descriptor struct {
	file    *file
	cloexec bool // kept and reported; nothing is ever executed
}

// get returns the description behind fd with one more reference, which the
// caller gives back with put.
func (p *Process) get(fd int) (*file, linux.Errno) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if fd < 0 || fd >= len(p.fds) || p.fds[fd].file == nil {
		return nil, linux.EBADF
	}
	f := p.fds[fd].file
	f.refs.Add(1)
	return f, 0
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
	p.enter(fd, descriptor{f, cloexec})
	p.mu.Unlock()
	return fd, 0
}

// vacant returns the lowest free descriptor not below from. mu is held.
func (p *Process) vacant(from int) int {
	fd := max(from, p.lowest)
	for fd < len(p.fds) && p.fds[fd].file != nil {
		fd++
	}
	if from <= p.lowest {
		p.lowest = fd
	}
	return fd
}

// enter fills in a free entry, making the table larger if needed. mu is held.
func (p *Process) enter(fd int, d descriptor) {
	for len(p.fds) <= fd {
		p.fds = append(p.fds, descriptor{})
	}
	p.fds[fd] = d
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
	if fd < 0 || fd >= len(p.fds) || p.fds[fd].file == nil {
		p.mu.Unlock()
		return linux.EBADF
	}
	f := p.fds[fd].file
	p.fds[fd] = descriptor{}
	p.lowest = min(p.lowest, fd)
	p.mu.Unlock()
	p.dropped(fd, f)
	return 0
}

// dropped cleans up after f has lost descriptor fd.
func (p *Process) dropped(fd int, f *file) {
	if w, ok := f.stream.(watched); ok {
		w.unwatch(fd)
	}
	f.put()
}

// dup makes to mean what fd means; see dup3(2).
func (p *Process) dup(fd, to int, cloexec bool) (int, linux.Errno) {
	p.mu.Lock()
	switch {
	case fd < 0 || fd >= len(p.fds) || p.fds[fd].file == nil, to < 0, uint64(to) >= p.nofile.Cur:
		p.mu.Unlock()
		return -1, linux.EBADF
	case fd == to:
		p.mu.Unlock()
		return to, 0
	}
	f := p.fds[fd].file
	f.refs.Add(1)
	var old *file
	if to < len(p.fds) {
		old = p.fds[to].file
	}
	p.enter(to, descriptor{f, cloexec})
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
