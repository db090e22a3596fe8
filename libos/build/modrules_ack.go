package build

// delayedAckRules let an acknowledgement wait for the data that answers (RFC 9293,
// 3.8.6.3). gVisor acknowledges each batch of segments at once, so that a server
// sends two frames for each request: in a VM each costs the host a write to the
// TAP and the other side a segment to process.
//
// As on Linux it waits only where the last data received was answered, every
// second full-sized segment is acknowledged at once, and nothing waits for more
// than 40 ms. If that long a wait was in vain the next answer has to come first.
func delayedAckRules() []moduleRule {
	const (
		tcp      = "gvisor.dev/gvisor/pkg/tcpip/transport/tcp/"
		connect  = tcp + "connect.go"
		endpoint = tcp + "endpoint.go"
		sender   = tcp + "snd.go"
		reason   = "acknowledgements wait for the answer to carry them"
	)
	return []moduleRule{
		{Reason: reason, Edit: Edit{
			File: endpoint, Name: "timer of the acknowledgement",
			Anchor:  "\tkeepalive keepalive\n",
			Replace: "\tkeepalive keepalive\n\n\tackTimer timer\n",
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
			File: sender, Name: "state of the conversation",
			Anchor: "type sender struct {\n",
			Replace: `type sender struct {
	answered seqnum.Value // what had been received when data was last sent
	answers  bool         // what is received is answered by data
`,
		}},
		{Reason: reason, Edit: Edit{
			File: sender, Name: "answers",
			Anchor: `	// We need to clone the packet because sendRaw takes ownership of pkt,
`,
			Replace: `	if s.answered != rcvNxt {
		s.answered, s.answers = rcvNxt, true
	}

	// We need to clone the packet because sendRaw takes ownership of pkt,
`,
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
	if e.EndpointState() != StateEstablished || !e.snd.answers || e.rcv.PendingBufUsed != 0 ||
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
		e.snd.answers = false
		e.snd.sendAck()
	}
	return nil
}

// keepaliveTimerExpired is called when the keepaliveTimer fires.`,
		}},
	}
}
