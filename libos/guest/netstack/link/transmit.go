package link

import (
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"unibench/libos/guest/virtio"
)

const (
	// maxPieces is in how many pieces a packet is sent at most.
	maxPieces = 32
	// maxBacklog is how many packets wait for room in a queue.
	maxBacklog = 1024
	// reclaimBatch is how many packets are released at a time.
	reclaimBatch = 32
)

// transmitter puts packets into one transmit queue. Its lock is held for a few
// descriptors at a time, never while something is released or the device is
// notified.
type transmitter struct {
	e    *Endpoint
	wake chan struct{} // to the completer, with room for one
	// prompt is set while packets are to be released without delay.
	prompt atomic.Bool

	mu      sync.Mutex
	q       *virtio.Queue[*stack.PacketBuffer]
	pieces  [][]byte // of the packet in hand
	backlog backlog
	closed  bool
	watch   [1]virtio.Watch // the completer's own
}

func newTransmitter(e *Endpoint, queue int) (*transmitter, error) {
	q, err := virtio.NewQueue[*stack.PacketBuffer](e.dev, queue)
	if err != nil {
		return nil, err
	}
	return &transmitter{e: e, q: q, wake: make(chan struct{}, 1), pieces: make([][]byte, 0, maxPieces)}, nil
}

// WritePackets implements stack.LinkWriter: ErrNoBufferSpace for a packet that
// finds neither queue nor backlog with room for it.
func (e *Endpoint) WritePackets(pkts stack.PacketBufferList) (int, tcpip.Error) {
	list, sent := pkts.AsSlice(), 0
	for sent < len(list) {
		t, n := e.transmitter(list[sent]), 1
		for sent+n < len(list) && e.transmitter(list[sent+n]) == t {
			n++
		}
		n, err := t.send(list[sent : sent+n])
		sent += n
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}

// send prepares and sends packets, and returns how many it has taken.
func (t *transmitter) send(list []*stack.PacketBuffer) (sent int, err tcpip.Error) {
	now := t.e.dev.Time()
	var bytes uint64
	var room [4]*stack.PacketBuffer
	ready := append(room[:0], list...)
	for i, pkt := range ready {
		bytes += uint64(pkt.Size())
		ready[i] = t.e.prepare(pkt)
	}
	t.mu.Lock()
	for sent < len(ready) && t.put(ready[sent]) {
		sent++
	}
	t.q.Publish(now)
	notify := t.q.NeedNotify()
	tidy := t.q.Free() < t.q.Size()/2 || t.q.Late(now)
	t.mu.Unlock()

	if notify {
		t.e.dev.Notify(t.q.Number())
	}
	if tidy {
		t.reclaim(now)
	}
	stats := t.e.dev.Stats()
	if lost := ready[sent:]; len(lost) > 0 {
		for _, pkt := range lost {
			bytes -= uint64(pkt.Size() - virtio.HeaderSize)
			pkt.DecRef()
		}
		atomic.AddUint64(&stats.Dropped, uint64(len(lost)))
		err = &tcpip.ErrNoBufferSpace{}
	}
	atomic.AddUint64(&stats.TxFrames, uint64(sent))
	atomic.AddUint64(&stats.TxBytes, bytes)
	return sent, err
}

// put gives a prepared packet to the queue, or to the backlog, which keeps the
// order. It is called with the lock.
func (t *transmitter) put(pkt *stack.PacketBuffer) bool {
	if t.closed || t.q.Err() != nil {
		return false
	}
	return t.backlog.n == 0 && t.add(pkt) || t.backlog.push(pkt)
}

// add gives a prepared packet to the queue. It is called with the lock.
func (t *transmitter) add(pkt *stack.PacketBuffer) bool {
	t.pieces = appendPieces(t.pieces[:0], pkt)
	return t.q.Add(t.pieces, nil, pkt)
}

// reclaim releases the packets that the device has used, and lets the backlog
// follow. It notifies a device that still has not touched what is late.
func (t *transmitter) reclaim(now int64) {
	var used [reclaimBatch]*stack.PacketBuffer
	for range t.q.Size()/reclaimBatch + 1 {
		t.mu.Lock()
		n := t.pop(used[:])
		t.follow(now)
		notify := false
		if n < len(used) {
			notify = t.q.NeedNotifyAt(now)
		} else {
			notify = t.q.NeedNotify()
		}
		t.mu.Unlock()
		if notify {
			t.e.dev.Notify(t.q.Number())
		}
		for _, pkt := range used[:n] {
			pkt.DecRef()
		}
		if n < len(used) {
			return
		}
	}
}

// lazyReclaim is reclaim for somebody who is awake anyway, if nobody else is at
// it.
func (t *transmitter) lazyReclaim() {
	if !t.mu.TryLock() {
		return
	}
	busy := t.q.InFlight() > 0
	t.mu.Unlock()
	if busy {
		t.reclaim(t.e.dev.Time())
	}
}

// pop takes used packets back. It is called with the lock.
func (t *transmitter) pop(used []*stack.PacketBuffer) (n int) {
	for n < len(used) {
		pkt, _, ok := t.q.Pop()
		if !ok {
			break
		}
		used[n] = pkt
		n++
	}
	t.q.Disarm()
	return n
}

// follow moves packets from the backlog into the queue, and wakes the completer
// if some are left. It is called with the lock.
func (t *transmitter) follow(now int64) {
	for t.backlog.n > 0 && t.add(t.backlog.front()) {
		t.backlog.pop()
	}
	t.q.Publish(now)
	if t.backlog.n > 0 {
		t.rouse()
	}
}
