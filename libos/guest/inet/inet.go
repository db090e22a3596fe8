// Package inet is the interface between the socket layer (package posix, which
// speaks the Linux socket API) and a TCP/IP stack. It holds types only, so that
// either side can be replaced and tested alone.
//
// It follows the socket calls of POSIX.1-2024, section 2.10, with Linux's
// errno values and option numbers. Nothing here blocks: what cannot be done at
// once answers EAGAIN (EINPROGRESS for Connect), and the socket's Notify
// function tells when to try again. All methods may be called by any number of
// goroutines at once. The socket layer does the waiting, the descriptors, the
// layout of structures in user memory, and the checks of its arguments.
package inet

import "unibench/libos/guest/linux"

// Address families, types, as Linux numbers them.
const (
	FamilyUnspec = 0
	Family4      = 2  // AF_INET
	Family6      = 10 // AF_INET6
	FamilyPacket = 17 // AF_PACKET

	Stream   = 1
	Datagram = 2
	Raw      = 3
)

// Addr is the address of a socket: a value, without pointers. Of a packet socket
// (FamilyPacket) Port is the Ethernet type, Zone the interface, and IP begins with
// the 6 bytes of the hardware address.
type Addr struct {
	Family uint16   // Family4, Family6, or FamilyUnspec for none
	Port   uint16   // in host order
	Zone   uint32   // interface index of a link-local IPv6 address, or 0
	IP     [16]byte // an IPv4 address is in the first 4 bytes
}

// Readiness of a socket, as poll(2) names it.
const (
	Readable = 0x001  // POLLIN: data, the end of the stream, a connection, or an error to fetch
	Writable = 0x004  // POLLOUT
	Failed   = 0x008  // POLLERR
	HungUp   = 0x010  // POLLHUP: both directions are shut down
	ReadShut = 0x2000 // POLLRDHUP
)

// Flags of Recv and Send, as Linux numbers them. A stack never sees
// MSG_DONTWAIT and MSG_NOSIGNAL.
const (
	Peek     = 0x2  // MSG_PEEK
	Truncate = 0x20 // MSG_TRUNC: return the real length of the datagram
	More     = 0x8000
)

// How to shut down.
const (
	ShutRead  = 1
	ShutWrite = 2
)

// Stack is a TCP/IP stack with its interfaces, loopback among them.
type Stack interface {
	// Socket makes a socket. protocol may be 0 for the usual one of the type.
	// EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT.
	Socket(family, kind, protocol int) (Socket, linux.Errno)
	// Interfaces lists the network interfaces by index, from 1 on.
	Interfaces() []Interface
	// Routes lists the routing table.
	Routes() []Route
	// WaitConfigured returns when addresses that come from DHCP are there, or
	// the attempt has failed; at once with static ones. It may park the goroutine.
	WaitConfigured()
	// Nameservers lists the DNS servers, configured or learned by DHCP: look
	// after WaitConfigured.
	Nameservers() []Addr
}

// Interface is a network interface as netlink and ioctl(2) show it.
type Interface struct {
	Index int
	Name  string
	MTU   int
	Flags uint32 // IFF_UP, ... of netdevice(7)
	Type  uint16 // ARPHRD_ETHER or ARPHRD_LOOPBACK
	MAC   [6]byte
	Addrs []Prefix
}

// Prefix is an address with the length of its network.
type Prefix struct {
	Addr Addr
	Bits int
}

// Route is an entry of the routing table. Gateway.Family is FamilyUnspec for a
// network that is directly reachable.
type Route struct {
	Dest      Prefix
	Gateway   Addr
	Interface int
}

// Info is what comes with a received datagram.
type Info struct {
	From      Addr
	Size      int  // of the whole datagram, more than was returned if it was cut
	Truncated bool // MSG_TRUNC

	// For IP_PKTINFO and IPV6_PKTINFO, IP_RECVTTL, IP_RECVTOS and their
	// fellows; the socket layer passes on what the program asked for.
	Local     Addr
	Interface int
	TTL, TOS  uint8
}

