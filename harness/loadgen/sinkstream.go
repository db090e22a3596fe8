package loadgen

import (
	"bytes"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// sinkStream is a connection of the workload stream's protocol.
type sinkStream struct {
	line  []byte
	begun bool
	sends bool
	limit int64 // of what it sends; 0: none
	sent  int64
	got   int64
}

// streamEvent moves data on fd. It checks nothing of what it gets.
func (s *sink) streamEvent(fd int, flags uint32) error {
	c := s.streams[fd]
	if c == nil {
		c = &sinkStream{}
		s.streams[fd] = c
	}
	if flags&unix.EPOLLOUT != 0 && c.sends {
		b := s.stream.at(c.sent, streamChunk)
		if c.limit > 0 {
			b = b[:min(int64(len(b)), c.limit-c.sent)]
		}
		if n, errno := sysSend(fd, b); errno == 0 {
			c.sent += int64(n)
		}
		if c.limit > 0 && c.sent == c.limit {
			c.sends = false
			if err := s.listenTo(fd, unix.EPOLLIN); err != nil {
				return err
			}
		}
	}
	if flags&^unix.EPOLLOUT == 0 {
		return nil
	}
	n, errno := sysRead(fd, s.rbuf)
	switch {
	case errno == unix.EAGAIN:
		return nil
	case errno != 0:
		s.drop(fd)
		return nil
	case n == 0:
		// What was sent is all there is, so the trailer follows.
		err := s.write(fd, fmt.Appendf(nil, "ok %020d\n", c.got))
		s.drop(fd)
		return err
	}
	b := s.rbuf[:n]
	if !c.begun {
		line, rest, ok := bytes.Cut(b, []byte("\n"))
		c.line = append(c.line, line...)
		if !ok {
			return nil
		}
		b = rest
		if err := s.begin(fd, c); err != nil {
			return err
		}
	}
	c.got += int64(len(b))
	return nil
}

// begin reads the request line, which is the generator's own.
func (s *sink) begin(fd int, c *sinkStream) error {
	var mode string
	var seed uint64
	if _, err := fmt.Sscan(string(c.line), &mode, &seed, &c.limit); err != nil {
		return fmt.Errorf("responder: read the request %q: %w", c.line, err)
	}
	c.begun, c.sends = true, mode != "sink"
	if c.sends {
		return s.listenTo(fd, unix.EPOLLIN|unix.EPOLLOUT)
	}
	return nil
}

func (s *sink) listenTo(fd int, events uint32) error {
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(s.poll.fd, unix.EPOLL_CTL_MOD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)}))
}
