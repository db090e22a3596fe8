package loadgen

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// streamTrailer is the length of what the server sends at the end; see
// workloads/internal/stream for the protocol.
const streamTrailer = 24

// streamSeed is the pattern that the generator asks for.
const streamSeed = 1

// streamChunk is most of what one write takes, less than a period of the pattern.
const streamChunk = 64<<10 - 4<<10

// streamConn transfers the pattern in one or both directions. It has requests only
// in name: one is outstanding while a period runs.
type streamConn struct {
	w             *worker
	id, fd        int
	pattern       *pattern
	sends, takes  bool
	running       bool
	head          []byte // request line, until it is written
	sent, got     int64  // bytes of data since the connection began
	ackedAt       int64  // acknowledged bytes when the period began
	gotAt, sentAt int64
}

func newStreamConn(w *worker, id, fd int, c StreamConfig, p *pattern) (*streamConn, error) {
	s := &streamConn{w: w, id: id, fd: fd, pattern: p, sends: c.Direction != Receive, takes: c.Direction != Send}
	mode := map[Direction]string{Send: "sink", Receive: "source", Both: "both"}[c.Direction]
	s.head = fmt.Appendf(nil, "%s %d 0", mode, streamSeed)
	if c.Check && s.sends {
		s.head = append(s.head, " check"...)
	}
	s.head = append(s.head, '\n')
	return s, w.register(fd, id, 0)
}

func (s *streamConn) room() int        { return b2i(!s.running) }
func (s *streamConn) outstanding() int { return b2i(s.running) }

// oldest is the present: a stream has no answer that could be missing, and one
// that stands still shows in its rate.
func (s *streamConn) oldest() int64 { return s.w.clock.now() }

func (s *streamConn) add(int64) error { return nil }

// flush begins a period.
func (s *streamConn) flush(int64) error {
	s.running = true
	acked, err := s.acked()
	if err != nil {
		return err
	}
	s.ackedAt, s.gotAt, s.sentAt = acked, s.got, s.sent
	events := uint32(unix.EPOLLRDHUP)
	if s.sends || len(s.head) > 0 {
		events |= unix.EPOLLOUT
	}
	if s.takes {
		events |= unix.EPOLLIN
	}
	return s.w.modify(s.fd, s.id, events)
}

// acked is the number of data bytes that the other kernel has acknowledged.
func (s *streamConn) acked() (int64, error) {
	n, err := unix.IoctlGetInt(s.fd, unix.SIOCOUTQ)
	if err != nil {
		return 0, os.NewSyscallError("ioctl", err)
	}
	return max(0, s.sent-int64(n)), nil
}

func (s *streamConn) event(flags uint32) error {
	now := s.w.clock.now()
	if now >= s.w.sendEnd {
		return s.pause()
	}
	if flags&unix.EPOLLOUT != 0 {
		if err := s.write(); err != nil {
			return err
		}
	}
	if s.takes && flags&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		return s.read()
	}
	if flags&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		return s.broken()
	}
	return nil
}

// broken says why the server ended.
func (s *streamConn) broken() error {
	if err := socketError(s.fd); err != nil {
		return fmt.Errorf("after %d bytes sent and %d received: %w", s.sent, s.got, err)
	}
	return fmt.Errorf("after %d bytes sent and %d received: %w", s.sent, s.got, errCut)
}

// pause ends the period: nothing is read or written any more.
func (s *streamConn) pause() error {
	if !s.running {
		return nil
	}
	acked, err := s.acked()
	if err != nil {
		return err
	}
	t := s.w.t
	t.outAcked += acked - s.ackedAt
	t.inBorder += s.got - s.gotAt
	s.running = false
	s.w.flying--
	return s.w.modify(s.fd, s.id, 0)
}

