package posix

import (
	"sync"

	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// fifos holds the pipes behind named pipes (fifo(7)) that are open. The zero
// value is empty.
type fifos struct {
	mu    sync.Mutex
	pipes map[*vfs.Inode]*fifo
}

// fifo is a pipe whose ends come and go.
type fifo struct {
	pipe
	came [2]int // how many descriptions each side ever had; guarded by pipe.mu
	open int    // descriptions, and opens at work; guarded by fifos.mu
}

// fifoEnd is the stream of one description: both sides if it is open for both.
type fifoEnd struct {
	of    *fifos
	node  *vfs.Inode
	fifo  *fifo
	sides [2]*pipeEnd // nil for the side that is not open
}

// openFIFO opens a named pipe. An open for one side waits for the other.
func (p *Process) openFIFO(node *vfs.Inode, flags int) (stream, linux.Errno) {
	t := &p.fifos
	t.mu.Lock()
	f := t.pipes[node]
	if f == nil {
		if t.pipes == nil {
			t.pipes = make(map[*vfs.Inode]*fifo)
		}
		f = &fifo{pipe: pipe{hal: p.hal, ino: node.Stat().Ino}}
		f.changed.L = &f.pipe.mu
		t.pipes[node] = f
	}
	f.open++
	t.mu.Unlock()
	e := &fifoEnd{of: t, node: node, fifo: f}
	if errno := e.join(flags&linux.OAccmode, flags&linux.ONonblock != 0); errno != 0 {
		e.leave()
		return nil, errno
	}
	return e, 0
}

// join opens sides and waits for the other one.
func (e *fifoEnd) join(mode int, nonblock bool) linux.Errno {
	f := e.fifo
	f.mu.Lock()
	defer f.mu.Unlock()
	if mode == linux.OWronly && nonblock && f.ends[readSide] == 0 {
		return linux.ENXIO
	}
	for side, closed := range [2]int{readSide: linux.OWronly, writeSide: linux.ORdonly} {
		if mode != closed {
			e.sides[side] = &pipeEnd{&f.pipe, side}
			f.ends[side]++
			f.came[side]++
		}
	}
	f.changed.Broadcast()
	other := writeSide
	if mode == linux.OWronly {
		other = readSide
	}
	for before := f.came[other]; e.sides[other] == nil && !nonblock && f.ends[other] == 0 && f.came[other] == before; {
		f.changed.Wait()
	}
	return 0
}

func (e *fifoEnd) read(b []byte, nonblock bool) (int, linux.Errno) {
	return e.sides[readSide].read(b, nonblock)
}

func (e *fifoEnd) write(b []byte, nonblock bool) (int, linux.Errno) {
	return e.sides[writeSide].write(b, nonblock)
}

func (e *fifoEnd) stat() linux.Stat                 { return e.node.Stat() }
func (e *fifoEnd) reopen(int) (stream, linux.Errno) { return nil, linux.ENXIO } // the node is opened anew
func (e *fifoEnd) queued() int                      { return (&pipeEnd{&e.fifo.pipe, readSide}).queued() }
func (e *fifoEnd) each(f func(side int, s *pipeEnd)) {
	for side, s := range e.sides {
		if s != nil {
			f(side, s)
		}
	}
}

func (e *fifoEnd) close() {
	e.each(func(_ int, s *pipeEnd) { s.close() })
	e.leave()
}

// leave gives the pipe up once nobody has it open; what was in it is lost.
func (e *fifoEnd) leave() {
	e.of.mu.Lock()
	defer e.of.mu.Unlock()
	if e.fifo.open--; e.fifo.open == 0 {
		delete(e.of.pipes, e.node)
	}
}

func (e *fifoEnd) ready() (events uint32) {
	e.each(func(_ int, s *pipeEnd) { events |= s.ready() })
	if e.sides[readSide] != nil && events&linux.PollHup != 0 {
		f := e.fifo
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.came[writeSide] == 0 {
			events &^= linux.PollHup // there was no writer yet
		}
	}
	return events
}

// waiters of a description for both sides are those that wait for bytes; there
// is room mostly, and a reader that makes some is the same description or one
// that is told by a write.
func (e *fifoEnd) waiters() *notifier {
	if e.sides[readSide] != nil {
		return e.sides[readSide].waiters()
	}
	return e.sides[writeSide].waiters()
}

func (e *fifoEnd) watch(fd int, pd uintptr) {
	e.each(func(_ int, s *pipeEnd) { s.watchers[s.side].attach(fd, pd) })
	if events := e.ready(); events != 0 {
		w := watch{fd: fd, pd: pd}
		w.tell(e.fifo.hal, events)
	}
}

func (e *fifoEnd) unwatch(fd int) {
	e.each(func(_ int, s *pipeEnd) { s.unwatch(fd) })
}
