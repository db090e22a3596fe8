package link

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"unibench/libos/guest/virtio"
)

// segment cuts a frame that stands for several UDP datagrams (UDP_L4) into them,
// since the stack knows no such packets. The payload is shared, the headers are
// made anew; the checksums are the device's word, as for the whole.
func (r *receiver) segment(n *network, h *virtio.Header, data buffer.Buffer) {
	defer data.Release()
	headers, ok := udpHeaders(&data)
	payload := int(data.Size()) - len(headers)
	size := int(h.Segment)
	if !ok || size == 0 || payload <= 0 || h.Flags&virtio.HeaderNeedsCSum == 0 {
		r.dropped++
		return
	}
	cut := cutter{view: firstView(&data)}
	cut.skip(len(headers))
	for i := uint16(0); payload > 0; i++ {
		k := min(size, payload)
		payload -= k
		v := buffer.NewView(len(headers))
		v.Write(headers)
		fixUDP(v.AsSlice(), i, k)
		part := buffer.MakeWithView(v)
		cut.take(&part, k)
		r.packet(n, h, part)
	}
}

// udpHeaders returns the headers of an unfragmented UDP frame up to the payload.
func udpHeaders(data *buffer.Buffer) ([]byte, bool) {
	const eth = header.EthernetMinimumSize
	v, ok := data.PullUp(0, eth+header.IPv4MinimumSize)
	if !ok {
		return nil, false
	}
	b := v.AsSlice()
	n := eth
	switch header.Ethernet(b).Type() {
	case header.IPv4ProtocolNumber:
		ip := header.IPv4(b[eth:])
		if ip.HeaderLength() < header.IPv4MinimumSize || ip.Protocol() != uint8(header.UDPProtocolNumber) || ip.More() || ip.FragmentOffset() != 0 {
			return nil, false
		}
		n += int(ip.HeaderLength())
	case header.IPv6ProtocolNumber:
		if header.IPv6(b[eth:]).NextHeader() != uint8(header.UDPProtocolNumber) {
			return nil, false
		}
		n += header.IPv6MinimumSize
	default:
		return nil, false
	}
	v, ok = data.PullUp(0, n+header.UDPMinimumSize)
	return v.AsSlice(), ok
}

// fixUDP makes the headers of a whole those of its segment number i, with n bytes
// of payload.
func fixUDP(b []byte, i uint16, n int) {
	ip := b[header.EthernetMinimumSize:]
	udp := header.UDP(b[len(b)-header.UDPMinimumSize:])
	udp.SetLength(uint16(header.UDPMinimumSize + n))
	if header.Ethernet(b).Type() == header.IPv6ProtocolNumber {
		header.IPv6(ip).SetPayloadLength(uint16(header.UDPMinimumSize + n))
		return
	}
	h := header.IPv4(ip[:len(ip)-header.UDPMinimumSize])
	h.SetTotalLength(uint16(len(ip) + n))
	binary.BigEndian.PutUint16(ip[4:], h.ID()+i) // RFC 791: Identification
	h.SetChecksum(0)
	h.SetChecksum(^h.CalculateChecksum())
}

// cutter walks over the views of a buffer.
type cutter struct {
	view *buffer.View
	at   int // in view
}

func firstView(b *buffer.Buffer) *buffer.View {
	l := b.AsViewList()
	return l.Front()
}

// skip leaves out n bytes.
func (c *cutter) skip(n int) { c.take(nil, n) }

// take appends the next n bytes, of those that are left, to b without a copy.
func (c *cutter) take(b *buffer.Buffer, n int) {
	for n > 0 && c.view != nil {
		k := min(n, c.view.Size()-c.at)
		if b != nil && k > 0 {
			v := c.view.Clone()
			v.TrimFront(c.at)
			v.CapLength(k)
			part := buffer.MakeWithView(v)
			b.Merge(&part)
		}
		n -= k
		if c.at += k; c.at == c.view.Size() {
			c.view, c.at = c.view.Next(), 0
		}
	}
}
