package netstack

import (
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// closing is the queue of connections that the program has closed, oldest first:
// a bound on the memory of those that wait in TIME-WAIT or for a peer.
type closing struct {
	mu   sync.Mutex
	list []tcpip.Endpoint // a ring: count endpoints from head on
	head int
	n    int
}

// add puts an endpoint at the end, and ends the oldest if there are too many.
func (c *closing) add(ep tcpip.Endpoint) {
	if ended(ep) {
		return
	}
	c.mu.Lock()
	if c.list == nil {
		c.list = make([]tcpip.Endpoint, 64)
	}
	// Those that have ended by themselves leave when they are at the front.
	for c.n > 0 && ended(c.list[c.head]) {
		c.pop()
	}
	var victim tcpip.Endpoint
	if c.n >= maxClosing {
		victim = c.pop()
		if tcp.EndpointState(victim.State()) != tcp.StateTimeWait && c.n < maxOrphans {
			c.push(victim) // it still has something to send, or to wait for
			victim = nil
		}
	}
	c.push(ep)
	c.mu.Unlock()
	if victim != nil {
		victim.Abort()
	}
}

// ended reports whether nothing is left of a connection.
func ended(ep tcpip.Endpoint) bool {
	switch tcp.EndpointState(ep.State()) {
	case tcp.StateClose, tcp.StateError:
		return true
	}
	return false
}

func (c *closing) pop() tcpip.Endpoint {
	ep := c.list[c.head]
	c.list[c.head] = nil
	c.head = (c.head + 1) & (len(c.list) - 1)
	c.n--
	return ep
}

func (c *closing) push(ep tcpip.Endpoint) {
	if c.n == len(c.list) {
		grown := make([]tcpip.Endpoint, 2*c.n)
		n := copy(grown, c.list[c.head:])
		copy(grown[n:], c.list[:c.head])
		c.list, c.head = grown, 0
	}
	c.list[(c.head+c.n)&(len(c.list)-1)] = ep
	c.n++
}
