package posix

import (
	"sync/atomic"

	"unibench/libos/guest/linux"
)

// socket is a stream with the calls of sockets. Addresses are the bytes of
// struct sockaddr; those that come in are at most linux.SockaddrStorage long.
// Methods that fill in an address store what fits into b and return the length
// that it has.
type socket interface {
	stream
	watched

	common() *sockets
	bind(sa []byte) linux.Errno
	listen(backlog int) linux.Errno
	// accept returns a new socket, and the address of its peer as peer does.
	accept(nonblock bool, flags int, from []byte) (*file, int, linux.Errno)
	connect(sa []byte, nonblock bool) linux.Errno
	shutdown(how int) linux.Errno
	send(m *message, flags int, nonblock bool) (int, linux.Errno)
	recv(m *message, flags int, nonblock bool) (int, linux.Errno)
	// setOption and option are for what sockets.setOption and option leave.
	setOption(level, name int, b []byte) linux.Errno
	option(level, name int, b []byte) (int, linux.Errno)
	name(b []byte) (int, linux.Errno)
	peer(b []byte) (int, linux.Errno)
	queued() (in, out int, errno linux.Errno)
}

// message is what sendmsg(2) and recvmsg(2) move. Its slices lead into memory
// of the caller, so it must stay on the stack.
type message struct {
	pieces [][]byte // none of them empty
	size   int      // of all pieces
	addr   []byte   // sending: destination, or nil; receiving: room for the source
	used   int      // receiving: length of the source's address

	control []byte // sending: control messages; receiving: room for them
	stored  int    // receiving: how much of control was used
	flags   int    // receiving: msg_flags
}

// sockets is what all sockets have in common.
type sockets struct {
	n                      *network
	notes                  notifier
	ino                    uint64
	family, kind, protocol int

	listening atomic.Bool
	receive   atomic.Int64 // SO_RCVTIMEO in nanoseconds, 0 for none
	transmit  atomic.Int64 // SO_SNDTIMEO
	asks      atomic.Uint32
}

// Bits of sockets.asks: ancillary data that the program wants.
const (
	askPktinfo = 1 << iota
	askTTL
	askTOS
	askPktinfo6
	askHoplimit
	askTclass
	askCred
)

func (s *sockets) init(n *network, family, kind, protocol int) {
	s.n, s.family, s.kind, s.protocol = n, family, kind, protocol
	s.ino = n.inodes.Add(1)
}

func (s *sockets) common() *sockets   { return s }
func (s *sockets) waiters() *notifier { return &s.notes }

func (s *sockets) stat() linux.Stat {
	return linux.Stat{Dev: 8, Ino: s.ino, Nlink: 1, Mode: linux.ModeSocket | 0o777, Blksize: 4096}
}

// reopen: sockets cannot be opened through /proc/self/fd (unix(7) and others).
func (s *sockets) reopen(int) (stream, linux.Errno) { return nil, linux.ENXIO }

// broken is errno, with the signal that goes with EPIPE.
func (s *sockets) broken(errno linux.Errno, flags int) linux.Errno {
	if errno == linux.EPIPE && flags&linux.MsgNosignal == 0 {
		s.n.p.hal.Kill(0, linux.Sigpipe)
	}
	return errno
}

// first returns the only piece of m, nil if there is none, and whether that is
// all there is.
func (m *message) first() ([]byte, bool) {
	switch len(m.pieces) {
	case 0:
		return nil, true
	case 1:
		return m.pieces[0], true
	}
	return nil, false
}

// join returns the bytes of m in one piece, copied if there are several.
func (m *message) join() []byte {
	if b, ok := m.first(); ok {
		return b
	}
	all := make([]byte, 0, m.size)
	for _, b := range m.pieces {
		all = append(all, b...)
	}
	return all
}

// scatter copies b to the pieces.
func (m *message) scatter(b []byte) (n int) {
	for _, p := range m.pieces {
		n += copy(p, b[n:])
	}
	return n
}
