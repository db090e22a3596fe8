package virtio

import (
	"errors"
	"sync/atomic"
)

// Why a queue was stopped: the device wrote what cannot be.
var (
	ErrUsedIndex  = errors.New("virtio: the device used more buffers than it was given: report it as a fault of the monitor")
	ErrUsedID     = errors.New("virtio: the device used a buffer that it was not given: report it as a fault of the monitor")
	ErrUsedLength = errors.New("virtio: the device wrote more than a buffer holds: report it as a fault of the monitor")
)

// Flags of the rings, in use without event indices.
const (
	availNoInterrupt = 1 // the device need not tell of used buffers
	usedNoNotify     = 1 // the driver need not tell of available ones
)

// chain is what the driver knows of a chain of descriptors, by its head. The
// descriptor table itself is never read: the device can write there.
type chain[T any] struct {
	cookie   T
	last     uint16 // its last descriptor
	count    uint16 // of descriptors, 0: not in use
	capacity uint32 // bytes that the device may write
}

// Queue is the driver's side of a split virtqueue. T is what the caller gets
// back with a used buffer.
type Queue[T any] struct {
	*ring
	net    *Net
	number int
	mask   uint16
	events bool // event indices instead of flags

	chains []chain[T]
	next   []uint16 // free descriptors, and those of each chain
	first  uint16   // first free descriptor
	free   uint16

	added     uint16  // chains added, a running count as all of these
	published uint16  // of them, given to the device
	asked     uint16  // published when NeedNotify was last called
	used      uint16  // used index as last read
	seen      uint16  // chains taken back
	event     uint16  // used event, as last written
	flags     uint32  // of the available ring
	stamps    []int64 // time of Publish, by running count
	err       error
}

// NewQueue makes the driver's side of queue number of n, 2*i being the receive
// queue of pair i and 2*i+1 its transmit queue. It is called once for each queue,
// after Accept and before Start.
func NewQueue[T any](n *Net, number int) (*Queue[T], error) {
	r, err := n.ring(number)
	if err != nil {
		return nil, err
	}
	size := uint16(n.info.QueueSize)
	q := &Queue[T]{
		ring: r, net: n, number: number, mask: size - 1, events: n.Has(featureEvents),
		chains: make([]chain[T], size), next: make([]uint16, size), stamps: make([]int64, size), free: size,
	}
	for i := range q.next {
		q.next[i] = uint16(i) + 1
	}
	if !q.events {
		q.flags = availNoInterrupt
	}
	atomic.StoreUint32(q.avail, q.flags)
	q.Disarm()
	return q, nil
}

// Number returns the queue's number, for Net.Notify.
func (q *Queue[T]) Number() int { return q.number }

// Size returns the number of descriptors.
func (q *Queue[T]) Size() int { return len(q.next) }

// Free returns how many descriptors are free.
func (q *Queue[T]) Free() int { return int(q.free) }

// InFlight returns how many chains the device or the used ring has.
func (q *Queue[T]) InFlight() int { return int(q.added - q.seen) }

// Err returns why the queue was stopped, or nil.
func (q *Queue[T]) Err() error { return q.err }

// Add makes a chain of buffers for the device to read, out, and to write, in,
// and reports whether there was room for it. Empty buffers are skipped. The
// device sees it after Publish.
func (q *Queue[T]) Add(out, in [][]byte, cookie T) bool {
	if len(out)+len(in) > int(q.free) || q.err != nil {
		return false
	}
	c := chain[T]{cookie: cookie}
	head, at := q.first, q.first
	for _, b := range out {
		if len(b) != 0 {
			at = q.describe(&c, at, b, descNext)
		}
	}
	for _, b := range in {
		if len(b) != 0 {
			at = q.describe(&c, at, b, descNext|descWrite)
			c.capacity += uint32(len(b))
		}
	}
	if c.count == 0 {
		return false
	}
	q.desc[c.last].flags &^= descNext
	q.first = at
	q.free -= c.count
	q.chains[head] = c
	q.setHead(q.added&q.mask, head)
	q.added++
	return true
}

// describe fills in free descriptor at and returns the next free one.
func (q *Queue[T]) describe(c *chain[T], at uint16, b []byte, flags uint16) uint16 {
	next := q.next[at]
	q.desc[at] = descriptor{addr: address(b), len: uint32(len(b)), flags: flags, next: next}
	c.last = at
	c.count++
	return next
}

