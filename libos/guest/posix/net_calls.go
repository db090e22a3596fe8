package posix

import (
	"unibench/libos/guest/linux"
)

func (n *network) call(num uintptr, a *Args) (uintptr, linux.Errno) {
	switch num {
	case linux.SysSendto:
		return n.sysSendto(a)
	case linux.SysRecvfrom:
		return n.sysRecvfrom(a)
	case linux.SysAccept:
		return n.sysAccept(a, 0)
	case linux.SysAccept4:
		return n.sysAccept(a, a.int(3))
	case linux.SysSocket:
		return n.sysSocket(a.int(0), a.int(1), a.int(2))
	case linux.SysSocketpair:
		return 0, n.sysSocketpair(a)
	case linux.SysSendmsg:
		return n.sysSendmsg(a)
	case linux.SysRecvmsg:
		return n.sysRecvmsg(a)
	case linux.SysSendmmsg:
		return n.sysSendmmsg(a)
	case linux.SysRecvmmsg:
		return n.sysRecvmmsg(a)
	case linux.SysBind, linux.SysConnect:
		return 0, n.sysBindConnect(a, num == linux.SysConnect)
	case linux.SysListen, linux.SysShutdown:
		return 0, n.sysListenShutdown(a, num == linux.SysListen)
	case linux.SysGetsockname, linux.SysGetpeername:
		return 0, n.sysName(a, num == linux.SysGetpeername)
	case linux.SysSetsockopt:
		return 0, n.sysSetsockopt(a)
	case linux.SysGetsockopt:
		return 0, n.sysGetsockopt(a)
	case linux.SysZcProbe, linux.SysZcRecv, linux.SysZcRelease, linux.SysZcSend, linux.SysZcDone:
		return n.zeroCopy(num, a)
	}
	n.p.hal.CountENOSYS(num)
	return 0, linux.ENOSYS
}

// socket returns the socket behind the descriptor in argument 0.
func (n *network) socket(a *Args) (socket, *file, linux.Errno) {
	f, errno := n.p.use(a.int(0))
	if errno != 0 {
		return nil, nil, errno
	}
	s, ok := f.stream.(socket)
	if !ok {
		f.put()
		return nil, nil, linux.ENOTSOCK
	}
	return s, f, 0
}

// sysSocket checks in the order of inet_create, unix_create and netlink_create
// of Linux.
func (n *network) sysSocket(family, kind, protocol int) (uintptr, linux.Errno) {
	flags := kind &^ linux.SockTypeMask
	kind &= linux.SockTypeMask
	switch {
	case flags&^(linux.SockCloexec|linux.SockNonblock) != 0:
		return 0, linux.EINVAL
	case family < 0 || family >= linux.AfMax:
		return 0, linux.EAFNOSUPPORT
	case kind >= linux.SockMax:
		return 0, linux.EINVAL
	}
	var f *file
	var errno linux.Errno
	switch family {
	case linux.AfUnix:
		var s *unixSocket
		if s, errno = n.newUnix(kind, protocol); errno == 0 {
			f = newFile(nil, s, linux.ORdwr)
		}
	case linux.AfInet, linux.AfInet6, linux.AfPacket:
		f, errno = n.newInet(family, kind, protocol)
	case linux.AfNetlink:
		var s *netlinkSocket
		if s, errno = n.newNetlink(kind, protocol); errno == 0 {
			f = newFile(nil, s, linux.ORdwr)
		}
	default:
		errno = linux.EAFNOSUPPORT
	}
	if errno != 0 {
		return 0, errno
	}
	f.setFlags(linux.ONonblock, flags)
	return ret(n.p.install(f, 0, flags&linux.SockCloexec != 0))
}

