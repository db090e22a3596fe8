package posix

import (
	"sync/atomic"

	"unibench/libos/guest/linux"
)

func (n *network) sysSetsockopt(a *Args) linux.Errno {
	s, f, errno := n.socket(a)
	if errno != 0 {
		return errno
	}
	defer f.put()
	level, name, size := a.int(1), a.int(2), a.int(4)
	switch {
	case size < 0, size < 4 && level == linux.SolSocket && name != linux.SoBindtodevice:
		return linux.EINVAL
	}
	b, errno := a.bytes(3, uintptr(size))
	if errno != 0 {
		return errno
	}
	if known, errno := s.common().setOption(level, name, b); known {
		return errno
	}
	return s.setOption(level, name, b)
}

func (n *network) sysGetsockopt(a *Args) linux.Errno {
	s, f, errno := n.socket(a)
	if errno != 0 {
		return errno
	}
	defer f.put()
	room, errno := load[int32](a, 4)
	switch {
	case errno != 0:
		return errno
	case room < 0:
		return linux.EINVAL
	}
	b, errno := a.bytes(3, uintptr(room))
	if errno != 0 {
		return errno
	}
	size, known, errno := s.common().option(s, a.int(1), a.int(2), b)
	if !known {
		size, errno = s.option(a.int(1), a.int(2), b)
	}
	if errno != 0 {
		return errno
	}
	return store(a, 4, int32(min(size, int(room))))
}

// putInt stores v as getsockopt does a C int: what fits.
func putInt(b []byte, v int) int {
	var x [4]byte
	putLE32(x[:], uint32(v))
	return copy(b, x[:])
}

// asked returns the bit of sockets.asks that an option sets, 0 if none.
func (s *sockets) asked(level, name int) uint32 {
	inet4 := s.family == linux.AfInet || s.family == linux.AfInet6
	inet6 := s.family == linux.AfInet6
	switch {
	case level == linux.SolSocket && name == linux.SoPasscred:
		return askCred
	case level == linux.SolIP && inet4:
		switch name {
		case linux.IPPktinfo:
			return askPktinfo
		case linux.IPRecvttl:
			return askTTL
		case linux.IPRecvtos:
			return askTOS
		}
	case level == linux.SolIPv6 && inet6:
		switch name {
		case linux.IPv6Recvpktinfo:
			return askPktinfo6
		case linux.IPv6Recvhoplimit:
			return askHoplimit
		case linux.IPv6Recvtclass:
			return askTclass
		}
	}
	return 0
}

// setOption sets an option that all sockets share; known is false if it is not
// one.
func (s *sockets) setOption(level, name int, b []byte) (known bool, errno linux.Errno) {
	if bit := s.asked(level, name); bit != 0 {
		switch {
		case bit == askCred && s.family != linux.AfUnix && s.family != linux.AfNetlink:
			return true, linux.EOPNOTSUPP
		case len(b) < 4 && level == linux.SolIPv6:
			return true, linux.EINVAL
		}
		on := len(b) > 0 && b[0] != 0
		if len(b) >= 4 {
			on = le32(b) != 0
		}
		if on {
			s.asks.Or(bit)
		} else {
			s.asks.And(^bit)
		}
		return true, 0
	}
	if level != linux.SolSocket {
		return false, 0
	}
	switch name {
	case linux.SoType, linux.SoDomain, linux.SoProtocol, linux.SoError, linux.SoAcceptconn, linux.SoPeercred, linux.SoPeername:
		return true, linux.ENOPROTOOPT
	case linux.SoRcvtimeo:
		return true, setTimeout(&s.receive, b)
	case linux.SoSndtimeo:
		return true, setTimeout(&s.transmit, b)
	}
	return false, 0
}

// setTimeout reads a struct timeval. Zero is for ever, and a time before now,
// too, is one.
func setTimeout(to *atomic.Int64, b []byte) linux.Errno {
	if len(b) < 16 {
		return linux.EINVAL
	}
	sec := int64(uint64(le32(b)) | uint64(le32(b[4:]))<<32)
	usec := int64(uint64(le32(b[8:])) | uint64(le32(b[12:]))<<32)
	switch {
	case usec < 0 || usec >= 1_000_000:
		return linux.EDOM
	case sec < 0:
		to.Store(1)
	case sec >= (1<<62)/second:
		to.Store(0)
	default:
		to.Store(sec*second + usec*1000)
	}
	return 0
}

