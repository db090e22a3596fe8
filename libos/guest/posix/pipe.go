package posix

import (
	"sync"

	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// Sizes of pipes in bytes (pipe(7)): the capacity at the start, the most that
// F_SETPIPE_SZ grants, and the most that is written in one piece.
const (
	pipeSize    = 64 << 10
	maxPipeSize = 1 << 20
	pipeAtomic  = 4096
)

// pipe is a ring of bytes between two ends, with or without a name. Reads take
// from start on.
type pipe struct {
	hal   HAL
	ino   uint64     // of one without a name
	node  *vfs.Inode // of a named one
	fifos *fifoTable // that it is in

	mu       sync.Mutex
	changed  sync.Cond // anything below changed
	ring     []byte    // grows with what is in the pipe, up to size
	start    int
	used     int
	size     int    // capacity
	promised int    // room that is kept for what fill reads
	lent     bool   // drain reads from the ring: nothing else may
	spare    []byte // what fill reads into, nil while it does
	ends     [2]int // descriptions of each end, by readSide and writeSide
	opened   [2]int // how many there were so far

	watchers [3]notifier // by pipeEnd.side
}

// Sides of a pipe. A named one can be open for both in one description.
const (
	readSide = iota
	writeSide
	bothSides
)

// pipeEnd is the stream of one description.
type pipeEnd struct {
	*pipe
	side int
	// since is how many writers there had been when a reader came that did not
	// wait for any: until there is one, nobody has hung up.
	since int
}

func makePipe(hal HAL) *pipe {
	p := &pipe{hal: hal, size: pipeSize}
	p.changed.L = &p.mu
	return p
}

// newPipe returns both ends of a pipe without a name.
func newPipe(hal HAL, ino uint64) (r, w *pipeEnd) {
	p := makePipe(hal)
	p.ino = ino
	p.ends, p.opened = [2]int{1, 1}, [2]int{1, 1}
	return &pipeEnd{pipe: p, side: readSide}, &pipeEnd{pipe: p, side: writeSide}
}

// has reports whether the description is one of side's.
func (e *pipeEnd) has(side int) bool { return e.side == side || e.side == bothSides }

func (e *pipeEnd) read(b []byte, nonblock bool) (int, linux.Errno) {
	if len(b) == 0 {
		return 0, 0
	}
	p := e.pipe
	p.mu.Lock()
	if ok, errno := p.await(nonblock); !ok {
		p.mu.Unlock()
		return 0, errno
	}
	n := p.peek(b)
	p.take(n)
	p.unlock(writeSide)
	return n, 0
}

// await waits until there is something to read and reports whether there is;
// with no error there never will be. mu is held.
func (p *pipe) await(nonblock bool) (bool, linux.Errno) {
	for p.used == 0 || p.lent {
		switch {
		case p.lent: // not for ever: drain writes something or gives up
		case p.ends[writeSide] == 0:
			return false, 0
		case nonblock:
			return false, linux.EAGAIN
		}
		p.changed.Wait()
	}
	return true, 0
}

// peek copies the first bytes into b. mu is held.
func (p *pipe) peek(b []byte) int {
	b = b[:min(len(b), p.used)]
	n := copy(b, p.ring[p.start:])
	copy(b[n:], p.ring)
	return len(b)
}

// take removes n bytes. mu is held.
func (p *pipe) take(n int) {
	p.used -= n
	if p.start += n; p.start >= len(p.ring) {
		p.start -= len(p.ring)
	}
	if p.used == 0 {
		p.start = 0
	}
}

func (e *pipeEnd) write(b []byte, nonblock bool) (n int, errno linux.Errno) {
	if len(b) == 0 {
		return 0, 0
	}
	p := e.pipe
	p.mu.Lock()
	for n < len(b) {
		if p.ends[readSide] == 0 {
			errno = linux.EPIPE
			break
		}
		room := p.room()
		if len(b) <= pipeAtomic && room < len(b) {
			room = 0 // all at once or not yet
		}
		if room == 0 {
			if nonblock {
				errno = linux.EAGAIN
				break
			}
			p.wake(readSide)
			p.changed.Wait()
			continue
		}
		n += p.push(b[n:min(len(b), n+room)])
	}
	p.unlock(readSide)
	if errno == linux.EPIPE {
		p.hal.Kill(0, linux.Sigpipe)
	}
	if n > 0 {
		errno = 0
	}
	return n, errno
}

// room returns how many bytes may be written. mu is held.
func (p *pipe) room() int { return p.size - p.used - p.promised }

// push copies b, which fits, into the ring. mu is held.
func (p *pipe) push(b []byte) int {
	if need := p.used + len(b); need > len(p.ring) {
		p.remake(min(max(pipeAtomic, 2*len(p.ring), need), p.size))
	}
	end := p.start + p.used
	if end >= len(p.ring) {
		end -= len(p.ring)
	}
	n := copy(p.ring[end:], b)
	copy(p.ring, b[n:])
	p.used += len(b)
	return len(b)
}

// wake lets the other waiters of both sides look again and tells those of side
// who do not wait in a call. mu is held.
func (p *pipe) wake(side int) {
	p.changed.Broadcast()
	p.tell(side, [...]uint32{readSide: linux.PollIn, writeSide: linux.PollOut}[side])
}

// unlock wakes and unlocks.
func (p *pipe) unlock(side int) {
	p.changed.Broadcast()
	p.mu.Unlock()
	p.tell(side, [...]uint32{readSide: linux.PollIn, writeSide: linux.PollOut}[side])
}

// tell tells those about events who wait for side.
func (p *pipe) tell(side int, events uint32) {
	p.watchers[side].notify(p.hal, events)
	p.watchers[bothSides].notify(p.hal, events)
}

func (e *pipeEnd) waiters() *notifier { return &e.watchers[e.side] }

// ready is writable while pipeAtomic bytes fit, as on Linux.
func (e *pipeEnd) ready() (events uint32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.has(readSide) {
		if e.used > 0 {
			events = linux.PollIn | linux.PollRdnorm
		}
		if e.ends[writeSide] == 0 && e.since != e.opened[writeSide] {
			events |= linux.PollHup
		}
	}
	if e.has(writeSide) {
		if e.room() >= pipeAtomic {
			events |= linux.PollOut | linux.PollWrnorm
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
	end, errno := e.pipe.open(flags)
	if errno != 0 {
		return nil, errno
	}
	return end, 0
}

func (e *pipeEnd) close() {
	p := e.pipe
	p.mu.Lock()
	var last [2]bool
	for side := range last {
		if e.has(side) {
			p.ends[side]--
			last[side] = p.ends[side] == 0
		}
	}
	p.changed.Broadcast()
	p.mu.Unlock()
	if last[readSide] {
		p.tell(writeSide, linux.PollErr)
	}
	if last[writeSide] {
		p.tell(readSide, linux.PollHup)
	}
	if p.fifos != nil {
		p.fifos.drop(p)
	}
}

// queued returns the number of bytes that can be read.
func (e *pipeEnd) queued() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.used
}
