package build

// costRules make gVisor cheaper where it costs most, without a change of what it
// does.
func costRules() []moduleRule {
	const (
		pkg   = "gvisor.dev/gvisor/pkg/"
		tcpip = pkg + "tcpip/tcpip.go"
		clock = "every segment needs sums of times, and two conversions for each were 6 % of the cost of an echo"
	)
	return []moduleRule{
		{Reason: clock, Edit: Edit{
			File: tcpip, Name: "sum of times",
			Anchor: `	return MonotonicTime{
		nanoseconds: time.Unix(0, mt.nanoseconds).Add(d).Sub(time.Unix(0, 0)).Nanoseconds(),
	}
`,
			Replace: `	sum := mt.nanoseconds + int64(d)
	if d > 0 && sum < mt.nanoseconds {
		sum = math.MaxInt64
	}
	return MonotonicTime{nanoseconds: sum}
`,
		}},
		{Reason: clock, Edit: Edit{
			File: tcpip, Name: "difference of times",
			Anchor:  "\treturn time.Unix(0, mt.nanoseconds).Sub(time.Unix(0, u.nanoseconds))\n",
			Replace: "\treturn time.Duration(mt.nanoseconds - u.nanoseconds)\n",
		}},
		{Reason: "a half-open connection whose answer cannot be sent was held for a second by its timer: 200 MB in a flood", Edit: Edit{
			File: pkg + "tcpip/transport/tcp/endpoint.go", Name: "end of the handshake's timer",
			Anchor: "\tif e.finWait2Timer != nil {\n\t\te.finWait2Timer.Stop()\n\t}\n\n\tif e.timeWaitTimer",
			Replace: "\tif e.h != nil && e.h.retransmitTimer != nil {\n\t\te.h.retransmitTimer.stop()\n\t}\n\n" +
				"\tif e.finWait2Timer != nil {\n\t\te.finWait2Timer.Stop()\n\t}\n\n\tif e.timeWaitTimer",
		}},
	}
}
