package relay

import (
	"encoding/binary"
	"errors"
)

var errMalformed = errors.New("a frame does not fit its header")

// Numbers of Ethernet, IP, TCP (RFC 9293, section 3.1) and UDP (RFC 768).
const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd

	ipv4HeaderBytes = 20
	ipv6HeaderBytes = 40
	tcpHeaderBytes  = 20
	udpHeaderBytes  = 8

	protocolTCP = 6
	protocolUDP = 17

	tcpFIN = 0x01
	tcpPSH = 0x08
	tcpCWR = 0x80
)

// A big is a frame that is to be split, with its parts found and checked.
type big struct {
	b          []byte // with the header of the socket
	ip         []byte // from the IP header on
	v6         bool
	udp        bool
	transport  int // offset of the TCP or UDP header in b
	payload    int // offset of the payload in b
	segment    int // payload bytes in each segment but the last
	checksumAt int // offset of the checksum in b
}

// split calls emit for each frame of the wire that b, as read from a packet socket,
// stands for. A frame that emit gets is its own.
func split(b []byte, p *pool, emit func(*frame)) error {
	if len(b) < headerBytes+ethernetBytes {
		return errMalformed
	}
	if (header{b}).gso() == gsoNone {
		if len(b) > largeBytes {
			return errMalformed
		}
		f := p.get(len(b))
		copy(f.bytes, b)
		emit(f)
		return nil
	}
	g, err := parseBig(b)
	if err != nil {
		return err
	}
	for i := 0; g.payload+i*g.segment < len(b); i++ {
		from := g.payload + i*g.segment
		to := min(from+g.segment, len(b))
		f := p.get(g.payload + to - from)
		g.cut(i, from, to, f.bytes)
		emit(f)
	}
	return nil
}

// parseBig finds the parts of a frame whose header asks for splitting.
func parseBig(b []byte) (g big, err error) {
	h := header{b}
	g = big{b: b, ip: b[headerBytes+ethernetBytes:], udp: h.gso() == gsoUDP, segment: h.gsoSize()}
	ether := binary.BigEndian.Uint16(b[headerBytes+12:])
	var ipHeader int
	var protocol byte
	switch {
	case ether == etherIPv4 && len(g.ip) >= ipv4HeaderBytes && h.gso() != gsoTCP6:
		ipHeader, protocol = int(g.ip[0]&15)*4, g.ip[9]
	case ether == etherIPv6 && len(g.ip) >= ipv6HeaderBytes && h.gso() != gsoTCP4:
		// Extension headers lie between; what follows them is known from
		// the kind of splitting.
		g.v6, ipHeader, protocol = true, ipv6HeaderBytes, protocolTCP
		if g.udp {
			protocol = protocolUDP
		}
	default:
		return big{}, errMalformed
	}
	g.transport = headerBytes + h.checksumStart()
	least, checksum, want := tcpHeaderBytes, 16, byte(protocolTCP)
	if g.udp {
		least, checksum, want = udpHeaderBytes, 6, protocolUDP
	}
	known := h.gso() == gsoTCP4 || h.gso() == gsoTCP6 || g.udp
	switch {
	case !known || protocol != want || h.flags()&flagNeedsChecksum == 0 || h.checksumOffset() != checksum:
		return big{}, errMalformed
	case ipHeader < ipv4HeaderBytes && !g.v6 || g.transport < headerBytes+ethernetBytes+ipHeader || g.transport+least > len(b):
		return big{}, errMalformed
	}
	g.checksumAt = g.transport + checksum
	g.payload = g.transport + udpHeaderBytes
	if !g.udp {
		g.payload = g.transport + int(b[g.transport+12]>>4)*4
	}
	if g.payload < g.transport+least || g.payload >= len(b) || g.segment < 1 || g.payload+g.segment > largeBytes {
		return big{}, errMalformed
	}
	return g, nil
}

// cut writes segment i, whose payload is that in g.b between from and to, to b.
func (g *big) cut(i, from, to int, b []byte) {
	copy(b, g.b[:g.payload])
	copy(b[g.payload:], g.b[from:to])
	header{b}.clearGSO()

	ip := b[headerBytes+ethernetBytes:]
	if g.v6 {
		binary.BigEndian.PutUint16(ip[4:], uint16(len(ip)-ipv6HeaderBytes))
	} else {
		binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
		binary.BigEndian.PutUint16(ip[4:], binary.BigEndian.Uint16(ip[4:])+uint16(i))
		clear(ip[10:12])
		binary.BigEndian.PutUint16(ip[10:], ^sum(0, ip[:int(ip[0]&15)*4]))
	}
	transport := b[g.transport:]
	if g.udp {
		binary.BigEndian.PutUint16(transport[4:], uint16(len(transport)))
	} else {
		binary.BigEndian.PutUint32(transport[4:], binary.BigEndian.Uint32(transport[4:])+uint32(i*g.segment))
		if i > 0 {
			transport[13] &^= tcpCWR
		}
		if to < len(g.b) {
			transport[13] &^= tcpFIN | tcpPSH
		}
	}
	binary.BigEndian.PutUint16(b[g.checksumAt:], g.pseudo(ip, len(transport)))
}

// pseudo is the sum over the pseudo header of a segment (RFC 9293, section 3.1, and
// RFC 8200, section 8.1), which the one who completes the checksum starts with.
func (g *big) pseudo(ip []byte, length int) uint16 {
	protocol := uint32(protocolTCP)
	if g.udp {
		protocol = protocolUDP
	}
	addresses := ip[12:20]
	if g.v6 {
		addresses = ip[8:40]
	}
	return sum(protocol+uint32(length), addresses)
}

// sum is the Internet checksum before inversion (RFC 1071) of an even number of
// bytes, added to start.
func sum(start uint32, b []byte) uint16 {
	s := start
	for i := 0; i+1 < len(b); i += 2 {
		s += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}
