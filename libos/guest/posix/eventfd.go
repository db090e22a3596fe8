package posix

import (
	"sync"

	"unibench/libos/guest/linux"
)

// eventfd is the stream of eventfd(2): a counter.
type eventfd struct {
	p     *Process
	notes notifier
	ones  bool // EFD_SEMAPHORE

	mu    sync.Mutex // guards count
	count uint64
}

// eventfdMax is the largest count.
const eventfdMax = 1<<64 - 2

func (o *poller) sysEventfd(count uint32, flags int) (uintptr, linux.Errno) {
	if flags&^(linux.EfdSemaphore|linux.OCloexec|linux.ONonblock) != 0 {
		return 0, linux.EINVAL
	}
	return o.p.newStream(&eventfd{p: o.p, count: uint64(count), ones: flags&linux.EfdSemaphore != 0}, flags)
}

func (e *eventfd) read(b []byte, nonblock bool) (int, linux.Errno) {
	if len(b) < 8 {
		return 0, linux.EINVAL
	}
	try := func() linux.Errno {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.count == 0 {
			return linux.EAGAIN
		}
		v := e.count
		if e.ones {
			v = 1
		}
		e.count -= v
		putUint64(b, v)
		return 0
	}
	errno := try()
	if errno == linux.EAGAIN && !nonblock {
		errno = e.notes.block(e.p, linux.PollIn, 0, try)
	}
	if errno != 0 {
		return 0, errno
	}
	e.notes.notify(e.p.hal, linux.PollOut)
	return 8, 0
}

func (e *eventfd) write(b []byte, nonblock bool) (int, linux.Errno) {
	if len(b) != 8 { // exactly, since Linux 6.6
		return 0, linux.EINVAL
	}
	v := uint64(le32(b)) | uint64(le32(b[4:]))<<32
	if v > eventfdMax {
		return 0, linux.EINVAL
	}
	try := func() linux.Errno {
		e.mu.Lock()
		defer e.mu.Unlock()
		if v > eventfdMax-e.count {
			return linux.EAGAIN
		}
		e.count += v
		return 0
	}
	errno := try()
	if errno == linux.EAGAIN && !nonblock {
		errno = e.notes.block(e.p, linux.PollOut, 0, try)
	}
	if errno != 0 {
		return 0, errno
	}
	e.notes.notify(e.p.hal, linux.PollIn)
	return 8, 0
}

func (e *eventfd) ready() (events uint32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.count > 0 {
		events |= linux.PollIn
	}
	if e.count < eventfdMax {
		events |= linux.PollOut
	}
	return events
}

func (e *eventfd) waiters() *notifier               { return &e.notes }
func (e *eventfd) reopen(int) (stream, linux.Errno) { return nil, linux.ENXIO }
func (e *eventfd) close()                           {}
func (e *eventfd) stat() linux.Stat {
	return linux.Stat{Dev: 9, Ino: 2, Nlink: 1, Mode: 0o600, Blksize: 4096}
}
