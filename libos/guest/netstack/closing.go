package netstack

import (
	"sync"
	"weak"

	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// closing is the queue of connections that the program has closed, oldest first:
// a bound on the memory of those that wait in TIME-WAIT or for a peer. It does not
// keep those that have ended by themselves.
type closing[E any, P closable[E]] struct {
	mu   sync.Mutex
	list []weak.Pointer[E] // a ring: n endpoints from head on
	head int
	n    int
}

// closable is what the queue needs of a *tcp.Endpoint.
type closable[E any] interface {
	*E
	State() uint32
	Abort()
}

// add puts an endpoint at the end, and ends the oldest if there are too many.
func (c *closing[E, P]) add(ep P) {
	if ended[E](ep) {
		return
	}
	c.mu.Lock()
	for c.n > 0 && ended[E](P(c.list[c.head].Value())) {
		c.pop()
	}
	// Two at a time, so that the queue shrinks again after it had to grow.
	var victims [2]P
	for i := 0; i < len(victims) && c.n >= maxClosing; i++ {
		v := c.pop()
		if ended[E](v) {
			continue
		}
		if tcp.EndpointState(v.State()) != tcp.StateTimeWait && c.n+1 < maxOrphans {
			c.push(v) // it still has something to send, or to wait for
			continue
		}
		victims[i] = v
	}
	c.push(ep)
	c.mu.Unlock()
	for _, v := range victims {
		if v != nil {
			v.Abort()
		}
	}
}

// ended reports whether nothing is left of a connection.
func ended[E any, P closable[E]](ep P) bool {
	if ep == nil {
		return true
	}
	switch tcp.EndpointState(ep.State()) {
	case tcp.StateClose, tcp.StateError:
		return true
	}
	return false
}

func (c *closing[E, P]) pop() P {
	ep := c.list[c.head].Value()
	c.list[c.head] = weak.Pointer[E]{}
	c.head = (c.head + 1) & (len(c.list) - 1)
	c.n--
	return ep
}

func (c *closing[E, P]) push(ep P) {
	if c.n == len(c.list) {
		grown := make([]weak.Pointer[E], max(64, 2*c.n))
		n := copy(grown, c.list[min(c.head, c.n):])
		copy(grown[n:], c.list[:min(c.head, c.n)])
		c.list, c.head = grown, 0
	}
	c.list[(c.head+c.n)&(len(c.list)-1)] = weak.Make((*E)(ep))
	c.n++
}
