package posix

import (
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

func (s *inetSocket) read(b []byte, nonblock bool) (int, linux.Errno) {
	if len(b) == 0 {
		return 0, 0 // as sock_read_iter of Linux
	}
	n, errno := s.recvOne(b, 0, nil)
	if errno == linux.EAGAIN && !nonblock {
		return s.recvFrom(b, 0, nil, false)
	}
	return n, errno
}

func (s *inetSocket) write(b []byte, nonblock bool) (int, linux.Errno) {
	n, errno := s.sendOne(b, 0, nil)
	if errno == 0 && (n == len(b) || nonblock) || errno == linux.EAGAIN && nonblock {
		return n, errno
	}
	return s.sendRest(b, n, errno, 0, nil, nonblock)
}

// recvFrom receives as recvfrom(2) does; info is filled in if it is not nil.
func (s *inetSocket) recvFrom(b []byte, flags int, info *inet.Info, nonblock bool) (int, linux.Errno) {
	if flags&(linux.MsgOOB|linux.MsgErrqueue) != 0 {
		if flags&linux.MsgErrqueue != 0 {
			return 0, linux.EAGAIN // no errors are queued
		}
		if s.kind == linux.SockStream {
			return 0, linux.EINVAL // no urgent data
		}
		return 0, linux.EOPNOTSUPP
	}
	n, errno := s.recvOne(b, flags&passedRecv, info)
	if errno == linux.EAGAIN && !nonblock {
		errno = s.notes.block(s.n.p, linux.PollIn, s.receive.Load(), func() (errno linux.Errno) {
			n, errno = s.recvOne(b, flags&passedRecv, info)
			return errno
		})
	}
	if flags&(linux.MsgWaitall|linux.MsgPeek) != linux.MsgWaitall || s.kind != linux.SockStream || nonblock {
		return n, errno
	}
	for errno == 0 && n > 0 && n < len(b) {
		errno = s.notes.block(s.n.p, linux.PollIn, s.receive.Load(), func() linux.Errno {
			more, errno := s.recvOne(b[n:], flags&passedRecv, info)
			n += more
			if errno == 0 && more == 0 {
				errno = linux.EPIPE // the end: what is there is all
			}
			return errno
		})
	}
	if n > 0 {
		errno = 0
	}
	return n, errno
}

// sendTo sends as sendto(2) does. A stream that is connected ignores sa.
func (s *inetSocket) sendTo(b []byte, flags int, sa []byte, nonblock bool) (int, linux.Errno) {
	if errno := s.sendable(flags); errno != 0 {
		return 0, errno
	}
	var addr inet.Addr
	var to *inet.Addr
	if sa != nil && s.kind != linux.SockStream {
		var errno linux.Errno
		if addr, errno = s.address(sa, true); errno != 0 {
			return 0, errno
		}
		s.n.reaches(&addr)
		to = &addr
	}
	n, errno := s.sendOne(b, flags&passedSend, to)
	if errno == 0 && (n == len(b) || nonblock) {
		return n, 0
	}
	return s.sendRest(b, n, errno, flags, to, nonblock)
}

// sendable checks the flags of a send.
func (s *inetSocket) sendable(flags int) linux.Errno {
	if flags&(linux.MsgOOB|linux.MsgFastopen) != 0 {
		return linux.EOPNOTSUPP
	}
	return 0
}

// sendRest goes on with a send of b that took n bytes or failed.
func (s *inetSocket) sendRest(b []byte, n int, errno linux.Errno, flags int, to *inet.Addr, nonblock bool) (int, linux.Errno) {
	for !nonblock && (errno == linux.EAGAIN || errno == 0 && n < len(b) && s.kind == linux.SockStream) {
		errno = s.notes.block(s.n.p, linux.PollOut, s.transmit.Load(), func() linux.Errno {
			more, errno := s.sendOne(b[n:], flags&passedSend, to)
			n += more
			return errno
		})
		if errno == linux.EAGAIN {
			break // SO_SNDTIMEO
		}
	}
	if n > 0 {
		return n, 0
	}
	return 0, s.broken(errno, flags)
}

// sendv sends the pieces of v as one. It may change v.
func (s *inetSocket) sendv(v [][]byte, size int, flags int, to *inet.Addr, nonblock bool) (int, linux.Errno) {
	sent := 0
	try := func() linux.Errno {
		n, errno := s.sendMany(v, flags&passedSend, to)
		sent += n
		v = skip(v, n)
		return errno
	}
	errno := try()
	for !nonblock && (errno == linux.EAGAIN || errno == 0 && sent < size && s.kind == linux.SockStream) {
		if errno = s.notes.block(s.n.p, linux.PollOut, s.transmit.Load(), try); errno == linux.EAGAIN {
			break
		}
	}
	if sent > 0 {
		return sent, 0
	}
	return 0, s.broken(errno, flags)
}

// skip takes n bytes off the front of v.
func skip(v [][]byte, n int) [][]byte {
	for len(v) > 0 && n >= len(v[0]) {
		n -= len(v[0])
		v = v[1:]
	}
	if n > 0 {
		v[0] = v[0][n:]
	}
	return v
}

// writev and readv serve the calls of these names.
func (s *inetSocket) writev(v [][]byte, size int, nonblock bool) (int, linux.Errno) {
	return s.sendv(v, size, 0, nil, nonblock)
}

func (s *inetSocket) readv(v [][]byte, size int, nonblock bool) (int, linux.Errno) {
	if size == 0 {
		return 0, 0
	}
	m := message{pieces: v, size: size}
	return recvMessage(s, &m, 0, nonblock)
}

// send is sendmsg(2).
func (s *inetSocket) send(m *message, flags int, nonblock bool) (int, linux.Errno) {
	if errno := s.sendable(flags); errno != 0 {
		return 0, errno
	}
	origin := inet.Origin{TTL: -1, TOS: -1}
	directed := false
	if len(m.control) > 0 {
		var errno linux.Errno
		if directed, errno = s.parseOrigin(m.control, &origin); errno != 0 {
			return 0, errno
		}
	}
	if !directed {
		if b, ok := m.first(); ok {
			return s.sendTo(b, flags, m.addr, nonblock)
		}
	}
	var addr inet.Addr
	var to *inet.Addr
	if m.addr != nil && s.kind != linux.SockStream {
		var errno linux.Errno
		if addr, errno = s.address(m.addr, true); errno != 0 {
			return 0, errno
		}
		s.n.reaches(&addr)
		to = &addr
	}
	if !directed {
		return s.sendv(m.pieces, m.size, flags, to, nonblock)
	}
	d, ok := s.sock.(inet.Directed)
	if !ok {
		return 0, linux.EOPNOTSUPP
	}
	n, errno := s.sendFrom(d, m.pieces, flags&passedSend, to, &origin)
	if errno == linux.EAGAIN && !nonblock {
		errno = s.notes.block(s.n.p, linux.PollOut, s.transmit.Load(), func() (errno linux.Errno) {
			n, errno = s.sendFrom(d, m.pieces, flags&passedSend, to, &origin)
			return errno
		})
	}
	return n, s.broken(errno, flags)
}

// recv is recvmsg(2).
func (s *inetSocket) recv(m *message, flags int, nonblock bool) (int, linux.Errno) {
	var info inet.Info
	var got int
	b, one := m.first()
	var errno linux.Errno
	switch {
	case one:
		got, errno = s.recvFrom(b, flags, &info, nonblock)
	case s.kind == linux.SockStream && flags&linux.MsgPeek == 0:
		got, errno = s.recvPieces(m, flags, nonblock)
	default:
		// A datagram comes in one piece; it has no more than 64 KiB.
		b := make([]byte, min(m.size, 65536))
		got, errno = s.recvFrom(b, flags, &info, nonblock)
		if errno == 0 {
			m.scatter(b[:min(got, len(b))])
		}
	}
	if errno != 0 {
		return 0, errno
	}
	m.used = s.source(m.addr, &info)
	if s.kind != linux.SockStream {
		if info.Truncated {
			m.flags |= linux.MsgTrunc
		}
		if s.asks.Load() != 0 {
			s.putInfo(m, &info)
		}
	}
	return got, 0
}

// recvPieces fills the pieces of m one after the other.
func (s *inetSocket) recvPieces(m *message, flags int, nonblock bool) (total int, errno linux.Errno) {
	for _, b := range m.pieces {
		n, errno := s.recvFrom(b, flags, nil, nonblock)
		total += n
		if errno != 0 {
			if total == 0 {
				return 0, errno
			}
			break
		}
		if n < len(b) {
			break
		}
		// Do not wait for more than there is.
		nonblock = nonblock || flags&linux.MsgWaitall == 0
	}
	return total, 0
}

// source stores the address that a datagram came from in b, which has room for
// linux.SockaddrIn6 bytes, and returns its length: 0 of a stream.
func (s *inetSocket) source(b []byte, info *inet.Info) int {
	if s.kind == linux.SockStream {
		return 0
	}
	return formatAddr(b, &info.From, s.family)
}
