package netstack

import (
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// tap shows the frames of a device to packet sockets, but only while there are
// any: gVisor's own way takes a lock and looks twice into a map for each frame.
// Outgoing frames are shown to those that want all protocols, as Linux does it.
type tap struct {
	stack.LinkEndpoint
	sockets    atomic.Int32 // packet sockets that are open
	dispatcher atomic.Pointer[stack.NetworkDispatcher]
}

var (
	_ stack.GSOEndpoint       = (*tap)(nil)
	_ stack.NetworkDispatcher = (*tap)(nil)
)

// Attach implements stack.LinkEndpoint.
func (t *tap) Attach(d stack.NetworkDispatcher) {
	if d == nil {
		t.dispatcher.Store(nil)
		t.LinkEndpoint.Attach(nil)
		return
	}
	t.dispatcher.Store(&d)
	t.LinkEndpoint.Attach(t)
}

// DeliverNetworkPacket implements stack.NetworkDispatcher.
func (t *tap) DeliverNetworkPacket(protocol tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	d := t.dispatcher.Load()
	if d == nil {
		return
	}
	if t.sockets.Load() > 0 {
		(*d).DeliverLinkPacket(protocol, pkt)
	}
	(*d).DeliverNetworkPacket(protocol, pkt)
}

// DeliverLinkPacket implements stack.NetworkDispatcher.
func (t *tap) DeliverLinkPacket(protocol tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	if d := t.dispatcher.Load(); d != nil {
		(*d).DeliverLinkPacket(protocol, pkt)
	}
}

// WritePackets implements stack.LinkWriter.
func (t *tap) WritePackets(packets stack.PacketBufferList) (int, tcpip.Error) {
	if t.sockets.Load() > 0 {
		for _, pkt := range packets.AsSlice() {
			t.DeliverLinkPacket(pkt.NetworkProtocolNumber, pkt)
		}
	}
	return t.LinkEndpoint.WritePackets(packets)
}

// GSOMaxSize implements stack.GSOEndpoint.
func (t *tap) GSOMaxSize() uint32 {
	if g, ok := t.LinkEndpoint.(stack.GSOEndpoint); ok {
		return g.GSOMaxSize()
	}
	return 0
}

// SupportedGSO implements stack.GSOEndpoint.
func (t *tap) SupportedGSO() stack.SupportedGSO {
	if g, ok := t.LinkEndpoint.(stack.GSOEndpoint); ok {
		return g.SupportedGSO()
	}
	return stack.GSONotSupported
}