// Socket is one endpoint of the stack.
type Socket interface {
	// SetNotify sets the function that is called, with the readiness bits that
	// may have changed, after each change: the change is visible to the
	// methods when it is called. It may be called with locks of the stack
	// held, from any goroutine, that of a call to this socket included: it must
	// not block nor call any method but Ready. Set once, before anything else;
	// what was ready before (an accepted connection may have data) is not
	// notified, so look at Ready after it.
	SetNotify(f func(events uint32))
	// Ready returns the readiness now.
	Ready() uint32

	Bind(Addr) linux.Errno
	Listen(backlog int) linux.Errno
	// Accept returns the next connection: EAGAIN if there is none.
	Accept() (Socket, Addr, linux.Errno)
	// Connect starts a connection, EINPROGRESS, or sets the peer of a datagram
	// socket, 0. FamilyUnspec dissolves the latter.
	Connect(Addr) linux.Errno
	Shutdown(how int) linux.Errno
	// Close ends the socket. Unsent data of a stream is still sent, subject to
	// SO_LINGER; nothing is notified any more.
	Close()

	// The buffers of Recv, Send and SendVector, and of Directed, are never on the
	// stack of a goroutine: the methods may refer to them from the heap
	// until they return, which would not follow a stack that moves. All else
	// that they are given may be: v, info, to.

	// Recv receives into b: bytes of a stream, 0 at its end, or one datagram,
	// whose source goes to info if that is not nil.
	Recv(b []byte, flags int, info *Info) (int, linux.Errno)
	// Send sends b to the peer or, of a datagram, to the address to if it is
	// not nil. Of a stream it may take a part of b. What is in b was used
	// or copied when it returns.
	Send(b []byte, flags int, to *Addr) (int, linux.Errno)
	// SendVector is Send of the concatenation of v.
	SendVector(v [][]byte, flags int, to *Addr) (int, linux.Errno)

	// Local and Remote return the addresses; Remote ENOTCONN without a peer.
	Local() (Addr, linux.Errno)
	Remote() (Addr, linux.Errno)

	// SetOption and Option are setsockopt(2) and getsockopt(2) with the value
	// as the bytes in memory. Option fills b and returns the length of
	// the value. ENOPROTOOPT for what the stack does not know. SO_ERROR
	// fetches and clears the pending error. The socket layer keeps these
	// itself and never passes them on: SO_TYPE, SO_DOMAIN, SO_PROTOCOL,
	// SO_ACCEPTCONN, SO_RCVTIMEO, SO_SNDTIMEO, and the options that ask for
	// ancillary data (IP_PKTINFO, IP_RECVTTL, IP_RECVTOS, IPV6_RECVPKTINFO,
	// IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS).
	SetOption(level, name int, b []byte) linux.Errno
	Option(level, name int, b []byte) (int, linux.Errno)

	// Queued returns the bytes that can be read (FIONREAD) and those sent but
	// not acknowledged (TIOCOUTQ).
	Queued() (in, out int)
}

// Origin is what a program asks for one datagram that it sends: the ancillary
// data of sendmsg(2).
type Origin struct {
	Local     Addr  // source address (IP_PKTINFO, IPV6_PKTINFO), or FamilyUnspec
	Interface int   // to leave by, or 0
	TTL, TOS  int16 // time to live or hop limit, type of service or traffic class; -1: the socket's own
}

// Directed is what a datagram socket offers in addition if it can obey Origin.
type Directed interface {
	// SendFrom is Socket.SendVector with an origin.
	SendFrom(v [][]byte, flags int, to *Addr, from *Origin) (int, linux.Errno)
}

// ZeroCopy is what a socket offers in addition if it can lend its own buffers.
type ZeroCopy interface {
	// RecvBuffer is Recv without a copy: a non-empty piece of a stream or one
	// datagram (which may come in several pieces: more is set), in the
	// memory that the device filled. It stays valid until release is called,
	// once. Pieces of a stream may be held together and released in any order;
	// so may datagrams of UDP; those of other sockets one piece at a time
	// (EAGAIN until its release, which notifies). Held bytes of a stream count as
	// not yet read for the peer's window.
	RecvBuffer(info *Info) (b []byte, more bool, release func(), errno linux.Errno)
	// SendBuffer is Send without a copy. The caller leaves b alone until done
	// is called, once, from any goroutine: after the peer has acknowledged it
	// (a stream) or the device has read it (a datagram). With an error, or
	// for the part of b that was not taken, done is not called: n tells.
	// done may run within SendBuffer or with locks of the stack held: it must
	// not block nor call the socket.
	SendBuffer(b []byte, to *Addr, done func()) (n int, errno linux.Errno)
}
