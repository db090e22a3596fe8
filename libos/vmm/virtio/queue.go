package virtio

import (
	"sync/atomic"
	"syscall"

	"unibench/libos/abi"
)

// Descriptor flags (2.7.5).
const (
	descNext     = 1
	descWrite    = 2
	descIndirect = 4
)

// Flags of the rings, which VIRTIO_F_EVENT_IDX replaces (2.7.6, 2.7.8).
const (
	availNoInterrupt = 1
	usedNoNotify     = 1
)

// queue is one split virtqueue. Guest memory is accessed in aligned words of 32
// and 64 bits, each of them once.
//
//	avail: [flags | idx<<16] [ring 0 | ring 1<<16] ... [used_event]
//	used:  [flags | idx<<16] [id 0] [len 0] ...        [avail_event]
type queue struct {
	number   int
	size     uint16
	mem      Memory
	eventIdx bool
	asked    bool   // to be notified
	flags    uint32 // of the used ring

	desc  []uint64
	avail []uint32
	used  []uint32

	last      uint16        // the index in avail to look at next
	next      uint16        // the index in used to fill next
	published uint16        // the index in used that the guest knows
	total     uint64        // buffers published
	told      uint64        // total when the guest was last told
	taken     atomic.Uint32 // last, for other threads
}

// init places a queue in b, which is abi.QueueBytes(size) long and a bit, and
// 8-aligned.
func (q *queue) init(number int, size uint16, b []byte, mem Memory) {
	n := uint64(size)
	q.number, q.size, q.mem = number, size, mem
	w, table := words(b, n*16)
	q.desc = table
	q.avail = w[abi.QueueAvail(n)/4:][:2+n/2]
	q.used = w[abi.QueueUsed(n)/4:][:2+2*n]
	q.eventIdx = true
	q.ask(false) // whatever the driver chooses: it need not tell of the first
}

func (q *queue) broken(what string, detail uint64) error {
	return &RingError{q.number, what, detail}
}

// waiting returns how many chains the guest has made available and nobody has
// taken. What it says can be wrong by what the guest does meanwhile.
func (q *queue) waiting() (int, error) {
	idx := uint16(atomic.LoadUint32(&q.avail[0]) >> 16)
	n := idx - q.last
	if n > q.size {
		return 0, q.broken("more buffers than the queue has", uint64(idx))
	}
	return int(n), nil
}

// hasWork is waiting for any thread.
func (q *queue) hasWork() bool {
	return uint16(atomic.LoadUint32(&q.avail[0])>>16) != uint16(q.taken.Load())
}

// chain is a chain that was taken.
type chain struct {
	head        uint16
	descriptors int
	length      uint64 // of all its buffers
}

// take takes the next chain, of which there is one, and appends its pieces to v.
// They are for the device to write, or all for it to read; adjacent ones are
// merged.
func (q *queue) take(v []syscall.Iovec, write bool) (out []syscall.Iovec, c chain, err error) {
	slot := q.last & (q.size - 1)
	c.head = uint16(atomic.LoadUint32(&q.avail[1+slot/2]) >> (slot % 2 * 16))
	first := len(v)
	for i := c.head; ; {
		if i >= q.size {
			return v, c, q.broken("descriptor number beyond the table", uint64(i))
		}
		if c.descriptors == int(q.size) {
			return v, c, q.broken("descriptor chain with a loop", uint64(c.head))
		}
		c.descriptors++
		addr, word := atomic.LoadUint64(&q.desc[2*i]), atomic.LoadUint64(&q.desc[2*i+1])
		n, flags := word&0xffffffff, word>>32&0xffff
		if flags&descIndirect != 0 {
			return v, c, q.broken("indirect descriptor", uint64(i))
		}
		if flags&descWrite != 0 != write {
			return v, c, q.broken("descriptor of the wrong direction", uint64(i))
		}
		if n > 0 {
			b, ok := q.buffer(addr, n, write)
			if !ok {
				return v, c, q.broken("buffer outside of the guest's memory", addr)
			}
			piece := Vector(b)
			if k := len(v); k > first && follows(v[k-1], piece) {
				v[k-1].Len += n
			} else {
				v = append(v, piece)
			}
			c.length += n
		}
		if flags&descNext == 0 {
			break
		}
		i = uint16(word >> 48)
	}
	q.last++
	return v, c, nil
}

func (q *queue) buffer(addr, n uint64, write bool) ([]byte, bool) {
	if write {
		return q.mem.Writable(addr, n)
	}
	return q.mem.Readable(addr, n)
}

// untake gives back the chain that was taken last.
func (q *queue) untake() { q.last-- }

// put fills the next used element. The guest sees it once publish is called.
func (q *queue) put(head uint16, written uint32) {
	slot := int(q.next & (q.size - 1))
	atomic.StoreUint32(&q.used[1+2*slot], uint32(head))
	atomic.StoreUint32(&q.used[2+2*slot], written)
	q.next++
}

// publish moves the used index, which pairs with the driver's load of it, to
// behind what was put.
func (q *queue) publish() {
	if q.next == q.published {
		return
	}
	q.total += uint64(q.next - q.published)
	q.published = q.next
	atomic.StoreUint32(&q.used[0], uint32(q.next)<<16|q.flags)
}

// pending reports whether the driver wants to be told of what was published
// since it was told last (2.7.7.2). Since it is not always told at once, the
// distance may be more than an index can express: the last buffers decide then.
func (q *queue) pending() bool {
	n := q.total - q.told
	if n == 0 {
		return false
	}
	if !q.eventIdx {
		return atomic.LoadUint32(&q.avail[0])&availNoInterrupt == 0
	}
	if n > 0xffff {
		n = uint64(q.size)
	}
	event := uint16(atomic.LoadUint32(&q.avail[1+q.size/2]))
	return uint64(q.published-event-1) < n
}

// ask makes the driver notify the device of the next buffer (2.7.10), or not.
// The guest sees this before whatever is read afterwards: stores of package
// atomic are full barriers.
func (q *queue) ask(notify bool) {
	q.asked = notify
	switch {
	case q.eventIdx && notify:
		atomic.StoreUint32(&q.used[1+2*int(q.size)], uint32(q.last))
	case q.eventIdx:
		// Half the range of indices away: refreshed long before it gets there.
		atomic.StoreUint32(&q.used[1+2*int(q.size)], uint32(q.last+1<<15))
	default:
		q.flags = usedNoNotify
		if notify {
			q.flags = 0
		}
		atomic.StoreUint32(&q.used[0], uint32(q.published)<<16|q.flags)
	}
}
