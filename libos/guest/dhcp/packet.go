package dhcp

import "encoding/binary"

// Lengths of headers in bytes, and the protocol number of UDP.
const (
	ipHeader  = 20
	udpHeader = 8
	protoUDP  = 17
)

// Wrap puts a message into an IPv4 packet (RFC 791) with UDP (RFC 768) from
// 0.0.0.0, port 68, to 255.255.255.255, port 67: how a host sends that has no
// address yet.
func Wrap(message []byte) []byte {
	p := make([]byte, ipHeader+udpHeader, ipHeader+udpHeader+len(message))
	p = append(p, message...)
	p[0] = 0x45
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
	p[8], p[9] = 64, protoUDP
	copy(p[16:], []byte{255, 255, 255, 255})
	binary.BigEndian.PutUint16(p[10:], ^sum(0, p[:ipHeader]))
	u := p[ipHeader:]
	binary.BigEndian.PutUint16(u, ClientPort)
	binary.BigEndian.PutUint16(u[2:], ServerPort)
	binary.BigEndian.PutUint16(u[4:], uint16(len(u)))
	check := ^sum(pseudo(p, len(u)), u)
	if check == 0 {
		check = 0xffff
	}
	binary.BigEndian.PutUint16(u[6:], check)
	return p
}

// Unwrap takes the message out of an IPv4 packet for port 68. Fragments are not
// put together: no server sends any. Of a server on the same machine the UDP
// checksum may be that of the pseudo header alone, which a network card would have
// completed (virtio 1.2, section 5.1.6.2, VIRTIO_NET_HDR_F_NEEDS_CSUM).
func Unwrap(p []byte) ([]byte, error) {
	if len(p) < ipHeader || p[0]>>4 != 4 {
		return nil, ErrMalformed
	}
	header, total := int(p[0]&15)*4, int(binary.BigEndian.Uint16(p[2:]))
	fragment := binary.BigEndian.Uint16(p[6:]) & 0x3fff // more fragments, or an offset
	if header < ipHeader || total < header+udpHeader || total > len(p) || p[9] != protoUDP || fragment != 0 ||
		sum(0, p[:header]) != 0xffff {
		return nil, ErrMalformed
	}
	u := p[header:total]
	length := int(binary.BigEndian.Uint16(u[4:]))
	if length < udpHeader || length > len(u) || binary.BigEndian.Uint16(u[2:]) != ClientPort {
		return nil, ErrMalformed
	}
	u = u[:length]
	before := pseudo(p, length)
	if check := binary.BigEndian.Uint16(u[6:]); check != 0 && check != sum(before, nil) && sum(before, u) != 0xffff {
		return nil, ErrMalformed
	}
	return u[udpHeader:], nil
}

// pseudo is the sum of the pseudo header of UDP: addresses, protocol, length.
func pseudo(p []byte, length int) uint32 {
	return uint32(sum(0, p[12:20])) + protoUDP + uint32(length)
}

// sum is the one's complement sum of RFC 1071.
func sum(n uint32, b []byte) uint16 {
	for ; len(b) >= 2; b = b[2:] {
		n += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		n += uint32(b[0]) << 8
	}
	for n>>16 != 0 {
		n = n&0xffff + n>>16
	}
	return uint16(n)
}
