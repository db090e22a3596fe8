package netstack

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// setIP sets an option of SolIP that is an int.
func (s *Socket) setIP(name, v int) linux.Errno {
	o := s.ep.SocketOptions()
	on := v != 0
	switch name {
	case linux.IPTos:
		return errno(s.ep.SetSockOptInt(tcpip.IPv4TOSOption, v&0xff))
	case linux.IPTTL:
		if v == -1 {
			v = tcpip.UseDefaultIPv4TTL
		} else if v < 1 || v > 255 {
			return linux.EINVAL
		}
		return errno(s.ep.SetSockOptInt(tcpip.IPv4TTLOption, v))
	case linux.IPMulticastTTL:
		if v == -1 {
			v = 1
		}
		return s.setMulticastTTL(v)
	case linux.IPMulticastLoop:
		o.SetMulticastLoop(on)
	case linux.IPMtuDiscover:
		return errno(s.ep.SetSockOptInt(tcpip.MTUDiscoverOption, v))
	case linux.IPHdrincl:
		if s.kind != inet.Raw {
			return linux.ENOPROTOOPT
		}
		o.SetHeaderIncluded(on)
	case linux.IPPktinfo:
		o.SetReceivePacketInfo(on)
	case linux.IPRecvttl:
		o.SetReceiveTTL(on)
	case linux.IPRecvtos:
		o.SetReceiveTOS(on)
	case linux.IPRecverr, linux.IPFreebind, linux.IPBindAddressNoPrt, linux.IPMulticastAll:
		// Taken, without an effect: errors are told by the next call.
	default:
		return linux.ENOPROTOOPT
	}
	return 0
}

// ipOption gets an option of SolIP that is an int.
func (s *Socket) ipOption(name int) (int, linux.Errno) {
	o := s.ep.SocketOptions()
	var option tcpip.SockOptInt
	switch name {
	case linux.IPTos:
		option = tcpip.IPv4TOSOption
	case linux.IPTTL:
		v, err := s.ep.GetSockOptInt(tcpip.IPv4TTLOption)
		if v == tcpip.UseDefaultIPv4TTL {
			v = s.stack.defaultTTL(header.IPv4ProtocolNumber)
		}
		return v, errno(err)
	case linux.IPMulticastTTL:
		option = tcpip.MulticastTTLOption
	case linux.IPMulticastLoop:
		return number(o.GetMulticastLoop()), 0
	case linux.IPMtuDiscover:
		option = tcpip.MTUDiscoverOption
	case linux.IPMtu:
		return int(s.pathMTU()), 0
	case linux.IPHdrincl:
		return number(o.GetHeaderIncluded()), 0
	case linux.IPPktinfo:
		return number(o.GetReceivePacketInfo()), 0
	case linux.IPRecvttl:
		return number(o.GetReceiveTTL()), 0
	case linux.IPRecvtos:
		return number(o.GetReceiveTOS()), 0
	case linux.IPRecverr, linux.IPFreebind, linux.IPBindAddressNoPrt:
		return 0, 0
	case linux.IPMulticastAll:
		return 1, 0
	default:
		return 0, linux.ENOPROTOOPT
	}
	v, err := s.ep.GetSockOptInt(option)
	return v, errno(err)
}

// setIPv6 sets an option of SolIPv6 that is an int.
func (s *Socket) setIPv6(name, v int) linux.Errno {
	o := s.ep.SocketOptions()
	on := v != 0
	switch name {
	case linux.IPv6V6only:
		if local, err := s.ep.GetLocalAddress(); err == nil && local.Port != 0 {
			return linux.EINVAL
		}
		o.SetV6Only(on)
	case linux.IPv6UnicastHops:
		if v < -1 || v > 255 {
			return linux.EINVAL
		}
		return errno(s.ep.SetSockOptInt(tcpip.IPv6HopLimitOption, v))
	case linux.IPv6MulticastHops:
		if v == -1 {
			v = 1
		}
		return s.setMulticastTTL(v)
	case linux.IPv6MulticastLoop:
		o.SetMulticastLoop(on)
	case linux.IPv6MulticastIf:
		return errno(s.ep.SetSockOptInt(tcpip.IPv6MulticastInterfaceOption, v))
	case linux.IPv6Tclass:
		if v < -1 || v > 255 {
			return linux.EINVAL
		}
		return errno(s.ep.SetSockOptInt(tcpip.IPv6TrafficClassOption, max(v, 0)))
	case linux.IPv6MtuDiscover:
		return errno(s.ep.SetSockOptInt(tcpip.MTUDiscoverOption, v))
	case linux.IPv6Checksum:
		return errno(s.ep.SetSockOptInt(tcpip.IPv6Checksum, v))
	case linux.IPv6Recvpktinfo:
		o.SetIPv6ReceivePacketInfo(on)
	case linux.IPv6Recvhoplimit:
		o.SetReceiveHopLimit(on)
	case linux.IPv6Recvtclass:
		o.SetReceiveTClass(on)
	case linux.IPv6Recverr:
		// Taken, without an effect: errors are told by the next call.
	default:
		return linux.ENOPROTOOPT
	}
	return 0
}