func (n *network) sysSocketpair(a *Args) linux.Errno {
	flags := a.int(1) &^ linux.SockTypeMask
	kind := a.int(1) & linux.SockTypeMask
	family := a.int(0)
	switch {
	case flags&^(linux.SockCloexec|linux.SockNonblock) != 0:
		return linux.EINVAL
	case a.P[3] == nil:
		return linux.EFAULT
	case family < 0 || family >= linux.AfMax:
		return linux.EAFNOSUPPORT
	case kind >= linux.SockMax:
		return linux.EINVAL
	case family == linux.AfInet || family == linux.AfInet6 || family == linux.AfNetlink:
		fd, errno := n.sysSocket(family, kind, a.int(2))
		if errno != 0 {
			return errno
		}
		n.p.close(int(fd))
		return linux.EOPNOTSUPP
	case family != linux.AfUnix:
		return linux.EAFNOSUPPORT
	}
	x, errno := n.newUnix(kind, a.int(2))
	if errno != 0 {
		return errno
	}
	y, _ := n.newUnix(kind, a.int(2))
	join(x, y)
	xfd, errno := n.p.newStream(x, flags)
	if errno != 0 {
		y.close()
		return errno
	}
	yfd, errno := n.p.newStream(y, flags)
	if errno != 0 {
		n.p.close(int(xfd))
		return errno
	}
	return store(a, 3, [2]int32{int32(xfd), int32(yfd)})
}

// sockaddr returns the address in argument i, whose length is in argument i+1.
func (a *Args) sockaddr(i int) ([]byte, linux.Errno) {
	n := a.int(i + 1)
	if n < 0 || n > linux.SockaddrStorage {
		return nil, linux.EINVAL
	}
	return a.bytes(i, uintptr(n))
}

// giveAddr stores an address, of length n, where argument i points, and its
// length where argument i+1 does; sa holds it, or as much as fitted in.
func giveAddr(a *Args, i int, sa []byte, n int) linux.Errno {
	room, errno := load[int32](a, i+1)
	if errno != 0 {
		return errno
	}
	if room < 0 {
		return linux.EINVAL
	}
	if to, errno := a.bytes(i, uintptr(min(int(room), n))); errno != 0 {
		return errno
	} else {
		copy(to, sa)
	}
	return store(a, i+1, int32(n))
}

func (n *network) sysBindConnect(a *Args, connect bool) linux.Errno {
	s, f, errno := n.socket(a)
	if errno != 0 {
		return errno
	}
	defer f.put()
	sa, errno := a.sockaddr(1)
	switch {
	case errno != 0:
		return errno
	case connect:
		return s.connect(sa, f.nonblock())
	}
	return s.bind(sa)
}

func (n *network) sysListenShutdown(a *Args, listen bool) linux.Errno {
	s, f, errno := n.socket(a)
	if errno != 0 {
		return errno
	}
	defer f.put()
	if listen {
		return s.listen(int(min(a.uint32(1), linux.SomaxConn)))
	}
	if how := a.int(1); how < 0 || how > 2 {
		return linux.EINVAL
	}
	return s.shutdown(a.int(1) + 1) // the bits of inet.ShutRead and ShutWrite
}

func (n *network) sysName(a *Args, peer bool) linux.Errno {
	s, f, errno := n.socket(a)
	if errno != 0 {
		return errno
	}
	defer f.put()
	var sa [linux.SockaddrStorage]byte
	var size int
	if b := hideSlice(sa[:]); peer {
		size, errno = s.peer(b)
	} else {
		size, errno = s.name(b)
	}
	if errno != 0 {
		return errno
	}
	return giveAddr(a, 1, sa[:], size)
}

func (n *network) sysAccept(a *Args, flags int) (uintptr, linux.Errno) {
	if flags&^(linux.SockCloexec|linux.SockNonblock) != 0 {
		return 0, linux.EINVAL
	}
	s, f, errno := n.socket(a)
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	if errno := n.p.full(); errno != 0 {
		return 0, errno
	}
	var sa [linux.SockaddrStorage]byte
	made, size, errno := s.accept(f.nonblock(), flags, hideSlice(sa[:]))
	if errno != 0 {
		return 0, errno
	}
	if !a.null(1) {
		if errno := giveAddr(a, 1, sa[:], size); errno != 0 {
			made.put()
			return 0, errno
		}
	}
	return ret(n.p.install(made, 0, flags&linux.SockCloexec != 0))
}
