package netstack

import (
	"slices"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"unibench/libos/guest/inet"
)

// Flags and types of interfaces (include/uapi/linux/if.h, if_arp.h).
const (
	flagUp        = 0x1
	flagBroadcast = 0x2
	flagLoopback  = 0x8
	flagRunning   = 0x40
	flagMulticast = 0x1000

	typeEthernet = 1
	typeLoopback = 772
)

// Interfaces implements inet.Stack.
func (s *Stack) Interfaces() []inet.Interface {
	var list []inet.Interface
	for id, nic := range s.net.NICInfo() {
		i := inet.Interface{
			Index: int(id), Name: nic.Name, MTU: int(nic.MTU), Type: typeEthernet,
			Flags: flagUp | flagRunning | flagBroadcast | flagMulticast,
		}
		if nic.Flags.Loopback {
			i.Flags, i.Type = flagUp|flagRunning|flagLoopback, typeLoopback
		}
		copy(i.MAC[:], nic.LinkAddress)
		for _, a := range nic.ProtocolAddresses {
			addr := a.AddressWithPrefix
			if addr.Address.BitLen() == 0 {
				continue
			}
			full := tcpip.FullAddress{NIC: id, Addr: addr.Address}
			i.Addrs = append(i.Addrs, inet.Prefix{Addr: address(full, familyOf(addr.Address)), Bits: addr.PrefixLen})
		}
		slices.SortFunc(i.Addrs, func(a, b inet.Prefix) int { return int(a.Addr.Family) - int(b.Addr.Family) })
		list = append(list, i)
	}
	slices.SortFunc(list, func(a, b inet.Interface) int { return a.Index - b.Index })
	return list
}

// Routes implements inet.Stack.
func (s *Stack) Routes() []inet.Route {
	hidden := implicit()
	var list []inet.Route
	for _, r := range s.net.GetRouteTable() {
		if slices.Contains(hidden, r.Destination) {
			continue
		}
		dest := r.Destination.ID()
		route := inet.Route{
			Dest:      inet.Prefix{Addr: address(tcpip.FullAddress{Addr: dest}, familyOf(dest)), Bits: r.Destination.Prefix()},
			Interface: int(r.NIC),
		}
		if r.Gateway.Len() != 0 {
			route.Gateway = address(tcpip.FullAddress{NIC: r.NIC, Addr: r.Gateway}, familyOf(r.Gateway))
		}
		list = append(list, route)
	}
	return list
}

// implicit lists what eth0 reaches without an address of that network: the
// destinations that mean something on a link only.
func implicit() []tcpip.Subnet {
	return []tcpip.Subnet{
		network(header.IPv4Broadcast, 32),
		network(tcpip.AddrFrom4([4]byte{224}), 4),
		network(tcpip.AddrFrom16([16]byte{0xfe, 0x80}), 64),
		network(tcpip.AddrFrom16([16]byte{0xff}), 8),
	}
}

// network is the network of the first bits of addr.
func network(addr tcpip.Address, bits int) tcpip.Subnet {
	return tcpip.AddressWithPrefix{Address: addr, PrefixLen: bits}.Subnet()
}

// zero is the unspecified address of the family of addr.
func zero(addr tcpip.Address) tcpip.Address {
	if addr.Len() == header.IPv4AddressSize {
		return header.IPv4Any
	}
	return header.IPv6Any
}
