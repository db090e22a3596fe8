package link_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"unibench/libos/abi"
	"unibench/libos/guest/virtio"
)

const ethSize = header.EthernetMinimumSize

// frame is an Ethernet frame with its header of virtio.
type frame struct {
	header virtio.Header
	data   []byte
}

func parseFrame(chain [][]byte) (f frame) {
	b := bytes.Join(chain, nil)
	f.header.Parse(b)
	f.data = b[virtio.HeaderSize:]
	return f
}

// layout is where the headers of an IP frame lie.
type layout struct {
	v4        bool
	transport int // offset
	payload   int
	protocol  tcpip.TransportProtocolNumber
	src, dst  tcpip.Address
}

// parse finds the headers of an unfragmented TCP or UDP frame.
func (f frame) parse() (l layout, ok bool) {
	ip := f.data[ethSize:]
	switch header.Ethernet(f.data).Type() {
	case header.IPv4ProtocolNumber:
		h := header.IPv4(ip)
		if h.More() || h.FragmentOffset() != 0 {
			return l, false
		}
		l = layout{v4: true, transport: ethSize + int(h.HeaderLength()), protocol: h.TransportProtocol(), src: h.SourceAddress(), dst: h.DestinationAddress()}
	case header.IPv6ProtocolNumber:
		h := header.IPv6(ip)
		l = layout{transport: ethSize + header.IPv6MinimumSize, protocol: tcpip.TransportProtocolNumber(h.NextHeader()), src: h.SourceAddress(), dst: h.DestinationAddress()}
	}
	switch l.protocol {
	case header.TCPProtocolNumber:
		l.payload = l.transport + int(header.TCP(f.data[l.transport:]).DataOffset())
	case header.UDPProtocolNumber:
		l.payload = l.transport + header.UDPMinimumSize
	default:
		return l, false
	}
	return l, true
}

// segments does what the header asks for: it completes checksums and cuts
// segments, and complains about frames that a device could not send.
func (f frame) segments(t *testing.T, accepted uint64) []frame {
	h, l, ok := f.header, layout{}, false
	if l, ok = f.parse(); !ok {
		if h != (virtio.Header{}) {
			t.Errorf("header %+v for a frame that is no whole TCP or UDP", h)
		}
		return []frame{f}
	}
	if h.Flags&^virtio.HeaderNeedsCSum != 0 || h.Flags != 0 && accepted&abi.NetFeatureCSum == 0 {
		t.Errorf("flags %#x with features %#x", h.Flags, accepted)
	}
	if h.Flags != 0 && (int(h.CSumStart) != l.transport || h.CSumOffset != header.TCPChecksumOffset) {
		t.Errorf("checksum of %d at %d of a segment at %d", h.CSumStart, h.CSumOffset, l.transport)
	}
	pieces := [][]byte{f.data[l.payload:]}
	if h.GSO != virtio.GSONone {
		want, feature := uint8(virtio.GSOTCP6), uint64(abi.NetFeatureHostTSO6)
		if l.v4 {
			want, feature = virtio.GSOTCP4, abi.NetFeatureHostTSO4
		}
		if h.GSO != want || int(h.Length) != l.payload || h.Segment == 0 || h.Flags == 0 || accepted&feature == 0 {
			t.Errorf("header %+v of a frame with payload at %d, IPv4 %v", h, l.payload, l.v4)
		}
		pieces = pieces[:0]
		for p := f.data[l.payload:]; len(p) > 0; p = p[len(pieces[len(pieces)-1]):] {
			pieces = append(pieces, p[:min(len(p), int(h.Segment))])
		}
	}
	var out []frame
	done := 0
	for i, p := range pieces {
		s := frame{data: append(bytes.Clone(f.data[:l.payload]), p...)}
		if h.GSO != virtio.GSONone {
			s.fix(l, done, i == len(pieces)-1)
		}
		if h.Flags != 0 {
			b := s.data[l.transport:]
			sum := binary.BigEndian.Uint16(b[h.CSumOffset:])
			if h.GSO != virtio.GSONone { // the length in the pseudo-header was that of the whole
				sum = header.PseudoHeaderChecksum(l.protocol, l.src, l.dst, uint16(len(b)))
			}
			binary.BigEndian.PutUint16(b[h.CSumOffset:], 0)
			binary.BigEndian.PutUint16(b[h.CSumOffset:], ^checksum.Checksum(b, sum))
		}
		s.check(t, l)
		out = append(out, s)
		done += len(p)
	}
	return out
}

// fix makes the headers those of the segment at an offset of the payload.
func (f frame) fix(l layout, offset int, last bool) {
	tcp := header.TCP(f.data[l.transport:])
	tcp.SetSequenceNumber(tcp.SequenceNumber() + uint32(offset))
	if !last {
		tcp.SetFlags(uint8(tcp.Flags() &^ (header.TCPFlagFin | header.TCPFlagPsh)))
	}
	if !l.v4 {
		header.IPv6(f.data[ethSize:]).SetPayloadLength(uint16(len(f.data) - l.transport))
		return
	}
	ip := header.IPv4(f.data[ethSize:])
	ip.SetTotalLength(uint16(len(f.data) - ethSize))
	ip.SetChecksum(0)
	ip.SetChecksum(^ip.CalculateChecksum())
}

// check complains about a frame that is not fit for the wire.
func (f frame) check(t *testing.T, l layout) {
	if n := len(f.data) - ethSize; n > mtu {
		t.Errorf("packet of %d bytes, MTU %d", n, mtu)
	}
	if l.v4 && !header.IPv4(f.data[ethSize:]).IsChecksumValid() {
		t.Error("wrong checksum of an IPv4 header")
	}
	b := f.data[l.transport:]
	if l.protocol == header.UDPProtocolNumber && l.v4 && header.UDP(b).Checksum() == 0 {
		return
	}
	if checksum.Checksum(b, header.PseudoHeaderChecksum(l.protocol, l.src, l.dst, uint16(len(b)))) != 0xffff {
		t.Errorf("wrong checksum of protocol %d, %d bytes", l.protocol, len(b))
	}
}
