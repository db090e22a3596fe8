package build

// timeWaitRules let a peer come back from the same port while the connection that was
// there before is in TIME-WAIT.
//
// gVisor takes a SYN then if its sequence number lies beyond what was received, and
// else drops it: each time it is sent again, for the 60 s of TIME-WAIT. Initial
// sequence numbers grow by 15.6 million a second (RFC 6528 as gVisor and Linux have
// it), so a peer that has sent faster than 15.6 MB/s and comes back is behind its own
// data. As on Linux, a newer timestamp is as good (RFC 6191, section 2). It counts
// milliseconds, so a SYN that comes too soon succeeds when it is sent again, which is
// why that has a timestamp of its own.
func timeWaitRules() []moduleRule {
	const (
		tcp    = "gvisor.dev/gvisor/pkg/tcpip/transport/tcp/"
		reason = "a port could not be used again soon after a fast transfer"
	)
	return []moduleRule{
		{Reason: reason, Edit: Edit{
			File: tcp + "rcv.go", Name: "SYN in TIME-WAIT",
			Anchor: "\tif s.flags.Contains(header.TCPFlagSyn) && r.RcvNxt.LessThan(segSeq) {\n",
			Replace: `	newer := r.ep.SendTSOk && s.parsedOptions.TS && !s.flags.Contains(header.TCPFlagAck) &&
		seqnum.Value(r.ep.recentTimestamp()).LessThan(seqnum.Value(s.parsedOptions.TSVal))
	if s.flags.Contains(header.TCPFlagSyn) && (r.RcvNxt.LessThan(segSeq) || newer) {
`,
		}},
		{Reason: reason, Edit: Edit{
			File: tcp + "connect.go", Name: "timestamp of a SYN that is sent again",
			Anchor: "\tif h.active || !h.acked || h.deferAccept != 0 && e.stack.Clock().NowMonotonic().Sub(h.startTime) > h.deferAccept {\n",
			Replace: `	if h.active || !h.acked || h.deferAccept != 0 && e.stack.Clock().NowMonotonic().Sub(h.startTime) > h.deferAccept {
		if h.sendSYNOpts.TS {
			h.sendSYNOpts.TSVal = e.tsValNow()
		}
`,
		}},
	}
}
