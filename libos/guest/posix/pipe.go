package posix

import (
	"sync"

	"unibench/libos/guest/linux"
)

// pipeSize is the capacity of a pipe and pipeAtomic the most that is written
// in one piece, in bytes (pipe(7)).
const (
	pipeSize   = 64 << 10
	pipeAtomic = 4096
)

// pipe is a ring of bytes between two ends. Reads take from start on.
type pipe struct {
	hal HAL
	ino uint64

	mu      sync.Mutex
	changed sync.Cond // anything below changed
	ring    []byte    // made at the first write
	start   int
	used    int
	ends    [2]int // descriptions of each end, by pipeEnd.side

	watchers [2]notifier
}

// Sides of a pipe.
const (
	readSide  = 0
	writeSide = 1
)

// pipeEnd is the stream of one description.
type pipeEnd struct {
	*pipe
	side int
}

func newPipe(hal HAL, ino uint64) (r, w *pipeEnd) {
	p := &pipe{hal: hal, ino: ino, ends: [2]int{1, 1}}
	p.changed.L = &p.mu
	return &pipeEnd{p, readSide}, &pipeEnd{p, writeSide}
}

func (e *pipeEnd) read(b []byte, nonblock bool) (int, linux.Errno) {
	if len(b) == 0 {
		return 0, 0
	}
	p := e.pipe
	p.mu.Lock()
	for p.used == 0 {
		switch {
		case p.ends[writeSide] == 0:
			p.mu.Unlock()
			return 0, 0
		case nonblock:
			p.mu.Unlock()
			return 0, linux.EAGAIN
		}
		p.changed.Wait()
	}
	n := copy(b[:min(len(b), p.used)], p.ring[p.start:])
	n += copy(b[n:min(len(b), p.used)], p.ring)
	p.start = (p.start + n) % pipeSize
	p.used -= n
	p.unlock(writeSide)
	return n, 0
}

func (e *pipeEnd) write(b []byte, nonblock bool) (n int, errno linux.Errno) {
	p := e.pipe
	p.mu.Lock()
	for n < len(b) || n == 0 {
		if p.ends[readSide] == 0 {
			errno = linux.EPIPE
			break
		}
		room := pipeSize - p.used
		if len(b) <= pipeAtomic && room < len(b) {
			room = 0 // all at once or not yet
		}
		if room == 0 && len(b) > 0 {
			if nonblock {
				errno = linux.EAGAIN
				break
			}
			p.wake(readSide)
			p.changed.Wait()
			continue
		}
		if len(b) == 0 {
			break
		}
		n += p.push(b[n:min(len(b), n+room)])
	}
	p.unlock(readSide)
	if n > 0 {
		errno = 0
	}
	return n, errno
}

// push copies b, which fits, into the ring.
func (p *pipe) push(b []byte) int {
	if p.ring == nil {
		p.ring = make([]byte, pipeSize)
	}
	end := (p.start + p.used) % pipeSize
	n := copy(p.ring[end:], b)
	copy(p.ring, b[n:])
	p.used += len(b)
	return len(b)
}

// wake lets the other waiters of both sides look again and tells those of side
// who do not wait in a call. mu is held.
func (p *pipe) wake(side int) {
	p.changed.Broadcast()
	p.watchers[side].notify(p.hal, [...]uint32{readSide: linux.PollIn, writeSide: linux.PollOut}[side])
}

// unlock wakes and unlocks.
func (p *pipe) unlock(side int) {
	p.changed.Broadcast()
	p.mu.Unlock()
	p.watchers[side].notify(p.hal, [...]uint32{readSide: linux.PollIn, writeSide: linux.PollOut}[side])
}

func (e *pipeEnd) watch(fd int, pd uintptr) {
	e.watchers[e.side].attach(fd, pd)
	if events := e.ready(); events != 0 {
		w := watch{fd: fd, pd: pd}
		w.tell(e.hal, events)
	}
}

func (e *pipeEnd) unwatch(fd int)     { e.watchers[e.side].detach(fd) }
func (e *pipeEnd) waiters() *notifier { return &e.watchers[e.side] }

// ready is writable while pipeAtomic bytes fit, as on Linux.
func (e *pipeEnd) ready() (events uint32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.side == readSide:
		if e.used > 0 {
			events = linux.PollIn | linux.PollRdnorm
		}
		if e.ends[writeSide] == 0 {
			events |= linux.PollHup
		}
	default:
		if pipeSize-e.used >= pipeAtomic {
			events = linux.PollOut | linux.PollWrnorm
		}
		if e.ends[readSide] == 0 {
			events |= linux.PollErr
		}
	}
	return events
}

func (e *pipeEnd) stat() linux.Stat {
	return linux.Stat{Dev: 3, Ino: e.ino, Nlink: 1, Mode: linux.ModeFifo | 0o600, Blksize: 4096}
}

// reopen opens an end anew, through /proc/self/fd.
func (e *pipeEnd) reopen(flags int) (stream, linux.Errno) {
	side := readSide
	switch flags & linux.OAccmode {
	case linux.OWronly:
		side = writeSide
	case linux.ORdonly:
	default:
		return nil, linux.EACCES // Linux would give both ends in one
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ends[side]++
	return &pipeEnd{e.pipe, side}, 0
}

func (e *pipeEnd) close() {
	p := e.pipe
	p.mu.Lock()
	p.ends[e.side]--
	if p.ends[e.side] > 0 {
		p.mu.Unlock()
		return
	}
	p.changed.Broadcast()
	p.mu.Unlock()
	p.watchers[1-e.side].notify(p.hal, [...]uint32{readSide: linux.PollHup, writeSide: linux.PollErr}[1-e.side])
}

// queued returns the number of bytes that can be read.
func (e *pipeEnd) queued() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.used
}
