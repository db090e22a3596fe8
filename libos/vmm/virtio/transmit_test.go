package virtio_test

import (
	"bytes"
	"syscall"
	"testing"

	"unibench/libos/abi"
	"unibench/libos/vmm/virtio"
)

// send makes a frame available in pieces of the given lengths, the rest last.
func (g *guest) send(f []byte, pieces ...int) {
	const top = 8 // descriptors a frame
	base := int(g.avail[tx]) % (g.size / top) * top
	addr := uint64(readOnly + base*0x400)
	for i := 0; ; i++ {
		n := len(f)
		if i < len(pieces) {
			n = pieces[i]
		}
		copy(g.mem[addr:], f[:n])
		f = f[n:]
		flags := uint16(next)
		if i == len(pieces) {
			flags = 0
		}
		g.desc(tx, base+i, addr, uint32(n), flags, uint16(base+i+1))
		if flags == 0 {
			break
		}
		addr += uint64(n) + 64*uint64(i%2) // every other piece adjoins the next
	}
	g.add(tx, uint16(base))
}

func TestTransmit(t *testing.T) {
	for _, pieces := range [][]int{nil, {12}, {1}, {5, 7}, {11, 2}, {0, 12}, {3, 0, 30, 1}, {13}} {
		g := start(t, 64, basic)
		want := frame(300, 3)
		g.send(want, pieces...)
		if !g.pair().HasWork() {
			t.Errorf("pieces %v: no work", pieces)
		}
		if n := g.pump(); n != 1 || g.pair().HasWork() {
			t.Fatalf("pieces %v: %d frames moved", pieces, n)
		}
		if sent := g.wire.Sent(); len(sent) != 1 || !bytes.Equal(sent[0], want) {
			t.Errorf("pieces %v: sent %x, want %x", pieces, sent, want)
		}
		if id, n, ok := g.take(tx); !ok || id != 0 || n != 0 {
			t.Errorf("pieces %v: used %d, %d bytes, %t", pieces, id, n, ok)
		}
	}
}

