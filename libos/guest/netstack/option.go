package netstack

import (
	"encoding/binary"

	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// SetOption implements inet.Socket.
func (s *Socket) SetOption(level, name int, b []byte) linux.Errno {
	if level == linux.SolSocket && name == linux.SoBindtodevice {
		return s.bindToDevice(b)
	}
	if level == linux.SolTCP && name == linux.TCPCongestion {
		return s.setCongestion(b)
	}
	switch {
	case level == linux.SolIP && s.family != inet.FamilyPacket:
		if e, ok := s.setMembership(name, b); ok {
			return e
		}
		v, ok := intOrByte(b)
		if !ok {
			return linux.EINVAL
		}
		s.tuned.Store(true)
		return s.setIP(name, v)
	case level == linux.SolIPv6 && s.family == inet.Family6:
		if e, ok := s.setMembership6(name, b); ok {
			return e
		}
		v, ok := integer(b)
		if !ok {
			return linux.EINVAL
		}
		s.tuned.Store(true)
		return s.setIPv6(name, v)
	case level == linux.SolSocket:
		v, ok := integer(b)
		if !ok {
			return linux.EINVAL
		}
		s.tuned.Store(true)
		return s.setSocket(name, v, b)
	case level == linux.SolTCP && s.kind == inet.Stream:
		v, ok := integer(b)
		if !ok {
			return linux.EINVAL
		}
		s.tuned.Store(true)
		return s.setTCP(name, v)
	case level == linux.SolICMPv6 || level == linux.SolRaw:
		return s.setFilter(level, name, b)
	}
	return linux.ENOPROTOOPT
}

// Option implements inet.Socket.
func (s *Socket) Option(level, name int, b []byte) (int, linux.Errno) {
	var v int
	e := linux.ENOPROTOOPT
	switch {
	case level == linux.SolSocket:
		switch name {
		case linux.SoLinger:
			return s.linger(b)
		case linux.SoBindtodevice:
			return s.device(b)
		}
		v, e = s.socketOption(name)
	case level == linux.SolTCP && s.kind == inet.Stream:
		switch name {
		case linux.TCPInfo:
			return s.tcpInfo(b)
		case linux.TCPCongestion:
			return s.congestion(b)
		}
		v, e = s.tcpOption(name)
	case level == linux.SolIP && s.family != inet.FamilyPacket:
		if name == linux.IPMulticastIf {
			return s.multicastInterface(b)
		}
		v, e = s.ipOption(name)
		if e == 0 && len(b) > 0 && len(b) < 4 && v >= 0 && v < 256 {
			b[0] = byte(v)
			return 1, 0
		}
	case level == linux.SolIPv6 && s.family == inet.Family6:
		v, e = s.ipv6Option(name)
	}
	if e != 0 {
		return 0, e
	}
	var whole [4]byte
	binary.LittleEndian.PutUint32(whole[:], uint32(v))
	return copy(b, whole[:]), 0
}

// integer is the value of an option that is an int.
func integer(b []byte) (int, bool) {
	if len(b) < 4 {
		return 0, false
	}
	return int(int32(binary.LittleEndian.Uint32(b))), true
}

// intOrByte is the value of an option of SolIP, which may be a single byte.
func intOrByte(b []byte) (int, bool) {
	if len(b) > 0 && len(b) < 4 {
		return int(b[0]), true
	}
	return integer(b)
}

// number is 1 for true.
func number(v bool) int {
	if v {
		return 1
	}
	return 0
}