func (s *streamConn) write() error {
	if len(s.head) > 0 {
		n, errno := sysSend(s.fd, s.head)
		if errno != 0 && errno != unix.EAGAIN {
			return os.NewSyscallError("send", errno)
		}
		if s.head = s.head[max(n, 0):]; len(s.head) > 0 {
			return nil
		}
		if !s.sends {
			return s.w.modify(s.fd, s.id, unix.EPOLLIN|unix.EPOLLRDHUP)
		}
	}
	n, errno := sysSend(s.fd, s.pattern.at(s.sent, streamChunk))
	if errno == unix.EAGAIN {
		return nil
	}
	if errno != 0 {
		return fmt.Errorf("after %d bytes sent: %w", s.sent, os.NewSyscallError("send", errno))
	}
	s.sent += int64(n)
	s.w.t.bytesOut += int64(n)
	return nil
}

// read takes one buffer's worth, so that the other connections get their turn.
func (s *streamConn) read() error {
	n, errno := sysRead(s.fd, s.w.rbuf)
	switch {
	case errno == unix.EAGAIN:
		return nil
	case errno != 0:
		return fmt.Errorf("after %d bytes received: %w", s.got, os.NewSyscallError("read", errno))
	case n == 0:
		return s.broken()
	}
	s.w.t.bytesIn += int64(n)
	return s.check(s.w.rbuf[:n])
}

func (s *streamConn) check(b []byte) error {
	ok := s.pattern.check(s.got, b)
	s.got += int64(ok)
	if ok < len(b) {
		return mismatch(Stream, s.got, b[ok:], s.pattern.at(s.got, len(b)-ok))
	}
	return nil
}

// settle waits until the other kernel has acknowledged everything, so that nothing
// is in flight at the border of a period. A server that sends is stopped by its
// window and needs no waiting for.
func (s *streamConn) settle(deadline int64) error {
	for s.sends {
		n, err := unix.IoctlGetInt(s.fd, unix.SIOCOUTQ)
		if err != nil {
			return os.NewSyscallError("ioctl", err)
		}
		if n == 0 {
			return nil
		}
		// There is no event for an empty queue; acknowledgements take
		// microseconds, so a bounded wait for anything else is short enough.
		err = waitFor(&s.w.clock, s.fd, 0, min(deadline, s.w.clock.now()+int64(50e3)))
		if err != nil && !errors.Is(err, errTimeout) {
			return err
		}
		if s.w.clock.now() >= deadline {
			return fmt.Errorf("missing acknowledgement: %d bytes sent are still not taken by the server", n)
		}
	}
	return nil
}

// finish ends the stream and checks what the server says about it.
func (s *streamConn) finish(deadline int64) error {
	if len(s.head) > 0 {
		return nil // it has not begun
	}
	if err := unix.Shutdown(s.fd, unix.SHUT_WR); err != nil {
		return os.NewSyscallError("shutdown", err)
	}
	var held []byte
	for {
		if err := waitFor(&s.w.clock, s.fd, unix.POLLIN, deadline); err != nil {
			return fmt.Errorf("missing answer at the end of the stream: %w", err)
		}
		n, errno := sysRead(s.fd, s.w.rbuf)
		if errno == unix.EAGAIN {
			continue
		}
		if errno != 0 {
			return os.NewSyscallError("read", errno)
		}
		held = append(held, s.w.rbuf[:n]...)
		data := max(0, len(held)-streamTrailer)
		if n == 0 && data == 0 {
			return s.trailer(held)
		}
		if n == 0 {
			return fmt.Errorf("%d bytes beyond the end of the stream", data)
		}
		if err := s.check(held[:data]); err != nil {
			return err
		}
		held = append(held[:0], held[data:]...)
	}
}

// trailer checks "ok " or "no ", 20 digits and a line feed.
func (s *streamConn) trailer(b []byte) error {
	want := fmt.Appendf(nil, "ok %020d\n", s.sent)
	if !bytes.Equal(b, want) {
		if len(b) == streamTrailer && string(b[:3]) == "no " {
			at, err := strconv.ParseInt(string(b[3:23]), 10, 64)
			if err == nil {
				return fmt.Errorf("the server received a wrong byte at position %d of %d", at, s.sent)
			}
		}
		return wrong(Stream, s.got, b, "%q", want)
	}
	return nil
}

func (s *streamConn) close() { unix.Close(s.fd) }
