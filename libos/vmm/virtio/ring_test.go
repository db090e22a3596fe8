package virtio_test

import (
	"errors"
	"strings"
	"testing"

	"unibench/libos/abi"
	"unibench/libos/vmm/virtio"
	"unibench/libos/vmm/virtio/virtiotest"
)

// TestBrokenRings: each thing that only a broken or hostile driver does ends the
// use of the device, with an error that says what it was.
func TestBrokenRings(t *testing.T) {
	const beyond = memBytes
	for _, c := range []struct {
		name string
		do   func(g *guest)
		want string // "" if it is allowed
	}{
		{"more than the queue has", func(g *guest) { le.PutUint16(g.availRing(tx)[2:], 9) }, "virtqueue 1: more buffers than the queue has (0x9)"},
		{"index goes back", func(g *guest) { le.PutUint16(g.availRing(rx)[2:], 0xffff) }, "virtqueue 0: more buffers than the queue has (0xffff)"},
		{"head beyond the table", func(g *guest) { g.add(tx, 8) }, "virtqueue 1: descriptor number beyond the table (0x8)"},
		{"head far beyond", func(g *guest) { g.add(rx, 0xffff) }, "virtqueue 0: descriptor number beyond the table (0xffff)"},
		{"next beyond the table", func(g *guest) { g.desc(tx, 0, readOnly, 20, next, 8); g.add(tx, 0) }, "beyond the table (0x8)"},
		{"loop of one", func(g *guest) { g.desc(tx, 3, readOnly, 20, next, 3); g.add(tx, 3) }, "descriptor chain with a loop (0x3)"},
		{"loop of two", func(g *guest) {
			g.desc(rx, 0, readWrit, 20, write|next, 1)
			g.desc(rx, 1, readWrit, 20, write|next, 0)
			g.add(rx, 0)
		}, "descriptor chain with a loop"},
		{"whole table", func(g *guest) {
			for i := range 8 {
				g.desc(tx, i, readOnly, 20, next, uint16(i+1))
			}
			g.desc(tx, 7, readOnly, 20, 0, 0)
			g.add(tx, 0)
		}, ""},
		{"indirect", func(g *guest) { g.desc(tx, 0, readOnly, 32, indirect, 0); g.add(tx, 0) }, "indirect descriptor"},
		{"transmit buffer to write to", func(g *guest) { g.desc(tx, 0, readWrit, 32, write, 0); g.add(tx, 0) }, "wrong direction"},
		{"receive buffer to read", func(g *guest) { g.desc(rx, 0, readWrit, 2000, 0, 0); g.add(rx, 0) }, "wrong direction"},
		{"read from nowhere", func(g *guest) { g.desc(tx, 0, 0, 32, 0, 0); g.add(tx, 0) }, "buffer outside of the guest's memory (0x0)"},
		{"read across the end", func(g *guest) { g.desc(tx, 0, beyond-31, 32, 0, 0); g.add(tx, 0) }, "outside of the guest's memory"},
		{"read to the end", func(g *guest) { g.desc(tx, 0, beyond-32, 32, 0, 0); g.add(tx, 0) }, ""},
		{"address wraps", func(g *guest) { g.desc(tx, 0, ^uint64(0)-5, 32, 0, 0); g.add(tx, 0) }, "outside of the guest's memory"},
		{"length of all ones", func(g *guest) { g.desc(rx, 0, readWrit, ^uint32(0), write, 0); g.add(rx, 0) }, "outside of the guest's memory"},
		{"receive into read-only memory", func(g *guest) { g.desc(rx, 0, readOnly, 2000, write, 0); g.add(rx, 0) }, "virtqueue 0: buffer outside of the guest's memory (0x1000)"},
		{"receive across its end", func(g *guest) { g.desc(rx, 0, readWrit-1, 2000, write, 0); g.add(rx, 0) }, "outside of the guest's memory"},
		{"transmit from read-only memory", func(g *guest) { g.desc(tx, 0, readOnly, 80, 0, 0); g.add(tx, 0) }, ""},
		{"receive buffer of 11 bytes", func(g *guest) { g.desc(rx, 0, readWrit, 11, write, 0); g.add(rx, 0) }, "without room for a header (0xb)"},
		{"the same buffer twice", func(g *guest) { g.desc(rx, 0, readWrit, 2000, write, 0); g.add(rx, 0); g.add(rx, 0) }, ""},
		{"unknown flags", func(g *guest) { g.desc(tx, 0, readOnly, 80, 0xfff8, 0); g.add(tx, 0) }, ""},
	} {
		g := start(t, 8, basic)
		g.wire.Deliver(frame(60, 0))
		c.do(g)
		_, err := g.pair().Pump()
		var ring *virtio.RingError
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (!errors.As(err, &ring) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: error %v, want a RingError with %q", c.name, err, c.want)
		}
	}
}

