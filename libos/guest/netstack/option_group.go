package netstack

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/tcpip"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// setMembership sets the options of SolIP that hold addresses: ip_mreq or
// ip_mreqn (group, address of the interface, and in the longer form its index)
// and, of McastJoinGroup, group_req. ok is false for any other option.
func (s *Socket) setMembership(name int, b []byte) (e linux.Errno, ok bool) {
	switch name {
	case linux.McastJoinGroup, linux.McastLeaveGroup:
		return s.setGroupRequest(name, b), true
	case linux.IPAddMembership, linux.IPDropMembership, linux.IPMulticastIf:
	default:
		return 0, false
	}
	var group, local [4]byte
	var nic tcpip.NICID
	switch {
	case len(b) >= 12:
		nic = tcpip.NICID(int32(binary.LittleEndian.Uint32(b[8:])))
		fallthrough
	case len(b) >= 8:
		group, local = [4]byte(b), [4]byte(b[4:])
	case len(b) >= 4 && name == linux.IPMulticastIf:
		local = [4]byte(b)
	default:
		return linux.EINVAL, true
	}
	from := tcpip.AddrFrom4(local)
	if local == [4]byte{} {
		from = tcpip.Address{}
	}
	if name == linux.IPMulticastIf {
		return errno(s.ep.SetSockOpt(&tcpip.MulticastInterfaceOption{NIC: nic, InterfaceAddr: from})), true
	}
	m := tcpip.MembershipOption{NIC: nic, InterfaceAddr: from, MulticastAddr: tcpip.AddrFrom4(group)}
	return s.member(m, name == linux.IPAddMembership), true
}

// setMembership6 is setMembership for SolIPv6: ipv6_mreq (group and index of the
// interface) and group_req.
func (s *Socket) setMembership6(name int, b []byte) (e linux.Errno, ok bool) {
	switch name {
	case linux.McastJoinGroup, linux.McastLeaveGroup:
		return s.setGroupRequest(name, b), true
	case linux.IPv6AddMembership, linux.IPv6DropMembership:
	default:
		return 0, false
	}
	if len(b) < 20 {
		return linux.EINVAL, true
	}
	m := tcpip.MembershipOption{
		NIC:           tcpip.NICID(int32(binary.LittleEndian.Uint32(b[16:]))),
		MulticastAddr: tcpip.AddrFrom16([16]byte(b)),
	}
	return s.member(m, name == linux.IPv6AddMembership), true
}

// setGroupRequest joins or leaves by a group_req (RFC 3678, 5.1): the index of the
// interface and, at 8, a sockaddr_storage.
func (s *Socket) setGroupRequest(name int, b []byte) linux.Errno {
	if len(b) < 8+128 {
		return linux.EINVAL
	}
	m := tcpip.MembershipOption{NIC: tcpip.NICID(int32(binary.LittleEndian.Uint32(b)))}
	switch binary.LittleEndian.Uint16(b[8:]) {
	case inet.Family4:
		m.MulticastAddr = tcpip.AddrFrom4([4]byte(b[12:]))
	case inet.Family6:
		m.MulticastAddr = tcpip.AddrFrom16([16]byte(b[16:]))
	default:
		return linux.EADDRNOTAVAIL
	}
	return s.member(m, name == linux.McastJoinGroup)
}

func (s *Socket) member(m tcpip.MembershipOption, join bool) linux.Errno {
	if s.kind == inet.Stream {
		return linux.EPROTO
	}
	if join {
		option := tcpip.AddMembershipOption(m)
		return errno(s.ep.SetSockOpt(&option))
	}
	option := tcpip.RemoveMembershipOption(m)
	return errno(s.ep.SetSockOpt(&option))
}

// multicastInterface gets IP_MULTICAST_IF: an IPv4 address.
func (s *Socket) multicastInterface(b []byte) (int, linux.Errno) {
	var option tcpip.MulticastInterfaceOption
	if err := s.ep.GetSockOpt(&option); err != nil {
		return 0, errno(err)
	}
	var v [4]byte
	if option.InterfaceAddr.Len() == len(v) {
		v = option.InterfaceAddr.As4()
	}
	return copy(b, v[:]), 0
}
