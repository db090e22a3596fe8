package posix

import (
	"sync"

	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// fifoTable holds the pipes behind named pipes (fifo(7)). There is one as long
// as a description, or an open that waits, uses it; what nobody has read is
// gone then. The zero value is an empty table.
type fifoTable struct {
	mu    sync.Mutex
	pipes map[*vfs.Inode]*fifo
}

type fifo struct {
	pipe  *pipe
	users int
}

// open opens the named pipe of node as open(2) does with these flags, and waits
// for the other side if it has to.
func (t *fifoTable) open(hal HAL, node *vfs.Inode, flags int) (stream, linux.Errno) {
	t.mu.Lock()
	f := t.pipes[node]
	if f == nil {
		if t.pipes == nil {
			t.pipes = make(map[*vfs.Inode]*fifo)
		}
		f = &fifo{pipe: makePipe(hal)}
		f.pipe.fifos, f.pipe.node = t, node
		t.pipes[node] = f
	}
	f.users++
	t.mu.Unlock()
	e, errno := f.pipe.open(flags)
	if errno != 0 {
		t.drop(f.pipe)
		return nil, errno
	}
	return e, 0
}

// drop takes one user away from p.
func (t *fifoTable) drop(p *pipe) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.pipes[p.node]
	if f.users--; f.users == 0 {
		delete(t.pipes, p.node)
	}
}

// open makes a new description of p. Only a named pipe's waits for the other
// side; one that is open for both has it (fifo_open of Linux).
func (p *pipe) open(flags int) (*pipeEnd, linux.Errno) {
	nonblock := flags&linux.ONonblock != 0
	e := &pipeEnd{pipe: p}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch flags & linux.OAccmode {
	case linux.ORdonly:
		e.side = readSide
		p.enter(readSide)
		switch {
		case p.node == nil || p.ends[writeSide] > 0:
		case nonblock:
			e.since = p.opened[writeSide]
		default:
			p.awaitOpen(writeSide)
		}
	case linux.OWronly:
		e.side = writeSide
		if nonblock && p.ends[readSide] == 0 {
			return nil, linux.ENXIO
		}
		p.enter(writeSide)
		if p.node != nil && p.ends[readSide] == 0 {
			p.awaitOpen(readSide)
		}
	case linux.ORdwr:
		e.side = bothSides
		p.enter(readSide)
		p.enter(writeSide)
	default:
		return nil, linux.EINVAL
	}
	return e, 0
}

// enter counts one more description of side. mu is held.
func (p *pipe) enter(side int) {
	p.ends[side]++
	p.opened[side]++
	p.changed.Broadcast()
}

// awaitOpen waits until someone opens side, who may have gone again by then. mu
// is held.
func (p *pipe) awaitOpen(side int) {
	for before := p.opened[side]; p.opened[side] == before; {
		p.changed.Wait()
	}
}
