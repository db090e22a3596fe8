package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// fullAddress converts an address of the program for a socket of the family. The
// unspecified address becomes the empty one, which stands for any address.
func fullAddress(a inet.Addr, family int) (tcpip.FullAddress, linux.Errno) {
	if int(a.Family) != family {
		return tcpip.FullAddress{}, linux.EAFNOSUPPORT
	}
	full := tcpip.FullAddress{Port: a.Port}
	switch a.Family {
	case inet.Family4:
		if ip := [4]byte(a.IP[:4]); ip != [4]byte{} {
			full.Addr = tcpip.AddrFrom4(ip)
		}
	case inet.Family6:
		if a.IP != [16]byte{} {
			full.Addr = tcpip.AddrFrom16(a.IP)
		}
		if scoped(full.Addr) {
			full.NIC = tcpip.NICID(a.Zone)
		}
	case inet.FamilyPacket:
		full.NIC = tcpip.NICID(a.Zone)
		full.LinkAddr = tcpip.LinkAddress(a.IP[:6])
	}
	return full, 0
}

// scoped reports whether an address means something on one interface only.
func scoped(a tcpip.Address) bool {
	return header.IsV6LinkLocalUnicastAddress(a) || header.IsV6LinkLocalMulticastAddress(a)
}

// address converts an address of the stack for a socket of the family: IPv4 ones
// are mapped into IPv6 (RFC 4291, 2.5.5.2) for an IPv6 socket.
func address(full tcpip.FullAddress, family int) inet.Addr {
	a := inet.Addr{Family: uint16(family), Port: full.Port}
	switch {
	case family == inet.FamilyPacket:
		a.Zone = uint32(full.NIC)
		copy(a.IP[:6], full.LinkAddr)
	case full.Addr.Len() == 4 && family == inet.Family6:
		a.IP[10], a.IP[11] = 0xff, 0xff
		ip := full.Addr.As4()
		copy(a.IP[12:], ip[:])
	case full.Addr.Len() == 4:
		ip := full.Addr.As4()
		copy(a.IP[:], ip[:])
	case full.Addr.Len() == 16:
		a.IP = full.Addr.As16()
		if scoped(full.Addr) {
			a.Zone = uint32(full.NIC)
		}
	}
	return a
}

// family is the address family of a network protocol.
func familyOf(a tcpip.Address) int {
	if a.Len() == 4 {
		return inet.Family4
	}
	return inet.Family6
}

// fromMapped converts an address of abi.NetInfo, in 16-byte form with IPv4
// mapped; ok is false if it is unset.
func fromMapped(b [16]byte) (a tcpip.Address, ok bool) {
	if b == [16]byte{} {
		return tcpip.Address{}, false
	}
	a = tcpip.AddrFrom16(b)
	if header.IsV4MappedAddress(a) {
		a = tcpip.AddrFrom4([4]byte(b[12:]))
	}
	return a, true
}
