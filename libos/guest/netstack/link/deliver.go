package link

import (
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"unibench/libos/guest/virtio"
)

// deliver hands a frame to the stack. It takes over data, which holds at least an
// Ethernet header, contiguous if the device is sane. Whoever wants frames before
// the stack is asked here.
func (r *receiver) deliver(h *virtio.Header, data buffer.Buffer) {
	n := r.e.network.Load()
	if n == nil {
		data.Release()
		return
	}
	if h.GSOKind() == virtio.GSOUDP {
		r.segment(n, h, data)
		return
	}
	r.packet(n, h, data)
}

// packet hands over one packet: a frame, or a segment of one.
func (r *receiver) packet(n *network, h *virtio.Header, data buffer.Buffer) {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: data})
	defer pkt.DecRef()
	link, ok := pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	if !ok {
		r.dropped++
		return
	}
	eth := header.Ethernet(link)
	if pkt.PktType, ok = r.e.packetType(link); !ok {
		return
	}
	proto := eth.Type()
	if r.e.caps&stack.CapabilityRXChecksumOffload == 0 || verified(h, proto, pkt) {
		n.DeliverNetworkPacket(proto, pkt)
		return
	}
	if r.shared {
		r.e.verifying.RUnlock()
		r.e.verifying.Lock()
	}
	r.e.verify.Store(true)
	n.DeliverNetworkPacket(proto, pkt)
	r.e.verify.Store(false)
	if r.shared {
		r.e.verifying.Unlock()
		r.e.verifying.RLock()
	}
}

// packetType tells from the destination of a frame whose it is; ok is false if it
// is another host's.
func (e *Endpoint) packetType(link []byte) (_ tcpip.PacketType, ok bool) {
	switch dst := [6]byte(link); {
	case dst == e.mac:
		return tcpip.PacketHost, true
	case dst == [6]byte{255, 255, 255, 255, 255, 255}:
		return tcpip.PacketBroadcast, true
	case dst[0]&1 != 0:
		return tcpip.PacketMulticast, true
	}
	return tcpip.PacketOtherHost, false
}

// verified reports whether the stack need not look at a packet's checksums: the
// device vouches for that of TCP or UDP, and that of IPv4 was found right here,
// or there are none. Of a fragment the device knows nothing; its datagram is
// verified when it is whole.
func verified(h *virtio.Header, proto tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) bool {
	vouched := h.Flags&(virtio.HeaderNeedsCSum|virtio.HeaderDataValid) != 0
	switch proto {
	case header.IPv4ProtocolNumber:
		if !vouched {
			return false
		}
		b, ok := pkt.Data().PullUp(header.IPv4MinimumSize)
		if !ok {
			return false
		}
		ip := header.IPv4(b)
		size := int(ip.HeaderLength())
		if size > header.IPv4MinimumSize {
			if b, ok = pkt.Data().PullUp(size); !ok {
				return false
			}
			ip = b
		}
		return !ip.More() && ip.FragmentOffset() == 0 && checksum.Checksum(ip, 0) == 0xffff
	case header.IPv6ProtocolNumber:
		b, ok := pkt.Data().PullUp(header.IPv6MinimumSize)
		return vouched && ok && header.IPv6(b).NextHeader() != uint8(header.IPv6FragmentExtHdrIdentifier)
	}
	return true
}
