package build

// keepRules let the netstack's RecvBuffer take a datagram out of its queue and
// read it where it lies until the program gives it back. With an unchanged gVisor
// it can only peek, at the first datagram.
func keepRules() []moduleRule {
	return []moduleRule{
		{Reason: "many datagrams can be lent at once", Edit: Edit{
			File: "gvisor.dev/gvisor/pkg/tcpip/transport/udp/endpoint.go", Name: "kept datagram",
			Anchor: "\tp := e.rcvList.Front()\n\tif opts.Peek {\n",
			Replace: `	p := e.rcvList.Front()
	if k, ok := dst.(interface{ Keep(*stack.PacketBuffer) }); ok && opts.Peek {
		e.rcvList.Remove(p)
		e.rcvBufSize -= p.pkt.Data().Size()
		k.Keep(p.pkt.IncRef())
	} else if opts.Peek {
`,
		}},
	}
}
