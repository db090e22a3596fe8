package posix

import (
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

func (s *inetSocket) ioctl(request uint32, a *Args) linux.Errno    { return s.n.ioctl(s, request, a) }
func (s *unixSocket) ioctl(request uint32, a *Args) linux.Errno    { return s.n.ioctl(s, request, a) }
func (s *netlinkSocket) ioctl(request uint32, a *Args) linux.Errno { return s.n.ioctl(s, request, a) }

// ioctl answers requests about a socket, and about the interfaces, which any
// socket can ask (netdevice(7)).
func (n *network) ioctl(s socket, request uint32, a *Args) linux.Errno {
	switch request {
	case linux.Fionread, linux.Tiocoutq:
		in, out, errno := s.queued()
		if errno != 0 {
			return errno
		}
		if request == linux.Tiocoutq {
			in = out
		}
		return store(a, 2, int32(in))
	case linux.Siocgifconf:
		return n.interfaceList(a)
	case linux.Siocgifname, linux.Siocgifflags, linux.Siocgifaddr, linux.Siocgifbrdaddr, linux.Siocgifnetmask,
		linux.Siocgifmtu, linux.Siocgifhwaddr, linux.Siocgifindex, linux.Siocgiftxqlen:
		b, errno := a.bytes(2, linux.IfreqBytes)
		if errno != 0 {
			return errno
		}
		return n.interfaceRequest(request, b)
	}
	return linux.ENOTTY
}

// interfaces lists the interfaces once they are configured.
func (n *network) interfaces() []inet.Interface {
	n.configured()
	if s := n.stack(); s != nil {
		return s.Interfaces()
	}
	return nil
}

// interfaceRequest fills in a struct ifreq:
//
//	0 name (16) | 16 a sockaddr, or an int, or a short
func (n *network) interfaceRequest(request uint32, b []byte) linux.Errno {
	name, value := b[:linux.IfNameSize], b[linux.IfNameSize:linux.IfreqBytes]
	for _, i := range n.interfaces() {
		if request == linux.Siocgifname {
			if int(int32(le32(value))) != i.Index {
				continue
			}
			clear(name)
			copy(name[:linux.IfNameSize-1], i.Name)
			return 0
		}
		if cString(name) == i.Name {
			return fillRequest(request, &i, value)
		}
	}
	return linux.ENODEV
}

// cString returns the text before the first zero.
func cString(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

func fillRequest(request uint32, i *inet.Interface, value []byte) linux.Errno {
	switch request {
	case linux.Siocgifflags:
		putLE16(value, uint16(i.Flags))
	case linux.Siocgifmtu:
		putLE32(value, uint32(i.MTU))
	case linux.Siocgifindex:
		putLE32(value, uint32(i.Index))
	case linux.Siocgiftxqlen:
		putLE32(value, 1000)
	case linux.Siocgifhwaddr:
		clear(value[:16])
		putLE16(value, i.Type)
		copy(value[2:], i.MAC[:])
	default:
		p, ok := firstIPv4(i)
		if !ok {
			return linux.EADDRNOTAVAIL
		}
		var ip [4]byte
		switch request {
		case linux.Siocgifaddr:
			copy(ip[:], p.Addr.IP[:])
		case linux.Siocgifnetmask:
			ip = netmask(p.Bits)
		case linux.Siocgifbrdaddr:
			if i.Flags&linux.IffBroadcast != 0 {
				ip = broadcastOf(p)
			}
		}
		clear(value[:16])
		putLE16(value, linux.AfInet)
		copy(value[4:], ip[:])
	}
	return 0
}

func firstIPv4(i *inet.Interface) (inet.Prefix, bool) {
	for _, p := range i.Addrs {
		if p.Addr.Family == linux.AfInet {
			return p, true
		}
	}
	return inet.Prefix{}, false
}

// interfaceList fills a struct ifconf with the interfaces that have an IPv4
// address; without a buffer it tells how much that takes.
func (n *network) interfaceList(a *Args) linux.Errno {
	c, errno := load[ifconf](a, 2)
	if errno != 0 {
		return errno
	}
	room, errno := c.buffer()
	if errno != 0 {
		return errno
	}
	used := 0
	for _, i := range n.interfaces() {
		if _, ok := firstIPv4(&i); !ok {
			continue
		}
		if c.buf == nil {
			used += linux.IfreqBytes
			continue
		}
		if len(room)-used < linux.IfreqBytes {
			break
		}
		b := room[used : used+linux.IfreqBytes]
		clear(b)
		copy(b[:linux.IfNameSize-1], i.Name)
		fillRequest(linux.Siocgifaddr, &i, b[linux.IfNameSize:])
		used += linux.IfreqBytes
	}
	c.len = int32(used)
	return store(a, 2, c)
}
