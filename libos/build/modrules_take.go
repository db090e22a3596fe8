package build

// takeRules let the netstack take views of a stream out of the receive queue
// instead of having their bytes written somewhere.
func takeRules() []moduleRule {
	const file = "gvisor.dev/gvisor/pkg/tcpip/stack/packet_buffer.go"
	return []moduleRule{{Reason: "the netstack's RecvBuffer lends what the device has filled", Edit: Edit{
		File: file, Name: "views instead of bytes",
		Anchor: `		var n int
		n, err = dst.Write(v.AsSlice())
		done += n
`,
		Replace: `		if t, ok := dst.(interface{ TakeView(*buffer.View) bool }); ok {
			if !t.TakeView(v) {
				err = io.ErrShortWrite
				return
			}
			done += v.Size()
			return
		}
		var n int
		n, err = dst.Write(v.AsSlice())
		done += n
`,
	}}}
}
