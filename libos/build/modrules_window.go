package build

// windowRules let a sender know at once that its window is open again.
//
// A receive buffer that fills up closes the window. When the program reads, gVisor
// lets the buffer grow to what the connection needs, and then tells the peer if the
// window is open by that. It asks for the window of the old size, which is not. And
// reading more does not tell it either, for what is told is that the window opens, and
// it was open before. So the sender learned of it from its probe of the closed window,
// 200 ms later.
func windowRules() []moduleRule {
	return []moduleRule{{Reason: "a receive buffer that grew opened the window without a word to the sender", Edit: Edit{
		File: "gvisor.dev/gvisor/pkg/tcpip/transport/tcp/endpoint.go", Name: "window of a buffer that grew",
		Anchor:  "e.windowCrossedACKThresholdLocked(availAfter-availBefore, rcvBufSize)",
		Replace: "e.windowCrossedACKThresholdLocked(availAfter-availBefore, rcvWnd)",
	}}}
}
