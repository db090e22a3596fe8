package posix

import (
	"sync"

	"unibench/libos/guest/linux"
)

// netlinkSocket is a socket of netlink(7) for NETLINK_ROUTE. The kernel's side
// answers within the send: dumps of links, addresses and routes, as the stack
// has them. Nothing can be changed, and there are no multicast groups that ever
// say anything.
type netlinkSocket struct {
	sockets
	settings

	mu      sync.Mutex // guards what follows
	port    uint32     // the address, 0 until bind or the first send
	groups  uint32
	peerID  uint32 // set by connect
	answers [][]byte
}

func (n *network) newNetlink(kind, protocol int) (*netlinkSocket, linux.Errno) {
	switch {
	case kind != linux.SockRaw && kind != linux.SockDgram:
		return nil, linux.ESOCKTNOSUPPORT
	case protocol < 0 || protocol >= linux.NetlinkMax, protocol != linux.NetlinkRoute:
		return nil, linux.EPROTONOSUPPORT
	}
	s := &netlinkSocket{}
	s.sockets.init(n, linux.AfNetlink, kind, protocol)
	s.settings.init()
	return s, 0
}

func (s *netlinkSocket) ready() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.answers) > 0 {
		return linux.PollIn | linux.PollRdnorm | linux.PollOut | linux.PollWrnorm | linux.PollWrband
	}
	return linux.PollOut | linux.PollWrnorm | linux.PollWrband
}

func (s *netlinkSocket) close()                            {}
func (s *netlinkSocket) listen(int) linux.Errno            { return linux.EOPNOTSUPP }
func (s *netlinkSocket) shutdown(how int) linux.Errno      { return linux.EOPNOTSUPP }
func (s *netlinkSocket) queued() (_, _ int, _ linux.Errno) { return 0, 0, linux.EOPNOTSUPP }

func (s *netlinkSocket) accept(bool, int, []byte) (*file, int, linux.Errno) {
	return nil, 0, linux.EOPNOTSUPP
}

// parseNetlink reads a struct sockaddr_nl: family, padding, port, groups.
func parseNetlink(sa []byte) (port, groups uint32, errno linux.Errno) {
	if len(sa) < linux.SockaddrNl || le16(sa) != linux.AfNetlink {
		return 0, 0, linux.EINVAL
	}
	return le32(sa[4:]), le32(sa[8:]), 0
}

func formatNetlink(b []byte, port, groups uint32) int {
	clear(b[:linux.SockaddrNl])
	putLE16(b, linux.AfNetlink)
	putLE32(b[4:], port)
	putLE32(b[8:], groups)
	return linux.SockaddrNl
}

func (s *netlinkSocket) bind(sa []byte) linux.Errno {
	port, groups, errno := parseNetlink(sa)
	if errno != 0 {
		return errno
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.port != 0 && port != 0 && port != s.port {
		return linux.EINVAL
	}
	s.bindAny(port)
	s.groups = groups
	return 0
}

// bindAny gives the socket a port, which only has to be its own: the number of
// the process for the first, others later. mu is held.
func (s *netlinkSocket) bindAny(port uint32) {
	if s.port == 0 {
		if s.port = port; port == 0 {
			s.port = uint32(s.ino)
		}
	}
}

func (s *netlinkSocket) connect(sa []byte, _ bool) linux.Errno {
	if len(sa) >= 2 && le16(sa) == linux.AfUnspec {
		return 0
	}
	port, _, errno := parseNetlink(sa)
	if errno != 0 {
		return errno
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bindAny(0)
	s.peerID = port
	return 0
}

func (s *netlinkSocket) name(b []byte) (int, linux.Errno) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return formatNetlink(b, s.port, s.groups), 0
}

func (s *netlinkSocket) peer(b []byte) (int, linux.Errno) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return formatNetlink(b, s.peerID, 0), 0
}

func (s *netlinkSocket) read(b []byte, nonblock bool) (int, linux.Errno) {
	return s.readv([][]byte{b}, len(b), nonblock)
}

func (s *netlinkSocket) readv(v [][]byte, size int, nonblock bool) (int, linux.Errno) {
	m := message{pieces: v, size: size}
	return recvMessage(s, &m, 0, nonblock)
}

func (s *netlinkSocket) write(b []byte, nonblock bool) (int, linux.Errno) {
	return s.writev([][]byte{b}, len(b), nonblock)
}

func (s *netlinkSocket) writev(v [][]byte, size int, nonblock bool) (int, linux.Errno) {
	m := message{pieces: v, size: size}
	return sendMessage(s, &m, 0, nonblock)
}

func (s *netlinkSocket) send(m *message, flags int, _ bool) (int, linux.Errno) {
	if flags&linux.MsgOOB != 0 {
		return 0, linux.EOPNOTSUPP
	}
	s.mu.Lock()
	to := s.peerID
	s.mu.Unlock()
	if m.addr != nil {
		var errno linux.Errno
		if to, _, errno = parseNetlink(m.addr); errno != 0 {
			return 0, errno
		}
	}
	if m.size > int(s.sndbuf.Load())-32 {
		return 0, linux.EMSGSIZE
	}
	if to != 0 {
		return 0, linux.ECONNREFUSED // other programs are not there
	}
	s.n.configured()
	s.mu.Lock()
	s.bindAny(0)
	port := s.port
	s.mu.Unlock()
	w := netlinkWriter{port: port}
	var stack stackView
	if st := s.n.stack(); st != nil {
		stack = st
	}
	w.serve(m.join(), stack)
	if len(w.out) > 0 {
		s.mu.Lock()
		s.answers = append(s.answers, w.out...)
		s.mu.Unlock()
		s.notes.notify(s.n.p.hal, linux.PollIn)
	}
	return m.size, 0
}

func (s *netlinkSocket) recv(m *message, flags int, nonblock bool) (int, linux.Errno) {
	if flags&linux.MsgOOB != 0 {
		return 0, linux.EOPNOTSUPP
	}
	var answer []byte
	try := func() linux.Errno {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.answers) == 0 {
			return linux.EAGAIN
		}
		if answer = s.answers[0]; flags&linux.MsgPeek == 0 {
			s.answers = s.answers[1:]
		}
		return 0
	}
	errno := try()
	if errno == linux.EAGAIN && !nonblock {
		errno = s.notes.block(s.n.p, linux.PollIn, s.receive.Load(), try)
	}
	if errno != 0 {
		return 0, errno
	}
	n := m.scatter(answer)
	if m.addr != nil {
		m.used = formatNetlink(m.addr, 0, 0)
	}
	if n < len(answer) {
		m.flags |= linux.MsgTrunc
		if flags&linux.MsgTrunc != 0 {
			n = len(answer)
		}
	}
	return n, 0
}

func (s *netlinkSocket) setOption(level, name int, b []byte) linux.Errno {
	if level == linux.SolNetlink {
		if name < 1 || name > 12 {
			return linux.ENOPROTOOPT
		}
		return 0 // memberships, and how errors are told: there is nothing to tell
	}
	if level != linux.SolSocket {
		return linux.ENOPROTOOPT
	}
	return s.settings.setOption(level, name, b)
}

func (s *netlinkSocket) option(level, name int, b []byte) (int, linux.Errno) {
	if level == linux.SolSocket && name == linux.SoError {
		return putInt(b, 0), 0
	}
	if level != linux.SolSocket {
		return 0, linux.ENOPROTOOPT
	}
	return s.settings.option(level, name, b)
}
