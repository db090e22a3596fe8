package loadgen

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// dialer opens nonblocking sockets to one server.
type dialer struct {
	to      unix.Sockaddr
	family  int
	kind    int             // SOCK_STREAM or SOCK_DGRAM
	sources []unix.Sockaddr // of the same family, taken in turn
	turn    int
}

func newDialer(addr string, sources []string, kind int) (*dialer, error) {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, fmt.Errorf("read the server's address: %w", err)
	}
	d := &dialer{kind: kind}
	if d.to, d.family, err = sockaddr(ap); err != nil {
		return nil, err
	}
	for _, s := range sources {
		ip, err := netip.ParseAddr(s)
		if err != nil {
			return nil, fmt.Errorf("read a source address: %w", err)
		}
		sa, family, err := sockaddr(netip.AddrPortFrom(ip, 0))
		if err != nil {
			return nil, err
		}
		if family != d.family {
			return nil, fmt.Errorf("source %s is not of the same family as %s", s, addr)
		}
		d.sources = append(d.sources, sa)
	}
	return d, nil
}

// clone is for another worker: it has its own turn of the sources, and its own
// addresses, into which package unix writes.
func (d *dialer) clone(turn int) *dialer {
	c := &dialer{to: cloneAddr(d.to), family: d.family, kind: d.kind, turn: turn}
	for _, s := range d.sources {
		c.sources = append(c.sources, cloneAddr(s))
	}
	return c
}

func cloneAddr(sa unix.Sockaddr) unix.Sockaddr {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return &unix.SockaddrInet4{Port: a.Port, Addr: a.Addr}
	case *unix.SockaddrInet6:
		return &unix.SockaddrInet6{Port: a.Port, Addr: a.Addr, ZoneId: a.ZoneId}
	}
	return sa
}

func sockaddr(ap netip.AddrPort) (unix.Sockaddr, int, error) {
	a := ap.Addr().Unmap()
	if a.Zone() != "" {
		return nil, 0, fmt.Errorf("address %s: zones are not supported: use an address without one", a)
	}
	if a.Is4() {
		return &unix.SockaddrInet4{Port: int(ap.Port()), Addr: a.As4()}, unix.AF_INET, nil
	}
	return &unix.SockaddrInet6{Port: int(ap.Port()), Addr: a.As16()}, unix.AF_INET6, nil
}

// start opens a socket and begins to connect it. The caller owns the descriptor.
func (d *dialer) start() (fd int, err error) {
	fd, err = unix.Socket(d.family, d.kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if len(d.sources) > 0 {
		// Ports are chosen when the other end is known, so that each source
		// has all of them for each server.
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
		if err := unix.Bind(fd, d.sources[d.turn%len(d.sources)]); err != nil {
			unix.Close(fd)
			return -1, fmt.Errorf("bind to a source address, which must be one of this namespace: %w", err)
		}
		d.turn++
	}
	if d.kind == unix.SOCK_STREAM {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
			unix.Close(fd)
			return -1, os.NewSyscallError("setsockopt", err)
		}
	}
	for err = unix.EINTR; errors.Is(err, unix.EINTR); {
		err = unix.Connect(fd, d.to)
	}
	if err != nil && !errors.Is(err, unix.EINPROGRESS) {
		unix.Close(fd)
		return -1, os.NewSyscallError("connect", err)
	}
	return fd, nil
}

// connect opens a socket and waits until it is connected or the deadline passes.
func (d *dialer) connect(c *clock, deadline int64) (fd int, err error) {
	if fd, err = d.start(); err != nil {
		return -1, err
	}
	err = waitFor(c, fd, unix.POLLOUT, deadline)
	if err == nil {
		err = socketError(fd)
	}
	if err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("connect: %w", err)
	}
	return fd, nil
}

// errTimeout is the end of a wait.
var errTimeout = errors.New("no answer in time")

// waitFor waits until one of the poll events holds for fd.
func waitFor(c *clock, fd int, events int16, deadline int64) error {
	for {
		left := deadline - c.now()
		if left <= 0 {
			return errTimeout
		}
		ts := unix.NsecToTimespec(left)
		n, err := unix.Ppoll([]unix.PollFd{{Fd: int32(fd), Events: events}}, &ts, nil)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("ppoll", err)
		}
		if n > 0 {
			return nil
		}
	}
}

// socketError returns and clears the pending error of a socket.
func socketError(fd int) error {
	v, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return os.NewSyscallError("getsockopt", err)
	}
	if v != 0 {
		return unix.Errno(v)
	}
	return nil
}

// kindOf is the socket type of a protocol.
func kindOf(p Protocol) int {
	if p == UDPEcho {
		return unix.SOCK_DGRAM
	}
	return unix.SOCK_STREAM
}

// after is the time d from now, not beyond what fits.
func after(c *clock, d Duration) int64 { return c.now() + time.Duration(d).Nanoseconds() }
