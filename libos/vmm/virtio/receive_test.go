package virtio_test

import (
	"bytes"
	"testing"

	"unibench/libos/abi"
	"unibench/libos/vmm/virtio"
)

const basic = abi.FeatureVersion1 | abi.FeatureEventIdx | abi.NetFeatureMrgRxBuf

// offer gives n receive buffers of size bytes each to the device.
func (g *guest) offer(n int, size uint32) {
	for range n {
		i := int(g.avail[rx]) % g.size
		g.desc(rx, i, readWrit+uint64(i)*uint64(size), size, write, 0)
		g.add(rx, uint16(i))
	}
}

// received puts the next frame together from its buffers, and checks their number.
func (g *guest) received(size int) []byte {
	g.t.Helper()
	var whole []byte
	for want := 1; want > 0; want-- {
		id, n, ok := g.take(rx)
		if !ok {
			return whole
		}
		part := g.mem[readWrit+int(id)*size:][:n]
		if whole == nil {
			want = int(le.Uint16(part[10:]))
		}
		whole = append(whole, part...)
	}
	le.PutUint16(whole[10:], 0)
	return whole
}

// TestReceive: frames of all lengths arrive whole, in as few buffers as they need.
func TestReceive(t *testing.T) {
	for _, size := range []int{12, 100, 1536, 4096} {
		g := start(t, 64, basic|allOffloads)
		buffers := min(64, (memBytes-readWrit)/size)
		for i, n := range []int{14, 60, 88, 89, size - 12, 1000, 1514, 4096} {
			if n < 14 || n+virtio.HeaderSize > buffers*size {
				continue
			}
			g.offer(buffers-int(g.avail[rx]-g.used[rx]), uint32(size))
			want := frame(n, byte(i))
			g.wire.Deliver(want)
			if moved := g.pump(); moved != 1 {
				t.Fatalf("%d bytes into buffers of %d: %d frames moved", n, size, moved)
			}
			before := g.used[rx]
			got := g.received(size)
			if !bytes.Equal(got, want) {
				t.Errorf("%d bytes into buffers of %d: got %d others", n, size, len(got))
			}
			if used, least := int(g.used[rx]-before), (len(want)+size-1)/size; used != least {
				t.Errorf("%d bytes into buffers of %d: %d of them used, want %d", n, size, used, least)
			}
		}
	}
}

// TestReceiveWaits: a frame for which there are too few buffers is not lost, and
// what follows it comes after it.
func TestReceiveWaits(t *testing.T) {
	g := start(t, 64, basic)
	long, short := frame(1514, 1), frame(60, 2)
	g.wire.Deliver(long)
	g.wire.Deliver(short)
	if g.pump() != 0 || !g.pair().Starved() || g.wire.Waiting() != 2 {
		t.Fatal("frames were read without a buffer")
	}
	if read, _, err := g.pair().Waits(); read || err != nil {
		t.Errorf("Waits() = %t, %v without a buffer", read, err)
	}
	if got := g.availEvent(rx); got != 0 {
		t.Errorf("the device asks to be notified of buffer %d, want 0", got)
	}
	g.offer(3, 256)
	if !g.pair().HasWork() {
		t.Error("new buffers are no work, though frames wait for them")
	}
	if g.pump() != 0 || !g.pair().Starved() {
		t.Error("a frame was given to the guest in part")
	}
	g.offer(5, 256)
	if n := g.pump(); n != 2 {
		t.Fatalf("%d frames moved, want 2", n)
	}
	if got := g.received(256); !bytes.Equal(got, long) {
		t.Errorf("got %d bytes, want the long frame", len(got))
	}
	if got := g.received(256); !bytes.Equal(got, short) {
		t.Errorf("got %d bytes, want the short frame", len(got))
	}
	c := g.pair().Counters()
	if n := c.Copied.Load(); n != uint64(len(long)-3*256) {
		t.Errorf("%d bytes copied, want those beyond the first three buffers", n)
	}
	if c.RxFrames.Load() != 2 || c.RxBytes.Load() != 1514+60 || c.RxDropped.Load() != 0 {
		t.Errorf("counted %d frames, %d bytes", c.RxFrames.Load(), c.RxBytes.Load())
	}
}

// TestReceiveWhole: without mergeable buffers a frame is in one chain, or dropped.
func TestReceiveWhole(t *testing.T) {
	g := start(t, 8, abi.FeatureVersion1)
	g.desc(rx, 0, readWrit, 12, write|next, 1) // the header apart
	g.desc(rx, 1, readWrit+0x1000, 600, write, 0)
	g.add(rx, 0)
	g.desc(rx, 2, readWrit+0x2000, 2000, write, 0)
	g.add(rx, 2)
	g.wire.Deliver(frame(1000, 1)) // too long for the first
	want := frame(500, 2)
	g.wire.Deliver(want)
	if n := g.pump(); n != 1 {
		t.Fatalf("%d frames moved, want 1", n)
	}
	id, n, ok := g.take(rx)
	if !ok || id != 0 || int(n) != len(want) || !bytes.Equal(g.mem[readWrit+0x1000:][:500], want[12:]) {
		t.Errorf("used element %d, %d bytes; want 0, %d", id, n, len(want))
	}
	if got := le.Uint16(g.mem[readWrit+10:]); got != 1 {
		t.Errorf("num_buffers %d, want 1", got)
	}
	if d := g.pair().Counters().RxDropped.Load(); d != 1 {
		t.Errorf("%d frames dropped, want 1", d)
	}
}

// TestReceiveUnfit: frames that the driver has not agreed to are dropped.
func TestReceiveUnfit(t *testing.T) {
	for _, c := range []struct {
		name       string
		flags, gso byte
		features   uint64
		want       int
	}{
		{"plain", 0, 0, 0, 1},
		{"checksum", 1, 0, 0, 0},
		{"checksum accepted", 1, 0, abi.NetFeatureGuestCSum, 1},
		{"valid checksum", 2, 0, 0, 1},
		{"TCP", 1, 1, abi.NetFeatureGuestCSum | abi.NetFeatureGuestTSO6, 0},
		{"TCP accepted", 1, 1 | 0x80, abi.NetFeatureGuestCSum | abi.NetFeatureGuestTSO4, 1},
		{"TCP over IPv6", 1, 4, abi.NetFeatureGuestCSum | abi.NetFeatureGuestTSO4, 0},
		{"UDP", 1, 5, abi.NetFeatureGuestCSum, 0},
		{"unknown", 1, 3, allOffloads, 0},
	} {
		g := start(t, 64, basic|c.features)
		g.offer(64, 2048)
		f := frame(100, 0)
		f[0], f[1] = c.flags, c.gso
		g.wire.Deliver(f)
		if got := g.pump(); got != c.want {
			t.Errorf("%s: %d frames, want %d", c.name, got, c.want)
		}
	}
}