// Publish gives the device what was added since the last time. now goes with it,
// for Oldest.
//
// The store of the index is the only one that the device waits for. It releases
// the descriptors and heads written before; being an exchange on x86, it is also
// the full barrier that 2.7.13.4.1 wants before the read of the event index in
// NeedNotify.
func (q *Queue[T]) Publish(now int64) {
	if q.published == q.added {
		return
	}
	for i := q.published; i != q.added; i++ {
		q.stamps[i&q.mask] = now
	}
	q.published = q.added
	atomic.StoreUint32(q.avail, q.flags|uint32(q.published)<<16)
}

// NeedNotify reports whether the device asks to be told of what was published
// since the last call (2.7.10).
func (q *Queue[T]) NeedNotify() bool {
	old := q.asked
	q.asked = q.published
	if old == q.asked {
		return false
	}
	if !q.events {
		return q.usedFlags()&usedNoNotify == 0
	}
	event := uint16(atomic.LoadUint32(q.availEvent))
	return q.asked-event-1 < q.asked-old
}

// Pop takes back a chain that the device has used, with the number of bytes that
// it says it has written there. ok is false if there is none, or the queue was
// stopped.
func (q *Queue[T]) Pop() (cookie T, written int, ok bool) {
	if q.seen == q.used && !q.look() {
		return cookie, 0, false
	}
	id, n := q.elem(q.seen & q.mask)
	if id >= uint32(len(q.chains)) || q.chains[id].count == 0 {
		q.stop(ErrUsedID)
		return cookie, 0, false
	}
	c := &q.chains[id]
	// What is written in a chain that is only for reading says nothing: some
	// devices count the header there.
	if c.capacity == 0 {
		n = 0
	} else if n > c.capacity {
		q.stop(ErrUsedLength)
		return cookie, 0, false
	}
	cookie = c.cookie
	q.next[c.last] = q.first
	q.first = uint16(id)
	q.free += c.count
	*c = chain[T]{}
	q.seen++
	return cookie, int(n), true
}

// look reads the used index and reports whether it has moved.
func (q *Queue[T]) look() bool {
	if q.err != nil {
		return false
	}
	used := q.usedIndex()
	if used-q.seen > q.published-q.seen {
		q.stop(ErrUsedIndex)
		return false
	}
	q.used = used
	return used != q.seen
}

// stop ends the use of the queue: what the device holds stays with it.
func (q *Queue[T]) stop(err error) {
	q.err = err
	q.used = q.seen
	q.net.drop(1)
}

// Oldest returns the time at which the oldest chain that was not taken back was
// published. Devices use chains in order, or nearly so.
func (q *Queue[T]) Oldest() (stamp int64, ok bool) {
	if q.seen == q.published {
		return 0, false
	}
	return q.stamps[q.seen&q.mask], true
}

// Restamp sets the time that Oldest returns.
func (q *Queue[T]) Restamp(now int64) { q.stamps[q.seen&q.mask] = now }

// Arm asks the device to tell when it has used the chain that comes after skip
// others, and reports whether there is still nothing to Pop: then the caller may
// wait for Watch. It is a full barrier between the two, as in Publish.
func (q *Queue[T]) Arm(skip int) bool {
	if q.events {
		q.event = q.seen + uint16(skip)
		atomic.StoreUint32(q.usedEvent, uint32(q.event))
	} else {
		q.flags = 0
		atomic.StoreUint32(q.avail, uint32(q.published)<<16)
	}
	return q.seen == q.used && !q.look() && q.err == nil
}

// Disarm takes back Arm, or keeps the device quiet where there was none; to be
// called now and then, at least once for every 16384 chains.
//
// The event index goes half of the range ahead, not just behind as some drivers
// have it: a device may take an index behind for one that it has passed and not
// told of yet.
func (q *Queue[T]) Disarm() {
	switch {
	case !q.events && q.flags == 0:
		q.flags = availNoInterrupt
		atomic.StoreUint32(q.avail, q.flags|uint32(q.published)<<16)
	case q.events && q.event-q.seen-farEvent/2 > farEvent/2:
		q.event = q.seen + farEvent
		atomic.StoreUint32(q.usedEvent, uint32(q.event))
	}
}

// farEvent is how far ahead an event index is that is not to be reached.
const farEvent = 1 << 15

// Watch returns what to wait for: the device moves the index.
func (q *Queue[T]) Watch() Watch { return Watch{Index: q.indexPointer(), Seen: q.seen} }
