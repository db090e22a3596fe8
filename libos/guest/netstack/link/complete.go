package link

import (
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// complete is the completer's goroutine. While there is a backlog it waits for
// the device to use packets; otherwise it waits to be woken.
func (t *transmitter) complete() {
	for range t.wake {
		for t.waitsForRoom() {
			t.e.dev.Wait(t.watch[:])
			t.reclaim(t.e.dev.Time())
		}
	}
}

// waitsForRoom sets the watch, and reports whether to wait for it: whether there
// is a backlog that an open, sound queue has no room for.
func (t *transmitter) waitsForRoom() bool {
	var dead backlog
	defer dead.drop()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.q.Err() != nil {
		dead, t.backlog = t.backlog, backlog{}
	}
	if t.closed || t.backlog.n == 0 {
		return false
	}
	// Half of what the device has makes a good batch. If something is used
	// already, the watch has changed and Wait returns at once.
	t.q.Arm(t.q.InFlight() / 2)
	t.watch[0] = t.q.Watch()
	return true
}

// close lets the completer end. What the device has stays with it.
func (t *transmitter) close() {
	t.mu.Lock()
	t.closed = true
	dead := t.backlog
	t.backlog = backlog{}
	close(t.wake)
	t.mu.Unlock()
	dead.drop()
}

// backlog is a queue of packets, bounded by maxBacklog.
type backlog struct {
	ring []*stack.PacketBuffer // made when first used
	head int
	n    int
}

func (b *backlog) push(pkt *stack.PacketBuffer) bool {
	if b.n == maxBacklog {
		return false
	}
	if b.ring == nil {
		b.ring = make([]*stack.PacketBuffer, maxBacklog)
	}
	b.ring[(b.head+b.n)%maxBacklog] = pkt
	b.n++
	return true
}

func (b *backlog) front() *stack.PacketBuffer { return b.ring[b.head] }

func (b *backlog) pop() {
	b.ring[b.head] = nil
	b.head = (b.head + 1) % maxBacklog
	b.n--
}

// drop releases all, which may run anything: not with the transmitter's lock.
func (b *backlog) drop() {
	for b.n > 0 {
		pkt := b.front()
		b.pop()
		pkt.DecRef()
	}
}
