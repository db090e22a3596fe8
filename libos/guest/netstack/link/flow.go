package link

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// transmitter chooses the queue for a packet: one for each flow, so that it stays
// in order.
func (e *Endpoint) transmitter(pkt *stack.PacketBuffer) *transmitter {
	if len(e.transmitters) == 1 {
		return e.transmitters[0]
	}
	return e.transmitters[flow(pkt)%uint32(len(e.transmitters))]
}

// flow hashes what the packets of a flow have in common. gVisor has done that for
// TCP.
func flow(pkt *stack.PacketBuffer) uint32 {
	if pkt.Hash != 0 {
		return pkt.Hash
	}
	const prime = 0x01000193 // FNV-1a
	h := uint32(0x811c9dc5)
	mix := func(b []byte) {
		for _, c := range b {
			h = (h ^ uint32(c)) * prime
		}
	}
	if ip := pkt.NetworkHeader().Slice(); len(ip) >= 20 {
		if ip[0]>>4 == 4 {
			mix(ip[12:20]) // addresses
		} else if len(ip) >= 40 {
			mix(ip[8:40])
		}
	}
	if t := pkt.TransportHeader().Slice(); len(t) >= 4 {
		mix(t[:4]) // ports
	}
	return h ^ h>>16
}

// WritePacket is WritePackets of a single packet, without a list.
func (e *Endpoint) WritePacket(pkt *stack.PacketBuffer) tcpip.Error {
	one := [1]*stack.PacketBuffer{pkt}
	_, err := e.transmitter(pkt).send(one[:])
	return err
}

// Discipline returns what to put into stack.NICOptions.QDisc: packets go straight
// to the endpoint, as they do without one, but without an allocation for each.
func (e *Endpoint) Discipline() stack.QueueingDiscipline { return discipline{e} }

type discipline struct{ *Endpoint }

// Close implements stack.QueueingDiscipline: the stack closes the endpoint itself.
func (discipline) Close() {}
