package link

import (
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"unibench/libos/guest/virtio"
)

// prepare returns a packet with virtio's header before the Ethernet header, in at
// most e.pieces pieces, and a reference of the caller's own. It is pkt itself
// if that has room for the header.
func (e *Endpoint) prepare(pkt *stack.PacketBuffer) *stack.PacketBuffer {
	var h virtio.Header
	offload(&h, pkt)
	out := pkt
	switch {
	case pieces(pkt, e.pieces) == e.pieces:
		out = e.join(pkt)
	case pkt.AvailableHeaderBytes() < virtio.HeaderSize:
		// A raw packet. The payload is shared.
		out = stack.NewPacketBuffer(stack.PacketBufferOptions{
			ReserveHeaderBytes: virtio.HeaderSize, Payload: pkt.ToBuffer(),
		})
	default:
		pkt.IncRef()
	}
	h.Put(out.VirtioNetHeader().Push(virtio.HeaderSize))
	return out
}

// offload says in h what the device is to do.
func offload(h *virtio.Header, pkt *stack.PacketBuffer) {
	gso := &pkt.GSOOptions
	if gso.Type == stack.GSONone || !gso.NeedsCsum {
		return
	}
	headers := pkt.HeaderSize()
	h.Flags = virtio.HeaderNeedsCSum
	h.CSumStart = uint16(headers - len(pkt.TransportHeader().Slice()))
	h.CSumOffset = gso.CsumOffset
	if pkt.Data().Size() <= int(gso.MSS) {
		return
	}
	h.Length = uint16(headers)
	h.Segment = gso.MSS
	switch gso.Type {
	case stack.GSOTCPv4:
		h.GSO = virtio.GSOTCP4
	case stack.GSOTCPv6:
		h.GSO = virtio.GSOTCP6
	}
}

// join copies a packet in many pieces into one.
func (e *Endpoint) join(pkt *stack.PacketBuffer) *stack.PacketBuffer {
	b := pkt.ToBuffer()
	v := buffer.NewView(int(b.Size()))
	n, _ := b.ReadToWriter(v, b.Size()) // a View takes all
	b.Release()
	atomic.AddUint64(&e.dev.Stats().CopiedOut, uint64(n))
	return stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: virtio.HeaderSize, Payload: buffer.MakeWithView(v),
	})
}

// pieces counts the pieces of a packet, up to limit.
func pieces(pkt *stack.PacketBuffer, limit int) (n int) {
	l, _ := pkt.AsViewList()
	for v := l.Front(); v != nil && n < limit; v = v.Next() {
		n++
	}
	return n
}

// appendPieces appends the pieces of a packet to s.
func appendPieces(s [][]byte, pkt *stack.PacketBuffer) [][]byte {
	l, skip := pkt.AsViewList()
	for v := l.Front(); v != nil; v = v.Next() {
		b := v.AsSlice()
		if skip >= len(b) {
			skip -= len(b)
			continue
		}
		s = append(s, b[skip:])
		skip = 0
	}
	return s
}
