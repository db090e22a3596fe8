package netstack

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// fakeEndpoint has a state and can be aborted.
type fakeEndpoint struct {
	state   tcp.EndpointState
	aborted bool
	_       [4]*int // so that it is no part of a larger allocation
}

func (e *fakeEndpoint) State() uint32 { return uint32(e.state) }
func (e *fakeEndpoint) Abort()        { e.aborted, e.state = true, tcp.StateError }

// TestClosing closes many connections that end in their own time, and looks at
// what is ended for them.
func TestClosing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var c closing[fakeEndpoint, *fakeEndpoint]
	var all []*fakeEndpoint
	for range 5 * maxClosing {
		e := &fakeEndpoint{state: tcp.StateTimeWait}
		if r.IntN(4) == 0 {
			e.state = tcp.StateFinWait1
		}
		all = append(all, e)
		c.add(e)
		if old := all[r.IntN(len(all))]; r.IntN(2) == 0 && old.state != tcp.StateError {
			old.state = tcp.StateClose
		}
		if c.n > maxOrphans {
			t.Fatalf("%d connections are kept, want at most %d", c.n, maxOrphans)
		}
	}
	inTimeWait := 0
	for _, e := range all {
		if e.state == tcp.StateTimeWait {
			inTimeWait++
		}
	}
	if inTimeWait > maxClosing {
		t.Errorf("%d connections in TIME-WAIT, want at most %d", inTimeWait, maxClosing)
	}
	// The order is that of closing.
	last := -1
	index := map[*fakeEndpoint]int{}
	for i, e := range all {
		index[e] = i
	}
	for c.n > 0 {
		e := c.pop()
		if e.state != tcp.StateTimeWait {
			continue
		}
		if i := index[e]; i < last {
			t.Fatalf("connection %d comes after %d", i, last)
		}
		last = index[e]
	}
}

// TestClosingForgets: the queue does not keep what has ended.
func TestClosingForgets(t *testing.T) {
	var c closing[fakeEndpoint, *fakeEndpoint]
	gone := make(chan bool, 1)
	func() {
		e := &fakeEndpoint{state: tcp.StateTimeWait}
		runtime.AddCleanup(e, func(int) { gone <- true }, 0)
		c.add(e)
	}()
	runtime.GC()
	<-gone
	kept := &fakeEndpoint{state: tcp.StateTimeWait}
	c.add(kept)
	if c.n != 1 {
		t.Errorf("%d connections in the queue, want 1", c.n)
	}
	runtime.KeepAlive(kept)
}

// TestOrphansBound: connections that do not reach TIME-WAIT are reset in the end.
func TestOrphansBound(t *testing.T) {
	var c closing[fakeEndpoint, *fakeEndpoint]
	var all []*fakeEndpoint
	for range maxOrphans + 10 {
		e := &fakeEndpoint{state: tcp.StateFinWait1}
		all = append(all, e)
		c.add(e)
	}
	aborted := 0
	for _, e := range all {
		if e.aborted {
			aborted++
		}
	}
	runtime.KeepAlive(all)
	if c.n != maxOrphans || aborted != 10 {
		t.Errorf("%d kept and %d reset, want %d and 10", c.n, aborted, maxOrphans)
	}
}