// ipv6Option gets an option of SolIPv6 that is an int.
func (s *Socket) ipv6Option(name int) (int, linux.Errno) {
	o := s.ep.SocketOptions()
	var option tcpip.SockOptInt
	switch name {
	case linux.IPv6V6only:
		return number(o.GetV6Only()), 0
	case linux.IPv6UnicastHops:
		v, err := s.ep.GetSockOptInt(tcpip.IPv6HopLimitOption)
		if v == tcpip.UseDefaultIPv6HopLimit {
			v = s.stack.defaultTTL(header.IPv6ProtocolNumber)
		}
		return v, errno(err)
	case linux.IPv6MulticastHops:
		option = tcpip.MulticastTTLOption
	case linux.IPv6MulticastLoop:
		return number(o.GetMulticastLoop()), 0
	case linux.IPv6MulticastIf:
		option = tcpip.IPv6MulticastInterfaceOption
	case linux.IPv6Tclass:
		option = tcpip.IPv6TrafficClassOption
	case linux.IPv6MtuDiscover:
		option = tcpip.MTUDiscoverOption
	case linux.IPv6Mtu:
		return int(s.pathMTU()), 0
	case linux.IPv6Recvpktinfo:
		return number(o.GetIPv6ReceivePacketInfo()), 0
	case linux.IPv6Recvhoplimit:
		return number(o.GetReceiveHopLimit()), 0
	case linux.IPv6Recvtclass:
		return number(o.GetReceiveTClass()), 0
	case linux.IPv6Recverr:
		return 0, 0
	default:
		return 0, linux.ENOPROTOOPT
	}
	v, err := s.ep.GetSockOptInt(option)
	return v, errno(err)
}

func (s *Socket) setMulticastTTL(v int) linux.Errno {
	if v < 0 || v > 255 {
		return linux.EINVAL
	}
	return errno(s.ep.SetSockOptInt(tcpip.MulticastTTLOption, v))
}

// defaultTTL is the time to live of packets whose socket does not set one.
func (s *Stack) defaultTTL(protocol tcpip.NetworkProtocolNumber) int {
	var ttl tcpip.DefaultTTLOption
	if err := s.net.NetworkProtocolOption(protocol, &ttl); err != nil {
		return 64
	}
	return int(ttl)
}

// pathMTU is the MTU of the interface that the socket's address belongs to.
func (s *Socket) pathMTU() uint32 {
	id := tcpip.NICID(ethernetID)
	if local, err := s.ep.GetLocalAddress(); err == nil &&
		(header.IsV4LoopbackAddress(local.Addr) || header.IsV6LoopbackAddress(local.Addr)) {
		id = loopbackID
	}
	nic, ok := s.stack.net.SingleNICInfo(id)
	if !ok {
		return 0
	}
	return nic.MTU
}

// setFilter sets the filter of a raw ICMP socket: of ICMPv6 a bit for each type
// that is not wanted (RFC 3542, 3.2).
func (s *Socket) setFilter(level, name int, b []byte) linux.Errno {
	if s.kind != inet.Raw || level != linux.SolICMPv6 || name != linux.ICMPv6Filter {
		return linux.ENOPROTOOPT
	}
	var f tcpip.ICMPv6Filter
	if len(b) < 4*len(f.DenyType) {
		return linux.EINVAL
	}
	for i := range f.DenyType {
		f.DenyType[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return errno(s.ep.SetSockOpt(&f))
}
