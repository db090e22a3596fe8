package loadgen

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// shotConn is the place of a connection that carries one HTTP request and is then
// closed by the server, as the request asks; so TIME_WAIT, and with it the use of
// ports, is the server's. Latency includes connecting, but not the end of the
// connection, which is awaited before the place is used again.
type shotConn struct {
	w      *worker
	id     int
	fd     int // -1: none
	dialer *dialer
	codec  *httpCodec

	flight
	state shotState
	off   int // bytes of the request that are written
}

type shotState uint8

const (
	shotIdle shotState = iota
	shotAdded
	shotConnecting
	shotSent
	shotAnswered // only the end of the connection is missing
)

func newShotConn(w *worker, id int, d *dialer, want *httpWant) *shotConn {
	return &shotConn{w: w, id: id, fd: -1, dialer: d, codec: newHTTPCodec(want)}
}

func (s *shotConn) room() int { return b2i(s.state == shotIdle) }

func (s *shotConn) outstanding() int { return b2i(s.state != shotIdle) }

func (s *shotConn) oldest() int64 { return s.sent }

func (s *shotConn) add(due int64) error {
	s.state, s.due, s.off = shotAdded, due, 0
	return nil
}

// flush begins to connect.
func (s *shotConn) flush(now int64) error {
	s.sent = now
	s.w.departed(s.due, now)
	var err error
	if s.fd, err = s.dialer.start(); err != nil {
		return err
	}
	s.state = shotConnecting
	s.codec.reset()
	s.codec.due = 1
	// Edges, so that nothing has to be changed between connecting and reading.
	return s.w.register(s.fd, s.id, unix.EPOLLIN|unix.EPOLLOUT|unix.EPOLLRDHUP|unix.EPOLLET)
}

func (s *shotConn) event(flags uint32) error {
	if s.fd < 0 {
		return nil // of the connection that was closed in this batch
	}
	if s.state == shotConnecting && flags&(unix.EPOLLOUT|unix.EPOLLERR|unix.EPOLLHUP) != 0 {
		if flags&(unix.EPOLLERR|unix.EPOLLHUP) != 0 {
			if err := socketError(s.fd); err != nil {
				return fmt.Errorf("connect: %w", err)
			}
		}
		s.state = shotSent
	}
	if s.state == shotConnecting {
		return nil
	}
	if err := s.write(); err != nil {
		return err
	}
	if flags&^unix.EPOLLOUT == 0 {
		return nil
	}
	return s.read()
}

func (s *shotConn) write() error {
	request := s.codec.want.request
	for s.off < len(request) {
		n, errno := sysSend(s.fd, request[s.off:])
		if errno == unix.EAGAIN {
			return nil
		}
		if errno != 0 {
			return os.NewSyscallError("send", errno)
		}
		s.off += n
		s.w.t.bytesOut += int64(n)
	}
	return nil
}

// read takes everything that is there, as edges demand.
func (s *shotConn) read() error {
	for {
		n, errno := sysRead(s.fd, s.w.rbuf)
		switch {
		case errno == unix.EAGAIN:
			return nil
		case errno != 0:
			return os.NewSyscallError("read", errno)
		case n == 0 && s.state == shotAnswered:
			return s.done()
		case n == 0:
			return fmt.Errorf("%w before the answer was complete", errCut)
		}
		now := s.w.clock.now()
		s.w.t.bytesIn += int64(n)
		answers, err := s.codec.feed(s.w.rbuf[:n])
		if err != nil {
			return err
		}
		if answers > 0 {
			s.state = shotAnswered
			s.w.answer(s.due, s.sent, now)
			s.w.flying++ // the place is still taken
		}
	}
}

// done frees the place.
func (s *shotConn) done() error {
	s.close()
	s.state = shotIdle
	s.w.flying--
	now := s.w.clock.now()
	if s.w.open {
		s.w.roomAgain(s.id, now)
		return nil
	}
	return s.w.refill(s, now)
}

func (s *shotConn) close() {
	if s.fd >= 0 {
		unix.Close(s.fd)
		s.fd = -1
	}
}
