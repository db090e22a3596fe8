package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// SendFrom implements inet.Directed. gVisor chooses the source of IPv4 datagrams
// by itself; in an image it obeys here, too (libos/build has the edits).
func (s *Socket) SendFrom(v [][]byte, flags int, to *inet.Addr, from *inet.Origin) (int, linux.Errno) {
	if s.kind == inet.Stream || s.family == inet.FamilyPacket {
		return 0, linux.EOPNOTSUPP
	}
	p := s.gather(v)
	c := &p.control
	if from.TTL >= 0 {
		c.HasTTL, c.TTL = true, uint8(from.TTL)
		c.HasHopLimit, c.HopLimit = true, uint8(from.TTL)
	}
	if from.Local.Family != inet.FamilyUnspec || from.Interface != 0 {
		c.HasIPv6PacketInfo = true
		c.IPv6PacketInfo = tcpip.IPv6PacketInfo{NIC: tcpip.NICID(from.Interface)}
		if from.Local.Family != inet.FamilyUnspec {
			local, e := s.destination(from.Local)
			if e != 0 {
				s.release(p)
				return 0, e
			}
			if local.Addr != zero(local.Addr) {
				c.IPv6PacketInfo.Addr = local.Addr
			}
		}
	}
	return s.send(p, flags, to)
}

// describeDatagrams has gVisor tell, with each datagram, what inet.Info holds.
func (s *Socket) describeDatagrams() {
	o := s.ep.SocketOptions()
	o.SetReceivePacketInfo(true)
	o.SetReceiveTTL(true)
	o.SetReceiveTOS(true)
	if s.family == inet.Family6 {
		o.SetIPv6ReceivePacketInfo(true)
		o.SetReceiveHopLimit(true)
		o.SetReceiveTClass(true)
	}
}
