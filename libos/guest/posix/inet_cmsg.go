package posix

import (
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// cmsg is a control message (cmsg(3)): length with the header (8 bytes), level
// (4), type (4), data, padding to 8.
type cmsg struct {
	level, kind int
	data        []byte
}

// nextCmsg returns the first control message of b and what follows it. ok is
// false at the end; EINVAL if its length cannot be (CMSG_OK of Linux).
func nextCmsg(b []byte) (c cmsg, rest []byte, ok bool, errno linux.Errno) {
	if len(b) < linux.CmsgHeader {
		return c, nil, false, 0
	}
	size := uint64(le32(b)) | uint64(le32(b[4:]))<<32
	if size < linux.CmsgHeader || size > uint64(len(b)) {
		return c, nil, false, linux.EINVAL
	}
	c = cmsg{int(int32(le32(b[8:]))), int(int32(le32(b[12:]))), b[linux.CmsgHeader:size]}
	return c, b[min(uint64(len(b)), (size+7)&^7):], true, 0
}

// putCmsg appends a control message to what m holds, cut if there is no room
// for all of it, and returns the room for its data, which may be shorter than
// size.
func (m *message) putCmsg(level, kind, size int) []byte {
	room := m.control[m.stored:]
	if len(room) < linux.CmsgHeader {
		m.flags |= linux.MsgCtrunc
		return nil
	}
	length := linux.CmsgHeader + size
	if length > len(room) {
		m.flags |= linux.MsgCtrunc
		length = len(room)
	}
	putUint64(room, uint64(length))
	putLE32(room[8:], uint32(level))
	putLE32(room[12:], uint32(kind))
	m.stored += min((length+7)&^7, len(room))
	return room[linux.CmsgHeader:length]
}

// putInfo appends what the program asked to know of a datagram.
func (s *inetSocket) putInfo(m *message, info *inet.Info) {
	asks := s.asks.Load()
	if s.family == linux.AfInet && asks&askPktinfo != 0 {
		var b [linux.SockaddrIn - 4]byte // struct in_pktinfo: index, local address, destination
		putLE32(b[:], uint32(info.Interface))
		copy(b[4:8], info.Local.IP[:4])
		copy(b[8:12], info.Local.IP[:4])
		copy(m.putCmsg(linux.SolIP, linux.IPPktinfo, len(b)), b[:])
	}
	if s.family == linux.AfInet6 && asks&askPktinfo6 != 0 {
		var b [20]byte // struct in6_pktinfo: address, index
		local := info.Local
		if local.Family == linux.AfInet {
			local = mapped(local)
		}
		copy(b[:], local.IP[:])
		putLE32(b[16:], uint32(info.Interface))
		copy(m.putCmsg(linux.SolIPv6, linux.IPv6Pktinfo, len(b)), b[:])
	}
	for _, c := range [...]struct {
		ask         uint32
		level, kind int
		value       uint8
	}{
		{askTTL, linux.SolIP, linux.IPTTL, info.TTL},
		{askHoplimit, linux.SolIPv6, linux.IPv6Hoplimit, info.TTL},
		{askTclass, linux.SolIPv6, linux.IPv6Tclass, info.TOS},
	} {
		if asks&c.ask != 0 {
			b := [4]byte{c.value}
			copy(m.putCmsg(c.level, c.kind, 4), b[:])
		}
	}
	if asks&askTOS != 0 {
		copy(m.putCmsg(linux.SolIP, linux.IPTos, 1), []byte{info.TOS})
	}
}

// parseOrigin reads the control messages of a send (ip_cmsg_send and
// ip6_datagram_send_ctl of Linux) and reports whether any asks for something.
func (s *inetSocket) parseOrigin(b []byte, o *inet.Origin) (asked bool, errno linux.Errno) {
	for {
		c, rest, ok, errno := nextCmsg(b)
		if errno != 0 || !ok {
			return asked, errno
		}
		b = rest
		switch {
		case s.kind == linux.SockStream:
			if c.level == linux.SolSocket {
				return false, linux.EINVAL
			}
			continue
		case c.level == linux.SolSocket:
			return false, linux.EINVAL
		case c.level == linux.SolIP && s.family == linux.AfInet:
			errno = parseOrigin4(c, o)
		case c.level == linux.SolIPv6 && s.family == linux.AfInet6:
			errno = parseOrigin6(c, o)
		default:
			continue // for another level
		}
		if errno != 0 {
			return false, errno
		}
		asked = true
	}
}

func parseOrigin4(c cmsg, o *inet.Origin) linux.Errno {
	switch c.kind {
	case linux.IPPktinfo:
		if len(c.data) != 12 {
			return linux.EINVAL
		}
		o.Interface = int(le32(c.data))
		if le32(c.data[4:]) != 0 {
			o.Local.Family = linux.AfInet
			copy(o.Local.IP[:4], c.data[4:8])
		}
	case linux.IPTTL:
		if len(c.data) != 4 || le32(c.data) < 1 || le32(c.data) > 255 {
			return linux.EINVAL
		}
		o.TTL = int16(c.data[0])
	case linux.IPTos:
		switch {
		case len(c.data) == 4 && le32(c.data) <= 255, len(c.data) == 1:
			o.TOS = int16(c.data[0])
		default:
			return linux.EINVAL
		}
	default:
		return linux.EINVAL
	}
	return 0
}

func parseOrigin6(c cmsg, o *inet.Origin) linux.Errno {
	switch c.kind {
	case linux.IPv6Pktinfo:
		if len(c.data) < 20 {
			return linux.EINVAL
		}
		o.Interface = int(le32(c.data[16:]))
		if [16]byte(c.data) != ([16]byte{}) {
			o.Local.Family = linux.AfInet6
			copy(o.Local.IP[:], c.data)
		}
	case linux.IPv6Hoplimit, linux.IPv6Tclass:
		if len(c.data) != 4 || int32(le32(c.data)) < -1 || int32(le32(c.data)) > 255 {
			return linux.EINVAL
		}
		v := int16(int32(le32(c.data)))
		if c.kind == linux.IPv6Hoplimit {
			o.TTL = v
		} else {
			o.TOS = v
		}
	default:
		return linux.EINVAL
	}
	return 0
}
