package posix

import (
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// inetSocket is a socket of the TCP/IP stack. The stack does all but waiting,
// addresses as bytes, and ancillary data.
type inetSocket struct {
	sockets
	sock inet.Socket
	lent lentSends
}

// inetFile is a description with its socket, made in one piece because servers
// make one for each connection.
type inetFile struct {
	file
	inetSocket
}

// passedSend and passedRecv are the flags that a stack sees.
const (
	passedSend = linux.MsgMore
	passedRecv = linux.MsgPeek | linux.MsgTrunc
)

func (n *network) newInet(family, kind, protocol int) (*file, linux.Errno) {
	switch {
	case family == linux.AfPacket && kind != linux.SockRaw && kind != linux.SockDgram:
		return nil, linux.ESOCKTNOSUPPORT
	case family == linux.AfPacket:
		protocol = int(protocol&0xff)<<8 | int(protocol>>8)&0xff // it comes in network order
	case protocol < 0 || protocol >= linux.IPProtoMax:
		return nil, linux.EINVAL
	case kind != linux.SockStream && kind != linux.SockDgram && kind != linux.SockRaw:
		return nil, linux.ESOCKTNOSUPPORT
	case kind == linux.SockRaw && protocol == 0,
		kind == linux.SockStream && protocol != 0 && protocol != linux.SolTCP, // IPPROTO_MPTCP among them
		kind == linux.SockDgram && protocol != 0 && protocol != linux.SolUDP && protocol != linux.IPProtoICMP && protocol != linux.SolICMPv6:
		return nil, linux.EPROTONOSUPPORT
	}
	stack := n.stack()
	if stack == nil {
		return nil, linux.EAFNOSUPPORT
	}
	sock, errno := stack.Socket(family, kind, protocol)
	if errno != 0 {
		return nil, errno
	}
	if protocol == 0 && family != linux.AfPacket {
		protocol = [...]int{linux.SockStream: linux.SolTCP, linux.SockDgram: linux.SolUDP}[kind]
	}
	return n.wrap(sock, family, kind, protocol), 0
}

// wrap returns a description of sock.
func (n *network) wrap(sock inet.Socket, family, kind, protocol int) *file {
	f := &inetFile{}
	s := &f.inetSocket
	s.init(n, family, kind, protocol)
	s.sock = sock
	f.file.init(nil, s, linux.ORdwr)
	sock.SetNotify(s.changed)
	return &f.file
}

// changed is told of each change by the stack.
func (s *inetSocket) changed(events uint32) { s.notes.notify(s.n.p.hal, events) }

func (s *inetSocket) ready() uint32 {
	events := s.sock.Ready()
	if events&linux.PollIn != 0 {
		events |= linux.PollRdnorm
	}
	if events&linux.PollOut != 0 {
		events |= linux.PollWrnorm | linux.PollWrband
	}
	return events
}

func (s *inetSocket) close() {
	s.sock.Close()
}

// address is parseAddr for this socket. An IPv6 socket takes IPv4 addresses to
// send to.
func (s *inetSocket) address(sa []byte, sending bool) (inet.Addr, linux.Errno) {
	if sending && s.family == linux.AfInet6 && len(sa) >= 2 && le16(sa) == linux.AfInet {
		a, errno := parseAddr(sa, linux.AfInet)
		return mapped(a), errno
	}
	return parseAddr(sa, s.family)
}

func (s *inetSocket) bind(sa []byte) linux.Errno {
	if s.family == linux.AfInet && len(sa) >= linux.SockaddrIn && le16(sa) == linux.AfUnspec && le32(sa[4:]) == 0 {
		// Old programs left the family out (inet_bind of Linux).
		var b [linux.SockaddrIn]byte
		copy(b[:], sa)
		putLE16(b[:], linux.AfInet)
		sa = b[:]
	}
	a, errno := s.address(sa, false)
	if errno != 0 {
		return errno
	}
	if s.family != linux.AfPacket {
		s.n.reaches(&a)
	}
	return s.sock.Bind(a)
}

func (s *inetSocket) listen(backlog int) linux.Errno {
	if s.kind != linux.SockStream {
		return linux.EOPNOTSUPP
	}
	errno := s.sock.Listen(backlog)
	if errno == 0 {
		s.listening.Store(true)
	}
	return errno
}

func (s *inetSocket) accept(nonblock bool, flags int, from []byte) (*file, int, linux.Errno) {
	if s.kind != linux.SockStream {
		return nil, 0, linux.EOPNOTSUPP
	}
	made, peer, errno := s.sock.Accept()
	if errno == linux.EAGAIN && !nonblock {
		errno = s.notes.block(s.n.p, linux.PollIn, s.receive.Load(), func() (errno linux.Errno) {
			made, peer, errno = s.sock.Accept()
			return errno
		})
	}
	if errno != 0 {
		return nil, 0, errno
	}
	f := s.n.wrap(made, s.family, s.kind, s.protocol)
	f.setFlags(linux.ONonblock, flags)
	return f, formatAddr(from, &peer, s.family), 0
}

func (s *inetSocket) connect(sa []byte, nonblock bool) linux.Errno {
	if len(sa) < 2 {
		return linux.EINVAL
	}
	var a inet.Addr
	if le16(sa) != linux.AfUnspec {
		var errno linux.Errno
		if a, errno = s.address(sa, s.kind != linux.SockStream); errno != 0 {
			return errno
		}
		s.n.reaches(&a)
	}
	errno := s.sock.Connect(a)
	if nonblock || errno != linux.EINPROGRESS && (errno != linux.EALREADY || s.kind != linux.SockStream) {
		return errno
	}
	errno = s.notes.block(s.n.p, linux.PollOut, s.transmit.Load(), func() linux.Errno {
		if s.sock.Ready()&(linux.PollOut|linux.PollErr|linux.PollHup) == 0 {
			return linux.EAGAIN
		}
		var b [4]byte
		if _, errno := s.sock.Option(linux.SolSocket, linux.SoError, hideSlice(b[:])); errno != 0 {
			return errno
		}
		return linux.Errno(le32(b[:]))
	})
	if errno == linux.EAGAIN {
		errno = linux.EINPROGRESS // SO_SNDTIMEO ran out (socket(7))
	}
	return errno
}

func (s *inetSocket) shutdown(how int) linux.Errno { return s.sock.Shutdown(how) }

func (s *inetSocket) name(b []byte) (int, linux.Errno) {
	a, errno := s.sock.Local()
	if errno != 0 {
		return 0, errno
	}
	return formatAddr(b, &a, s.family), 0
}

func (s *inetSocket) peer(b []byte) (int, linux.Errno) {
	a, errno := s.sock.Remote()
	if errno != 0 {
		return 0, errno
	}
	return formatAddr(b, &a, s.family), 0
}

func (s *inetSocket) queued() (in, out int, errno linux.Errno) {
	if s.listening.Load() {
		return 0, 0, linux.EINVAL
	}
	in, out = s.sock.Queued()
	return in, out, 0
}