// TestTransmitMalformed: frames with a wrong header are dropped, counted, and
// given back.
func TestTransmitMalformed(t *testing.T) {
	header := func(flags, gso byte, length, segment, start, offset uint16) []byte {
		h := make([]byte, 12)
		h[0], h[1] = flags, gso
		le.PutUint16(h[2:], length)
		le.PutUint16(h[4:], segment)
		le.PutUint16(h[6:], start)
		le.PutUint16(h[8:], offset)
		return h
	}
	for _, c := range []struct {
		name     string
		header   []byte
		bytes    int
		features uint64
		ok       bool
	}{
		{"plain", header(0, 0, 0, 0, 0, 0), 60, 0, true},
		{"no Ethernet header", header(0, 0, 0, 0, 0, 0), 13, 0, false},
		{"half a header", make([]byte, 6), 0, 0, false},
		{"nothing", nil, 0, 0, false},
		{"longest", header(0, 0, 0, 0, 0, 0), mtu + 18, 0, true},
		{"longer than the MTU", header(0, 0, 0, 0, 0, 0), mtu + 19, 0, false},
		{"unknown flag", header(2, 0, 0, 0, 0, 0), 60, allOffloads, false},
		{"checksum", header(1, 0, 0, 0, 34, 16), 60, abi.NetFeatureCSum, true},
		{"checksum, not accepted", header(1, 0, 0, 0, 34, 16), 60, 0, false},
		{"checksum at the end", header(1, 0, 0, 0, 34, 24), 60, abi.NetFeatureCSum, true},
		{"checksum beyond the end", header(1, 0, 0, 0, 34, 25), 60, abi.NetFeatureCSum, false},
		{"checksum wraps", header(1, 0, 0, 0, 0xffff, 0xffff), 60, abi.NetFeatureCSum, false},
		{"checksum of the Ethernet header", header(1, 0, 0, 0, 13, 2), 60, abi.NetFeatureCSum, false},
		{"TCP", header(1, 1, 54, 1460, 34, 16), 5000, abi.NetFeatureCSum | abi.NetFeatureHostTSO4, true},
		{"TCP, not accepted", header(1, 1, 54, 1460, 34, 16), 5000, abi.NetFeatureCSum | abi.NetFeatureHostTSO6, false},
		{"TCP over IPv6", header(1, 4, 74, 1440, 54, 16), 5000, abi.NetFeatureCSum | abi.NetFeatureHostTSO6, true},
		{"UDP", header(1, 5, 42, 1000, 34, 6), 5000, abi.NetFeatureCSum | abi.NetFeatureHostUSO, true},
		{"fragments of UDP", header(1, 3, 42, 1000, 34, 6), 5000, allOffloads, false},
		{"TCP without checksum", header(0, 1, 54, 1460, 34, 16), 5000, allOffloads, false},
		{"TCP with segments of 0", header(1, 1, 54, 0, 34, 16), 5000, allOffloads, false},
		{"TCP with headers beyond the end", header(1, 1, 5001, 1460, 34, 16), 5000, allOffloads, false},
		{"TCP without headers", header(1, 1, 0, 1460, 34, 16), 5000, allOffloads, false},
	} {
		g := start(t, 64, basic|c.features)
		g.send(append(bytes.Clone(c.header), make([]byte, c.bytes)...))
		if n := g.pump(); n != 1 {
			t.Errorf("%s: %d frames moved", c.name, n)
		}
		if _, _, ok := g.take(tx); !ok {
			t.Errorf("%s: the buffer was not given back", c.name)
		}
		if got, bad := len(g.wire.Sent()) == 1, g.pair().Counters().TxMalformed.Load() == 1; got != c.ok || bad == c.ok {
			t.Errorf("%s: sent %t, counted as malformed %t; want it sent: %t", c.name, got, bad, c.ok)
		}
	}
}

// TestTransmitLongest: 65535 bytes of IP packet go through, and not one more.
func TestTransmitLongest(t *testing.T) {
	for n, ok := range map[int]bool{65535 + 18: true, 65535 + 19: false} {
		g := start(t, 64, basic|allOffloads)
		f := frame(n, 0)
		f[0], f[1], f[2], f[4], f[6], f[8] = 1, 1, 54, 255, 34, 16
		copy(g.mem[readOnly:], f)
		g.desc(tx, 0, readOnly, uint32(len(f)), 0, 0)
		g.add(tx, 0)
		g.pump()
		if sent := g.wire.Sent(); len(sent) == 1 != ok {
			t.Errorf("%d bytes: %d frames sent", n, len(sent))
		}
	}
}

// TestTransmitFull: a backend without room gets the frame later, one that fails
// does not.
func TestTransmitFull(t *testing.T) {
	g := start(t, 64, basic)
	g.wire.Limit(1, 0)
	g.send(frame(60, 1))
	g.send(frame(61, 2))
	g.pump()
	if _, wr, err := g.pair().Waits(); !wr || err != nil {
		t.Errorf("Waits() says %t, %v; want to wait for room", wr, err)
	}
	g.wire.Limit(-1, 0)
	g.pump()
	if sent := g.wire.Sent(); len(sent) != 2 || len(sent[1]) != virtio.HeaderSize+61 {
		t.Errorf("sent %d frames, want both in order", len(sent))
	}
	if _, wr, _ := g.pair().Waits(); wr {
		t.Error("still waits for room")
	}
	g.wire.Limit(-1, syscall.EIO)
	g.send(frame(60, 3))
	g.pump()
	if n := g.pair().Counters().TxDropped.Load(); n != 1 {
		t.Errorf("%d frames dropped, want 1", n)
	}
	for i := range 3 {
		if _, _, ok := g.take(tx); !ok {
			t.Errorf("buffer %d was not given back", i)
		}
	}
}
