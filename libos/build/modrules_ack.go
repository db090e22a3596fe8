package build

// delayedAckRules let an acknowledgement wait for the data that answers (RFC 9293,
// 3.8.6.3). gVisor acknowledges each batch of segments at once, so that a server
// sends two frames for each request: in a VM each costs the host a write to the
// TAP and the other side a segment to process.
//
// As on Linux the first data of a connection is acknowledged at once, and so is
// every second full-sized segment; nothing waits for more than 40 ms.
func delayedAckRules() []moduleRule {
	const (
		tcp      = "gvisor.dev/gvisor/pkg/tcpip/transport/tcp/"
		connect  = tcp + "connect.go"
		endpoint = tcp + "endpoint.go"
		reason   = "acknowledgements wait for the answer to carry them"
	)
	return []moduleRule{
		{Reason: reason, Edit: Edit{
			File: endpoint, Name: "timer of the acknowledgement",
			Anchor:  "\tkeepalive keepalive\n",
			Replace: "\tkeepalive keepalive\n\n\tackTimer  timer\n\tfirstData seqnum.Value // sequence number of the first byte sent\n",
		}},
		{Reason: reason, Edit: Edit{
			File: endpoint, Name: "start of the timer",
			Anchor: "\te.keepalive.timer.init(e.stack.Clock(), timerHandler(e, e.keepaliveTimerExpired))\n",
			Replace: "\te.keepalive.timer.init(e.stack.Clock(), timerHandler(e, e.keepaliveTimerExpired))\n" +
				"\te.ackTimer.init(e.stack.Clock(), timerHandler(e, e.ackTimerExpired))\n",
		}},
		{Reason: reason, Edit: Edit{
			File: endpoint, Name: "end of the timer",
			Anchor: "\te.keepalive.timer.cleanup()\n", Replace: "\te.keepalive.timer.cleanup()\n\te.ackTimer.cleanup()\n",
		}},
		{Reason: reason, Edit: Edit{
			File: tcp + "snd.go", Name: "first sequence number",
			Anchor: "\tep.snd.rc.init(ep.snd, iss)\n", Replace: "\tep.snd.rc.init(ep.snd, iss)\n\tep.firstData = iss + 1\n",
		}},
		{Reason: reason, Edit: Edit{
			File: connect, Name: "when to acknowledge",
			Anchor:  "\tif e.rcv.RcvNxt != e.snd.MaxSentAck {\n",
			Replace: "\tif e.rcv.RcvNxt != e.snd.MaxSentAck && !e.delayAck() {\n",
		}},
		{Reason: reason, Edit: Edit{
			File: connect, Name: "delay",
			Anchor: "// keepaliveTimerExpired is called when the keepaliveTimer fires.",
			Replace: `// maxAckDelay is Linux's TCP_DELACK_MIN.
const maxAckDelay = 40 * time.Millisecond

// delayAck reports whether the acknowledgement of what was received can wait for
// data to carry it, and sees to it that it does not wait for long. With segments
// missing, the sender needs to know at once.
//
// +checklocks:e.mu
func (e *Endpoint) delayAck() bool {
	if e.EndpointState() != StateEstablished || e.snd.SndNxt == e.firstData || e.rcv.PendingBufUsed != 0 ||
		int(e.snd.MaxSentAck.Size(e.rcv.RcvNxt)) >= 2*int(e.amss) || e.ackTimer.isUninitialized() {
		return false
	}
	if !e.ackTimer.enabled() {
		e.ackTimer.enable(maxAckDelay)
	}
	return true
}

// ackTimerExpired sends the acknowledgement that nothing came to carry.
//
// +checklocks:e.mu
func (e *Endpoint) ackTimerExpired() tcpip.Error {
	if !e.ackTimer.isUninitialized() && e.ackTimer.checkExpiration() && e.EndpointState().connected() &&
		e.rcv.RcvNxt != e.snd.MaxSentAck {
		e.snd.sendAck()
	}
	return nil
}

// keepaliveTimerExpired is called when the keepaliveTimer fires.`,
		}},
	}
}
