package virtio_test

import (
	"encoding/binary"
	"testing"

	"unibench/libos/abi"
	"unibench/libos/vmm/virtio"
	"unibench/libos/vmm/virtio/virtiotest"
)

var le = binary.LittleEndian

// flat is a guest's memory: addresses are offsets, the first half is read-only,
// and address 0 is nowhere.
type flat []byte

func (m flat) Readable(gpa, n uint64) ([]byte, bool) {
	if gpa == 0 || gpa > uint64(len(m)) || n > uint64(len(m))-gpa {
		return nil, false
	}
	return m[gpa : gpa+n : gpa+n], true
}

func (m flat) Writable(gpa, n uint64) ([]byte, bool) {
	if gpa < uint64(len(m)/2) {
		return nil, false
	}
	return m.Readable(gpa, n)
}

// guest is a driver that does what the test says, right or wrong. It writes the
// queues byte by byte, as virtio 1.2 section 2.7 draws them.
type guest struct {
	t      testing.TB
	mem    flat
	shared *abi.NetShared
	rings  []byte
	size   int
	stride int
	dev    *virtio.Net
	wire   *virtiotest.Wire

	avail, used [2]uint16
}

const (
	readOnly = 0x1000  // addresses for buffers
	readWrit = 0x40000 // the writable half
	memBytes = 0x80000

	allOffloads = abi.NetFeatureCSum | abi.NetFeatureGuestCSum | abi.NetFeatureGuestTSO4 | abi.NetFeatureGuestTSO6 |
		abi.NetFeatureHostTSO4 | abi.NetFeatureHostTSO6 | abi.NetFeatureGuestUSO4 | abi.NetFeatureGuestUSO6 | abi.NetFeatureHostUSO
	mtu = 1500
)

func newGuest(t testing.TB, size int) *guest {
	t.Helper()
	g := &guest{t: t, mem: make(flat, memBytes), shared: new(abi.NetShared), size: size, wire: &virtiotest.Wire{Offloads: allOffloads}}
	g.stride = int(virtio.QueueStride(size)+63) &^ 63
	g.rings = make([]byte, 2*g.stride)
	var err error
	g.dev, err = virtio.New(virtio.Config{
		Memory: g.mem, Shared: g.shared, Rings: g.rings, Size: size, Stride: g.stride, MTU: mtu, Backends: []virtio.Backend{g.wire},
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// start is newGuest, and the driver has accepted features.
func start(t testing.TB, size int, features uint64) *guest {
	t.Helper()
	g := newGuest(t, size)
	g.shared.Accepted, g.shared.Ready = features, 1
	if ok, err := g.dev.Start(); !ok || err != nil {
		t.Fatalf("Start() = %t, %v", ok, err)
	}
	return g
}

func (g *guest) pair() *virtio.Pair { return g.dev.Pairs()[0] }

func (g *guest) queue(q int) []byte { return g.rings[q*g.stride:][:g.stride] }

func (g *guest) availRing(q int) []byte { return g.queue(q)[abi.QueueAvail(uint64(g.size)):] }
func (g *guest) usedRing(q int) []byte  { return g.queue(q)[abi.QueueUsed(uint64(g.size)):] }

// desc writes descriptor i of queue q.
func (g *guest) desc(q, i int, addr uint64, n uint32, flags, next uint16) {
	d := g.queue(q)[16*i:]
	le.PutUint64(d, addr)
	le.PutUint32(d[8:], n)
	le.PutUint16(d[12:], flags)
	le.PutUint16(d[14:], next)
}

// add makes the chain that begins with descriptor head available.
func (g *guest) add(q int, head uint16) {
	a := g.availRing(q)
	le.PutUint16(a[4+2*(int(g.avail[q])%g.size):], head)
	g.avail[q]++
	le.PutUint16(a[2:], g.avail[q])
}

// take returns the next used element.
func (g *guest) take(q int) (id, n uint32, ok bool) {
	u := g.usedRing(q)
	if le.Uint16(u[2:]) == g.used[q] {
		return 0, 0, false
	}
	e := u[4+8*(int(g.used[q])%g.size):]
	g.used[q]++
	return le.Uint32(e), le.Uint32(e[4:]), true
}

// event writes the event index of queue q: tell me when used passes i.
func (g *guest) event(q int, i uint16) { le.PutUint16(g.availRing(q)[4+2*g.size:], i) }

// availEvent reads what the device asks for.
func (g *guest) availEvent(q int) uint16 { return le.Uint16(g.usedRing(q)[4+8*g.size:]) }

// Flags of descriptors.
const (
	next     = 1
	write    = 2
	indirect = 4
)

// Queues.
const (
	rx = 0
	tx = 1
)

// pump is one Pump that must succeed.
func (g *guest) pump() int {
	g.t.Helper()
	n, err := g.pair().Pump()
	if err != nil {
		g.t.Fatalf("Pump: %v", err)
	}
	return n
}

// frame is a header of zeroes and n bytes that depend on seed.
func frame(n int, seed byte) []byte {
	b := make([]byte, virtio.HeaderSize+n)
	for i := range n {
		b[virtio.HeaderSize+i] = seed + byte(i*7)
	}
	return b
}
