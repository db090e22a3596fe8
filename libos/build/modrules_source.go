package build

// sourceRules let a program name the source address of an IPv4 datagram
// (IP_PKTINFO), as gVisor does for IPv6 only. A server that listens on all
// addresses answers from the one that it was asked at.
func sourceRules() []moduleRule {
	const (
		file   = "gvisor.dev/gvisor/pkg/tcpip/transport/internal/network/endpoint.go"
		reason = "programs name the source of IPv4 datagrams, too"
	)
	return []moduleRule{
		{Reason: reason, Edit: Edit{
			File: file, Name: "packet information of IPv4",
			Anchor:  "ipv6PktInfoValid := e.effectiveNetProto == header.IPv6ProtocolNumber && opts.ControlMessages.HasIPv6PacketInfo\n",
			Replace: "ipv6PktInfoValid := opts.ControlMessages.HasIPv6PacketInfo\n",
		}},
		{Reason: reason, Edit: Edit{
			File: file, Name: "check of the source",
			Anchor:  "CheckLocalAddress(nicID, header.IPv6ProtocolNumber, pktInfoAddr)",
			Replace: "CheckLocalAddress(nicID, protocolOf(pktInfoAddr), pktInfoAddr)",
		}},
		{Reason: reason, Edit: Edit{
			File: file, Name: "check of the bound address",
			Anchor:  "CheckLocalAddress(pktInfoNICID, header.IPv6ProtocolNumber, info.ID.LocalAddress)",
			Replace: "CheckLocalAddress(pktInfoNICID, protocolOf(info.ID.LocalAddress), info.ID.LocalAddress)",
		}},
		{Reason: reason, Edit: Edit{
			File: file, Name: "protocol of an address",
			Anchor: "// WritePacketInfo is the properties of a packet that may be written.\n",
			Replace: `func protocolOf(a tcpip.Address) tcpip.NetworkProtocolNumber {
	if a.Len() == header.IPv4AddressSize {
		return header.IPv4ProtocolNumber
	}
	return header.IPv6ProtocolNumber
}

// WritePacketInfo is the properties of a packet that may be written.
`,
		}},
	}
}
