package loadgen

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Ends of a connection.
var (
	errClosedIdle = errors.New("the server closed the connection although no answer was due")
	errCut        = errors.New("the server closed the connection")
)

// flight is a request that is outstanding.
type flight struct{ due, sent int64 }

// tcpConn is a connection that carries requests one after the other, up to depth
// of them outstanding.
type tcpConn struct {
	w     *worker
	id    int
	fd    int
	codec codec

	ring    []flight // power of two
	head    int
	n       int    // outstanding, including unsent
	unsent  int    // at the end of the ring: added, not flushed
	depth   int    // most outstanding
	out     []byte // to be written; from off on
	off     int
	blocked bool // the kernel takes no more; waiting for EPOLLOUT
}

func newTCPConn(w *worker, id, fd, depth int, c codec) (*tcpConn, error) {
	size := 1
	for size < depth {
		size *= 2
	}
	t := &tcpConn{w: w, id: id, fd: fd, codec: c, ring: make([]flight, size), depth: depth}
	return t, w.register(fd, id, unix.EPOLLIN|unix.EPOLLRDHUP)
}

func (t *tcpConn) room() int {
	if t.blocked {
		return 0
	}
	return t.depth - t.n
}

func (t *tcpConn) outstanding() int { return t.n }

func (t *tcpConn) oldest() int64 { return t.ring[t.head].sent }

func (t *tcpConn) add(due int64) error {
	t.out = t.codec.next(t.out)
	t.ring[(t.head+t.n)&(len(t.ring)-1)].due = due
	t.n++
	t.unsent++
	return nil
}

func (t *tcpConn) flush(now int64) error {
	for i := t.n - t.unsent; i < t.n; i++ {
		f := &t.ring[(t.head+i)&(len(t.ring)-1)]
		f.sent = now
		t.w.departed(f.due, now)
	}
	t.unsent = 0
	return t.write()
}

// write hands the output to the kernel, as much as it takes.
func (t *tcpConn) write() error {
	for t.off < len(t.out) {
		n, errno := sysSend(t.fd, t.out[t.off:])
		if errno == unix.EAGAIN {
			if !t.blocked {
				t.blocked = true
				return t.w.modify(t.fd, t.id, unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLOUT)
			}
			return nil
		}
		if errno != 0 {
			return fmt.Errorf("%w with %d requests outstanding", os.NewSyscallError("send", errno), t.n)
		}
		t.off += n
		t.w.t.bytesOut += int64(n)
	}
	t.out, t.off = t.out[:0], 0
	if t.blocked {
		t.blocked = false
		return t.w.modify(t.fd, t.id, unix.EPOLLIN|unix.EPOLLRDHUP)
	}
	return nil
}

func (t *tcpConn) event(flags uint32) error {
	if t.blocked && flags&unix.EPOLLOUT != 0 {
		if err := t.write(); err != nil {
			return err
		}
		if !t.blocked {
			t.w.roomAgain(t.id, t.w.clock.now())
		}
	}
	if flags&^unix.EPOLLOUT == 0 {
		return nil
	}
	for {
		n, errno := sysRead(t.fd, t.w.rbuf)
		if errno == unix.EAGAIN {
			return nil
		}
		if errno != 0 {
			return fmt.Errorf("%w with %d requests outstanding", os.NewSyscallError("read", errno), t.n)
		}
		if n == 0 {
			if t.n == 0 {
				return errClosedIdle
			}
			return fmt.Errorf("%w with %d requests outstanding", errCut, t.n)
		}
		if err := t.take(t.w.rbuf[:n], t.w.clock.now()); err != nil {
			return err
		}
		if n < len(t.w.rbuf) {
			return nil // epoll tells if more has come
		}
	}
}

// take handles bytes that were read, and keeps the closed loop going.
func (t *tcpConn) take(b []byte, now int64) error {
	w := t.w
	w.t.bytesIn += int64(len(b))
	answers, err := t.codec.feed(b)
	if err != nil {
		return err
	}
	for range answers {
		f := t.ring[t.head]
		t.head = (t.head + 1) & (len(t.ring) - 1)
		t.n--
		w.answer(f.due, f.sent, now)
	}
	if answers == 0 {
		return nil
	}
	if w.open {
		w.roomAgain(t.id, now)
		return nil
	}
	return w.refill(t, now)
}

func (t *tcpConn) close() { unix.Close(t.fd) }
