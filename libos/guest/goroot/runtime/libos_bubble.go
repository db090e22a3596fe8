//go:build unibench_guest

package runtime

import "unsafe"

// libos_bubbles says that there is or was a bubble, so that system calls need not
// look for one in all other programs. An edit of synctestRun sets it.
//
//go:linkname libos_bubbles
var libos_bubbles bool

// libos_leaveBubble takes the running goroutine out of its bubble (synctest.go),
// which it returns, or nil. The bubble goes on counting the goroutine as one that
// runs: it sees changes of state only of those that are in it.
//
//go:linkname libos_leaveBubble
//go:nosplit
func libos_leaveBubble() unsafe.Pointer {
	gp := getg()
	bubble := gp.bubble
	if bubble != nil {
		gp.bubble = nil
	}
	return unsafe.Pointer(bubble)
}

// libos_enterBubble puts it back.
//
//go:linkname libos_enterBubble
//go:nosplit
func libos_enterBubble(bubble unsafe.Pointer) { getg().bubble = (*synctestBubble)(bubble) }