// option returns an option that all sockets share.
func (s *sockets) option(self socket, level, name int, b []byte) (size int, known bool, errno linux.Errno) {
	flag := func(on bool) (int, bool, linux.Errno) {
		if on {
			return putInt(b, 1), true, 0
		}
		return putInt(b, 0), true, 0
	}
	if bit := s.asked(level, name); bit != 0 {
		return flag(s.asks.Load()&bit != 0)
	}
	if level != linux.SolSocket {
		return 0, false, 0
	}
	switch name {
	case linux.SoType:
		return putInt(b, s.kind), true, 0
	case linux.SoDomain:
		return putInt(b, s.family), true, 0
	case linux.SoProtocol:
		return putInt(b, s.protocol), true, 0
	case linux.SoAcceptconn:
		return flag(s.listening.Load())
	case linux.SoRcvtimeo, linux.SoSndtimeo:
		t := s.receive.Load()
		if name == linux.SoSndtimeo {
			t = s.transmit.Load()
		}
		var x [16]byte
		putUint64(x[:], uint64(t/second))
		putUint64(x[8:], uint64(t%second/1000))
		return copy(b, x[:]), true, 0
	case linux.SoPeername:
		var sa [linux.SockaddrStorage]byte
		n, errno := self.peer(sa[:])
		switch {
		case errno != 0:
			errno = linux.ENOTCONN
		case n < len(b):
			errno = linux.EINVAL // it must not be longer than the address
		}
		return copy(b, sa[:n]), true, errno
	}
	return 0, false, 0
}

func (s *inetSocket) setOption(level, name int, b []byte) linux.Errno {
	return s.sock.SetOption(level, name, b)
}

func (s *inetSocket) option(level, name int, b []byte) (int, linux.Errno) {
	return s.sock.Option(level, name, b)
}

// settings are options of a socket without a network, which has no use for
// them but keeps them.
type settings struct {
	flags          atomic.Uint32 // 1<<option of those that are on or off
	sndbuf, rcvbuf atomic.Int32
	lowat          atomic.Int32
	linger         atomic.Int64 // on/off in the low half, seconds in the high one
	priority       atomic.Int32
}

// keptFlags is the set of options that are on or off.
const keptFlags = 1<<linux.SoReuseaddr | 1<<linux.SoDontroute | 1<<linux.SoBroadcast | 1<<linux.SoKeepalive |
	1<<linux.SoOobinline | 1<<linux.SoReuseport | 1<<linux.SoNoCheck

func (k *settings) init() {
	k.sndbuf.Store(linux.BufDefault)
	k.rcvbuf.Store(linux.BufDefault)
	k.lowat.Store(1)
}

func (k *settings) setOption(level, name int, b []byte) linux.Errno {
	if level != linux.SolSocket {
		return linux.EOPNOTSUPP
	}
	v := int32(le32(b))
	switch name {
	case linux.SoSndbuf, linux.SoSndbufforce:
		k.sndbuf.Store(max(2*bufferSize(v, name == linux.SoSndbuf), linux.SndbufMin))
	case linux.SoRcvbuf, linux.SoRcvbufforce:
		k.rcvbuf.Store(max(2*bufferSize(v, name == linux.SoRcvbuf), linux.RcvbufMin))
	case linux.SoRcvlowat:
		if v < 0 {
			v = 1<<31 - 1
		}
		k.lowat.Store(max(v, 1))
	case linux.SoPriority:
		k.priority.Store(v)
	case linux.SoLinger:
		if len(b) < 8 {
			return linux.EINVAL
		}
		on := int64(0)
		if v != 0 {
			on = 1
		}
		k.linger.Store(int64(le32(b[4:]))<<32 | on)
	default:
		if name < 0 || name > 31 || keptFlags>>name&1 == 0 {
			return linux.ENOPROTOOPT
		}
		if v != 0 {
			k.flags.Or(1 << name)
		} else {
			k.flags.And(^uint32(1 << name))
		}
	}
	return 0
}

// bufferSize limits v as the kernel does, which then doubles it.
func bufferSize(v int32, limited bool) int32 {
	if v < 0 || limited && v > linux.BufDefault {
		return linux.BufDefault
	}
	return min(v, 1<<30-1)
}

func (k *settings) option(level, name int, b []byte) (int, linux.Errno) {
	if level != linux.SolSocket {
		return 0, linux.EOPNOTSUPP
	}
	switch name {
	case linux.SoSndbuf:
		return putInt(b, int(k.sndbuf.Load())), 0
	case linux.SoRcvbuf:
		return putInt(b, int(k.rcvbuf.Load())), 0
	case linux.SoRcvlowat:
		return putInt(b, int(k.lowat.Load())), 0
	case linux.SoSndlowat:
		return putInt(b, 1), 0
	case linux.SoPriority:
		return putInt(b, int(k.priority.Load())), 0
	case linux.SoLinger:
		v := k.linger.Load()
		var x [8]byte
		putUint64(x[:], uint64(v))
		return copy(b, x[:]), 0
	}
	if name < 0 || name > 31 || keptFlags>>name&1 == 0 {
		return 0, linux.ENOPROTOOPT
	}
	return putInt(b, int(k.flags.Load()>>name&1)), 0
}