// TestIndicesWrap: the 16-bit indices go round several times.
func TestIndicesWrap(t *testing.T) {
	g := start(t, 8, basic)
	for i := range 200_000 {
		g.desc(tx, i%8, readOnly, 80, 0, 0)
		g.add(tx, uint16(i%8))
		if g.pump() != 1 {
			t.Fatalf("frame %d was not moved", i)
		}
		if id, _, ok := g.take(tx); !ok || id != uint32(i%8) {
			t.Fatalf("frame %d: used element %d, %t", i, id, ok)
		}
		if d := g.availEvent(tx) - g.avail[tx]; d < 0x2000 || d > 0x8000 {
			t.Fatalf("frame %d: a notification is asked for %d buffers from now", i, d)
		}
		g.wire.Sent()
	}
}

// TestPending is the table of when the driver is told of used buffers.
func TestPending(t *testing.T) {
	for _, c := range []struct {
		name  string
		event int // relative to what is used before
		used  int // buffers used then
		want  bool
	}{
		{"nothing used", 0, 0, false},
		{"first of one", 0, 1, true},
		{"first of three", 0, 3, true},
		{"third of three", 2, 3, true},
		{"fourth of three", 3, 3, false},
		{"already passed", -1, 3, false},
		{"far away", 0x7000, 3, false},
	} {
		for _, before := range []int{0, 3, 65534, 65536} {
			g := start(t, 8, basic)
			use := func(n int) {
				for range n {
					i := g.avail[tx] % 8
					g.desc(tx, int(i), readOnly, 80, 0, 0)
					g.add(tx, i)
					g.pump()
					g.wire.Sent()
				}
			}
			use(before)
			g.pair().Told()
			g.event(tx, uint16(before+c.event))
			use(c.used)
			if got := g.pair().Pending(); got != c.want {
				t.Errorf("%s after %d: Pending() = %t, want %t", c.name, before, got, c.want)
			}
			g.pair().Told()
			if g.pair().Pending() {
				t.Errorf("%s after %d: pending though told", c.name, before)
			}
		}
	}
}

// TestPendingLate: a driver that nobody told for a whole round of the index, and
// that waits for the last buffer, is told.
func TestPendingLate(t *testing.T) {
	for _, n := range []int{65535, 65536, 65537, 131072} {
		g := start(t, 8, basic)
		for i := range n {
			g.desc(tx, i%8, readOnly, 80, 0, 0)
			g.add(tx, uint16(i%8))
			g.pump()
			g.wire.Sent()
		}
		g.event(tx, uint16(n-1))
		if !g.pair().Pending() {
			t.Errorf("after %d buffers: the last one is not pending", n)
		}
		g.event(tx, uint16(n))
		if g.pair().Pending() && n > 65536 {
			t.Errorf("after %d buffers: pending though the driver has seen all", n)
		}
	}
}

