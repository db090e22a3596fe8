package link

import (
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// complete is the completer's goroutine. While there is a backlog, or somebody
// waits for packets to be released, it waits for the device to use them;
// otherwise it waits to be woken.
func (t *transmitter) complete() {
	for range t.wake {
		for t.waits() {
			t.e.dev.Wait(t.watch[:])
			t.reclaim(t.e.dev.Time())
		}
	}
}

// waits sets the watch, and reports whether to wait for it: whether the queue is
// open and sound, and something depends on what the device uses next.
func (t *transmitter) waits() bool {
	var dead backlog
	defer dead.drop()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.q.Err() != nil {
		dead, t.backlog = t.backlog, backlog{}
	}
	flying := t.q.InFlight()
	if t.closed || t.q.Err() != nil || flying == 0 || t.backlog.n == 0 && !t.prompt.Load() {
		t.prompt.Store(false)
		return false
	}
	// Half of what the device has makes a good batch. If something is used
	// already, the watch has changed and Wait returns at once.
	t.q.Arm((flying - 1) / 2)
	t.watch[0] = t.q.Watch()
	return true
}

// ReleaseSoon makes the endpoint release the packets that were sent so far soon
// after the device has used them, even if nothing is sent or received after them:
// for a sender that waits for its memory. It costs a goroutine's wake-up or two
// for each batch.
func (e *Endpoint) ReleaseSoon() {
	for _, t := range e.transmitters {
		// If it is set already, the completer has yet to see, under the lock,
		// that nothing is in flight, which the packets in question are.
		if t.prompt.CompareAndSwap(false, true) {
			t.mu.Lock()
			t.rouse()
			t.mu.Unlock()
		}
	}
}

// rouse wakes the completer. It is called with the lock.
func (t *transmitter) rouse() {
	if t.closed {
		return
	}
	select {
	case t.wake <- struct{}{}:
	default:
	}
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
