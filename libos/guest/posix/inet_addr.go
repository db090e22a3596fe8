package posix

import (
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

func le16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }
func le32(b []byte) uint32 { return uint32(le16(b)) | uint32(le16(b[2:]))<<16 }
func be16(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }

func putLE16(b []byte, v uint16) { b[0], b[1] = byte(v), byte(v>>8) }
func putLE32(b []byte, v uint32) { putLE16(b, uint16(v)); putLE16(b[2:], uint16(v>>16)) }
func putBE16(b []byte, v uint16) { b[0], b[1] = byte(v>>8), byte(v) }

// parseAddr reads a struct sockaddr_in, sockaddr_in6 or sockaddr_ll, whichever
// family says:
//
//	in:  0 family | 2 port, big-endian | 4 address
//	in6: 0 family | 2 port, big-endian | 4 flow | 8 address | 24 scope
//	ll:  0 family | 2 protocol, big-endian | 4 interface | 11 length | 12 address
func parseAddr(sa []byte, family int) (a inet.Addr, errno linux.Errno) {
	if len(sa) < 2 {
		return a, linux.EINVAL
	}
	need := linux.SockaddrIn
	switch family {
	case linux.AfInet6:
		need = linux.SockaddrIn6Old
	case linux.AfPacket:
		need = linux.SockaddrLl
	}
	switch {
	case len(sa) < need:
		return a, linux.EINVAL
	case int(le16(sa)) != family:
		return a, linux.EAFNOSUPPORT
	}
	a.Family, a.Port = uint16(family), be16(sa[2:])
	switch family {
	case linux.AfInet:
		copy(a.IP[:4], sa[4:8])
	case linux.AfInet6:
		copy(a.IP[:], sa[8:24])
		if len(sa) >= linux.SockaddrIn6 {
			a.Zone = le32(sa[24:])
		}
	case linux.AfPacket:
		a.Zone = le32(sa[4:])
		copy(a.IP[:6], sa[12:18])
	}
	return a, 0
}

// mapped returns the IPv6 address that stands for the IPv4 address a (RFC
// 4291, 2.5.5.2).
func mapped(a inet.Addr) inet.Addr {
	m := inet.Addr{Family: linux.AfInet6, Port: a.Port}
	m.IP[10], m.IP[11] = 0xff, 0xff
	copy(m.IP[12:], a.IP[:4])
	return m
}

// formatAddr stores a as a socket of family shows it and returns its length.
// b has room for linux.SockaddrIn6 bytes.
func formatAddr(b []byte, a *inet.Addr, family int) int {
	v := *a
	if family == linux.AfInet6 && a.Family != linux.AfInet6 {
		if a.Family == linux.AfInet {
			v = mapped(v)
		}
		v.Family = linux.AfInet6
	}
	clear(b[:linux.SockaddrIn6])
	putLE16(b, uint16(family))
	putBE16(b[2:], v.Port)
	switch family {
	case linux.AfInet6:
		copy(b[8:24], v.IP[:])
		putLE32(b[24:], v.Zone)
		return linux.SockaddrIn6
	case linux.AfPacket:
		putLE32(b[4:], v.Zone)
		putLE16(b[8:], linux.ArphrdEther)
		b[11] = 6
		copy(b[12:18], v.IP[:6])
		return linux.SockaddrLl
	}
	copy(b[4:8], v.IP[:4])
	return linux.SockaddrIn
}

// isLocal reports whether a means this machine without its network: a loopback
// or the unspecified address.
func isLocal(a *inet.Addr) bool {
	ip := a.IP[:4]
	if a.Family == linux.AfInet6 {
		v4 := [12]byte{10: 0xff, 11: 0xff}
		last := [16]byte{15: a.IP[15] & 1}
		if a.IP == last {
			return true
		}
		if [12]byte(a.IP[:12]) != v4 {
			return false
		}
		ip = a.IP[12:]
	}
	return ip[0] == 127 || ip[0]|ip[1]|ip[2]|ip[3] == 0
}

// formatIP returns the text of an address, an IPv6 one without abbreviation.
func formatIP(a inet.Addr) string {
	if a.Family == linux.AfInet {
		text := ""
		for i, x := range a.IP[:4] {
			if i > 0 {
				text += "."
			}
			text += decimal(int(x))
		}
		return text
	}
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 39)
	for i, x := range a.IP {
		if i > 0 && i%2 == 0 {
			text = append(text, ':')
		}
		text = append(text, digits[x>>4], digits[x&15])
	}
	return string(text)
}
