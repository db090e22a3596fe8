package vmm

import (
	"sync/atomic"
	"unsafe"

	"unibench/libos/abi"
)

// netGuest is the driver of a guest made by hand: one queue pair, transmit
// buffers from the start of RAM, receive buffers after them. Its methods are
// called on vCPU threads, by one at a time.
type netGuest struct {
	m      *Machine
	shared *abi.NetShared
	q      [2]netQueue
	copies [][]byte // of frames received
}

type netQueue struct {
	size        int
	desc        []uint64
	avail, used []uint32
	buffers     uint64
	added, seen uint16
	asked       uint16 // added when the device's wish was last read
}

const netBuffer = 2048

func words32(b []byte) []uint32 {
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

// newNetGuest finds the device by what BootInfo says.
func newNetGuest(m *Machine, pair int) *netGuest {
	info := &m.mem.bootInfo().Net
	g := &netGuest{m: m, shared: m.mem.netShared(info.Shared)}
	n := uint64(info.QueueSize)
	for i := range g.q {
		number := uint64(2*pair + i)
		base := info.Rings + number*info.Stride
		whole := words32(m.mem.bytes[base : base+info.Stride])
		g.q[i] = netQueue{
			size: int(n), desc: m.mem.words(base, int(2*n)),
			avail: whole[abi.QueueAvail(n)/4:], used: whole[abi.QueueUsed(n)/4:],
			buffers: m.lay.memStart + number*n*netBuffer,
		}
	}
	return g
}

// begin fills the receive queue and starts the device.
func (g *netGuest) begin(features uint64) {
	for range 64 {
		g.add(0, netBuffer, 2)
	}
	atomic.StoreUint64(&g.shared.Accepted, features|abi.FeatureVersion1|abi.FeatureEventIdx|abi.NetFeatureMrgRxBuf)
	atomic.StoreUint32(&g.shared.Ready, 1)
}

// add makes the next buffer of queue q available.
func (g *netGuest) add(q int, n uint32, flags uint16) {
	u := &g.q[q]
	i := int(u.added) % u.size
	atomic.StoreUint64(&u.desc[2*i], u.buffers+uint64(i)*netBuffer)
	atomic.StoreUint64(&u.desc[2*i+1], uint64(n)|uint64(flags)<<32)
	w := &u.avail[1+i/2]
	shift := i % 2 * 16
	atomic.StoreUint32(w, atomic.LoadUint32(w)&^(0xffff<<shift)|uint32(i)<<shift)
	u.added++
	atomic.StoreUint32(&u.avail[0], uint32(u.added)<<16)
}

// send transmits a frame, without an offload.
func (g *netGuest) send(frame []byte) {
	u := &g.q[1]
	b := g.m.mem.bytes[u.buffers+uint64(int(u.added)%u.size)*netBuffer:][:netBuffer]
	clear(b[:12])
	n := copy(b[12:], frame)
	g.add(1, uint32(12+n), 0)
}

// received copies the frames that came, of one buffer each, and makes their
// buffers available again. It returns how many there were.
func (g *netGuest) received() (n int) {
	u := &g.q[0]
	for uint16(atomic.LoadUint32(&u.used[0])>>16) != u.seen {
		i := int(u.seen) % u.size
		id, length := atomic.LoadUint32(&u.used[1+2*i]), atomic.LoadUint32(&u.used[2+2*i])
		b := g.m.mem.bytes[u.buffers+uint64(id)*netBuffer:][:length]
		g.copies = append(g.copies, append([]byte(nil), b[12:]...))
		u.seen++
		n++
		g.add(0, netBuffer, 2)
	}
	return n
}

// arm asks to be told of the next frame, and reports whether there is none yet.
func (g *netGuest) arm() bool {
	u := &g.q[0]
	atomic.StoreUint32(&u.avail[1+u.size/2], uint32(u.seen))
	return uint16(atomic.LoadUint32(&u.used[0])>>16) == u.seen
}

// wanted reports whether the device asks to be notified of what was sent since
// the last call.
func (g *netGuest) wanted() bool {
	u := &g.q[1]
	event := uint16(atomic.LoadUint32(&u.used[1+2*u.size]))
	old := u.asked
	u.asked = u.added
	return u.added-event-1 < u.added-old
}

// sent returns how many transmitted buffers came back, by their count.
func (g *netGuest) sent() uint16 { return uint16(atomic.LoadUint32(&g.q[1].used[0]) >> 16) }

func (g *netGuest) polling() bool { return atomic.LoadUint32(&g.shared.Polling) != 0 }

// last reports whether a frame asks to end: a byte of 0xff after the EtherType.
func last(frame []byte) bool { return len(frame) > 14 && frame[14] == 0xff }