// TestFlags: without event indices the flags of the rings count.
func TestFlags(t *testing.T) {
	g := start(t, 8, abi.FeatureVersion1)
	usedFlags := func(q int) uint16 { return le.Uint16(g.usedRing(q)) }
	if usedFlags(tx) != 1 || usedFlags(rx) != 1 {
		t.Error("the device wants notifications from the start")
	}
	g.send(frame(60, 0))
	g.pump()
	if !g.pair().Pending() || usedFlags(tx) != 1 {
		t.Error("a used buffer is not pending, or the flag was lost")
	}
	le.PutUint16(g.availRing(tx), 1) // VIRTQ_AVAIL_F_NO_INTERRUPT
	if g.pair().Pending() {
		t.Error("pending though the driver does not want to know")
	}
	g.wire.Deliver(frame(60, 0))
	g.pump()
	g.pair().Waits()
	if usedFlags(rx) != 0 {
		t.Error("the device does not ask for a receive buffer")
	}
	g.desc(rx, 0, readWrit, 2000, write, 0)
	g.add(rx, 0)
	if g.pump() != 1 {
		t.Error("the frame did not come")
	}
}

func TestStart(t *testing.T) {
	const needed = abi.FeatureVersion1
	for _, c := range []struct {
		name     string
		accepted uint64
		ok       bool
	}{
		{"least", needed, true},
		{"all", basic | allOffloads | abi.NetFeatureMAC | abi.NetFeatureMTU, true},
		{"legacy", basic &^ abi.FeatureVersion1, false},
		{"not offered", needed | 1<<2, false},
		{"TCP without checksum", needed | abi.NetFeatureGuestTSO4, false},
		{"UDP without checksum", needed | abi.NetFeatureHostUSO, false},
		{"TCP with it", needed | abi.NetFeatureGuestTSO4 | abi.NetFeatureGuestCSum, true},
		{"all bits", ^uint64(0), false},
	} {
		g := newGuest(t, 8)
		g.shared.Accepted = c.accepted
		if ok, err := g.dev.Start(); ok || err != nil {
			t.Errorf("%s: Start() = %t, %v before the driver is ready", c.name, ok, err)
		}
		g.shared.Ready = 1
		ok, err := g.dev.Start()
		var ring *virtio.RingError
		if ok != c.ok || !ok && !errors.As(err, &ring) {
			t.Errorf("%s: Start() = %t, %v; want %t", c.name, ok, err, c.ok)
		}
		if ok && c.accepted&allOffloads != allOffloads && g.wire.Accepted() != c.accepted&allOffloads {
			t.Errorf("%s: the backend was told %#x", c.name, g.wire.Accepted())
		}
	}
}

func TestNewErrors(t *testing.T) {
	good := virtio.Config{Memory: flat{}, Shared: new(abi.NetShared), Rings: make([]byte, 4096), Size: 16, Stride: 1024, MTU: mtu, Backends: []virtio.Backend{&virtiotest.Wire{}}}
	if _, err := virtio.New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*virtio.Config){
		"size 0":        func(c *virtio.Config) { c.Size = 0 },
		"size 1":        func(c *virtio.Config) { c.Size = 1 },
		"odd size":      func(c *virtio.Config) { c.Size = 17 },
		"too large":     func(c *virtio.Config) { c.Size, c.Stride, c.Rings = 1024, 1<<16, make([]byte, 1<<17) },
		"stride":        func(c *virtio.Config) { c.Stride = 300 },
		"uneven stride": func(c *virtio.Config) { c.Stride = 1028 },
		"little memory": func(c *virtio.Config) { c.Rings = c.Rings[:2047] },
		"not aligned":   func(c *virtio.Config) { c.Rings = c.Rings[4:] },
		"no backend":    func(c *virtio.Config) { c.Backends = nil },
		"two backends":  func(c *virtio.Config) { c.Stride, c.Backends = 1088, append(c.Backends, c.Backends[0]) },
	} {
		c := good
		change(&c)
		if _, err := virtio.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
