//go:build unibench_guest

package syscall

import (
	_ "unsafe" // for go:linkname

	"unibench/libos/guest/inet"
)

// libosEnableSockets is for package net, which brings the TCP/IP stack.
//
//go:linkname libosEnableSockets
func libosEnableSockets(open func() inet.Stack) { libos.EnableSockets(open) }
