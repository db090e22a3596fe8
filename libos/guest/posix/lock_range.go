package posix

import (
	"sync"
	"sync/atomic"

	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// rangeLock is a lock on bytes of a file (fcntl(2)). Its owner is a description
// (F_OFD_SETLK) or the process (F_SETLK), which is nil and never in its own way.
type rangeLock struct {
	owner      *file
	start, end int64 // the last byte is in it
	write      bool
}

// rangeLocks holds all of them. The zero value is an empty table.
type rangeLocks struct {
	mu     sync.Mutex
	change sync.Cond
	held   map[*vfs.Inode][]rangeLock
	some   atomic.Bool // there was one ever
}

// conflict returns a lock in the way of l. mu is held.
func (t *rangeLocks) conflict(node *vfs.Inode, l rangeLock) *rangeLock {
	for i := range t.held[node] {
		x := &t.held[node][i]
		if x.owner != l.owner && x.start <= l.end && l.start <= x.end && (x.write || l.write) {
			return x
		}
	}
	return nil
}

// take gets l, in the place of what its owner holds there.
func (t *rangeLocks) take(node *vfs.Inode, l rangeLock, wait bool) linux.Errno {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.change.L = &t.mu
	for t.conflict(node, l) != nil {
		if !wait {
			return linux.EAGAIN
		}
		t.change.Wait()
	}
	t.cut(node, l)
	if t.held == nil {
		t.held = make(map[*vfs.Inode][]rangeLock)
	}
	t.held[node] = append(t.held[node], l)
	t.some.Store(true)
	return 0
}

// cut takes the range of l from what its owner holds. mu is held.
func (t *rangeLocks) cut(node *vfs.Inode, l rangeLock) {
	if t.held == nil {
		return
	}
	var left []rangeLock
	for _, x := range t.held[node] {
		if x.owner != l.owner || x.end < l.start || l.end < x.start {
			left = append(left, x)
			continue
		}
		if x.start < l.start {
			left = append(left, rangeLock{x.owner, x.start, l.start - 1, x.write})
		}
		if l.end < x.end {
			left = append(left, rangeLock{x.owner, l.end + 1, x.end, x.write})
		}
	}
	if t.held[node] = left; len(left) == 0 {
		delete(t.held, node)
	}
	if t.change.L != nil {
		t.change.Broadcast()
	}
}

// release gives back all that owner holds of a file.
func (t *rangeLocks) release(node *vfs.Inode, owner *file) {
	if node == nil || !t.some.Load() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cut(node, rangeLock{owner: owner, end: maxOffset})
}

const maxOffset = 1<<63 - 1

// flock is struct flock of x86-64.
type flock struct {
	Type, Whence int16
	_            int32
	Start, Len   int64
	PID          int32
	_            int32
}

// bytes returns the range that l means.
func (l *flock) bytes(f *file) (start, end int64, errno linux.Errno) {
	start = l.Start
	switch l.Whence {
	case linux.SeekSet:
	case linux.SeekCur:
		start += f.off.Load()
	case linux.SeekEnd:
		start += f.node.Size()
	default:
		return 0, 0, linux.EINVAL
	}
	switch end = maxOffset; {
	case l.Len > 0:
		if end = start + l.Len - 1; end < start {
			return 0, 0, linux.EOVERFLOW
		}
	case l.Len < 0:
		start, end = start+l.Len, start-1
	}
	if start < 0 {
		return 0, 0, linux.EINVAL
	}
	return start, end, 0
}

// sysRangeLock makes the calls on locks of bytes, for a description or for the
// process.
func (p *Process) sysRangeLock(a *Args, f *file, cmd int) linux.Errno {
	const read, write = 0, 1
	owner, ask, wait := f, cmd == linux.FOfdGetlk || cmd == linux.FGetlk, cmd == linux.FOfdSetlkw || cmd == linux.FSetlkw
	if cmd == linux.FGetlk || cmd == linux.FSetlk || cmd == linux.FSetlkw {
		owner = nil
	}
	l, errno := load[flock](a, 2)
	switch {
	case errno != 0:
		return errno
	case f.node == nil && l.Whence == linux.SeekSet && ask:
		l.Type = linux.FUnlck // streams have no locks
		return store(a, 2, l)
	case f.node == nil, l.Type != read && l.Type != write && (l.Type != linux.FUnlck || ask):
		return linux.EINVAL
	}
	start, end, errno := l.bytes(f)
	if errno != 0 {
		return errno
	}
	want := rangeLock{owner, start, end, l.Type == write}
	t := &p.ranges
	switch {
	case !ask && (l.Type == read && f.readable() != 0 || l.Type == write && f.writable() != 0):
		return linux.EBADF
	case owner != nil && l.PID != 0:
		return linux.EINVAL
	case ask:
		t.mu.Lock()
		x := t.conflict(f.node, want)
		if x == nil {
			t.mu.Unlock()
			l.Type = linux.FUnlck
			return store(a, 2, l)
		}
		l = flock{Type: int16(b2u(x.write)), Start: x.start, PID: -1}
		if x.owner == nil {
			l.PID = pid
		}
		if x.end != maxOffset {
			l.Len = x.end - x.start + 1
		}
		t.mu.Unlock()
		return store(a, 2, l)
	case l.Type == linux.FUnlck:
		t.mu.Lock()
		defer t.mu.Unlock()
		t.cut(f.node, want)
		return 0
	}
	if owner != nil {
		f.ranges.Store(t)
	}
	return t.take(f.node, want, wait)
}
