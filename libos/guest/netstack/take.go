package netstack

import (
	"io"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// maxTaken is how many pieces of a stream are taken at once.
const maxTaken = 64

// taken are pieces of a stream that have left gVisor's queue for RecvBuffer, which
// gives them out one by one. Other ways to read go by them first. The lock of
// reading guards it.
type taken struct {
	views []*buffer.View
	left  atomic.Int32 // len(views), for Ready
	spare *piece
}

// piece is one that the program holds.
type piece struct {
	socket *Socket
	view   *buffer.View
	next   *piece
	free   func() // its release, made once
}

// taker is the writer to which a gVisor that can do so gives views. Any other
// writes to it, which it refuses.
type taker struct {
	into   *taken
	n      int
	writes bool
}

// TakeView is what such a gVisor calls, with a view that is its own.
func (t *taker) TakeView(v *buffer.View) bool {
	if len(t.into.views) == maxTaken {
		return false
	}
	if v.Size() > 0 {
		t.into.views = append(t.into.views, v.Clone())
		t.n += v.Size()
	}
	return true
}

// Write implements io.Writer.
func (t *taker) Write([]byte) (int, error) {
	t.writes = true
	return 0, io.ErrShortWrite
}

// take is RecvBuffer of a stream, unless gVisor gives no views: then ok is false.
// The lock is held.
func (s *Socket) take() (b []byte, release func(), e linux.Errno, ok bool) {
	t := &s.reading.taken
	if len(t.views) == 0 {
		w := taker{into: t}
		_, err := s.ep.Read(&w, tcpip.ReadOptions{})
		if w.writes {
			s.stack.peeks.Store(true)
			return nil, nil, 0, false
		}
		if len(t.views) == 0 {
			if err == nil {
				return nil, nil, linux.EAGAIN, true
			}
			return nil, nil, s.failure(err), true
		}
		t.left.Store(int32(len(t.views)))
		s.moderate(w.n)
	}
	v := t.pop()
	p := t.spare
	if p == nil {
		p = &piece{socket: s}
		p.free = p.release
	} else {
		t.spare = p.next
	}
	p.view = v
	return v.AsSlice(), p.free, 0, true
}

// pop takes the first view.
func (t *taken) pop() *buffer.View {
	v := t.views[0]
	n := copy(t.views, t.views[1:])
	t.views[n] = nil
	t.views = t.views[:n]
	t.left.Store(int32(n))
	return v
}

// release gives a piece back.
func (p *piece) release() {
	p.view.Release()
	p.view = nil
	r := &p.socket.reading
	r.mu.Lock()
	p.next, r.taken.spare = r.taken.spare, p
	r.mu.Unlock()
}

// recvTaken reads from the first piece that was taken and not given out. The lock
// is held.
func (s *Socket) recvTaken(b []byte, flags int) int {
	t := &s.reading.taken
	v := t.views[0]
	n := min(len(b), v.Size())
	if flags&inet.Truncate == 0 {
		copy(b, v.AsSlice()[:n])
		atomic.AddUint64(&s.stack.stats.CopiedIn, uint64(n))
	}
	if flags&inet.Peek == 0 {
		if n == v.Size() {
			t.pop().Release()
		} else {
			v.TrimFront(n)
		}
	}
	return n
}

// drop ends what was not given out.
func (t *taken) drop() {
	for len(t.views) > 0 {
		t.pop().Release()
	}
}
