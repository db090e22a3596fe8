package posix

import (
	"sync"

	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// Operations of flock(2).
const (
	lockShared    = 1
	lockExclusive = 2
	lockNonblock  = 4
	lockUnlock    = 8
)

// lockTable holds the locks of flock(2). They belong to descriptions and are
// on inodes. The zero value is an empty table.
type lockTable struct {
	mu     sync.Mutex
	change sync.Cond
	held   map[*vfs.Inode]map[*file]int // lockShared or lockExclusive
}

// take gets a lock of the given kind for f, or changes the kind of the one
// that f has.
func (t *lockTable) take(f *file, kind int, nonblock bool) linux.Errno {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held == nil {
		t.change.L = &t.mu
		t.held = make(map[*vfs.Inode]map[*file]int)
	}
	for t.conflict(f, kind) {
		// A change of kind is not atomic: the old lock is gone (flock(2)).
		t.drop(f)
		if nonblock {
			return linux.EAGAIN
		}
		t.change.Wait()
	}
	if t.held[f.node] == nil {
		t.held[f.node] = make(map[*file]int)
	}
	t.held[f.node][f] = kind
	t.change.Broadcast()
	return 0
}

func (t *lockTable) conflict(f *file, kind int) bool {
	for other, k := range t.held[f.node] {
		if other != f && (kind == lockExclusive || k == lockExclusive) {
			return true
		}
	}
	return false
}

// release gives back what f holds, if anything.
func (t *lockTable) release(f *file) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drop(f)
}

func (t *lockTable) drop(f *file) {
	if _, ok := t.held[f.node][f]; !ok {
		return
	}
	delete(t.held[f.node], f)
	if len(t.held[f.node]) == 0 {
		delete(t.held, f.node)
	}
	t.change.Broadcast()
}

func (p *Process) sysFlock(a *Args) linux.Errno {
	kind := a.int(1) &^ lockNonblock
	if kind != lockShared && kind != lockExclusive && kind != lockUnlock {
		return linux.EINVAL
	}
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return errno
	}
	defer f.put()
	switch {
	case f.node == nil:
		return linux.EBADF
	case kind == lockUnlock:
		p.locks.release(f)
		return 0
	}
	f.locks.Store(&p.locks)
	return p.locks.take(f, kind, a.int(1)&lockNonblock != 0)
}
