package virtio_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"unibench/libos/abi"
	"unibench/libos/vmm/virtio"
	"unibench/libos/vmm/virtio/virtiotest"
)

// Steps of a fuzzed guest, each followed by its arguments.
const (
	stepDesc    = iota // queue, descriptor, address 4, length 4, flags, next
	stepAdd            // queue, head
	stepRaw            // offset 2, byte: anywhere in the queues
	stepDeliver        // length 2, flags, gso
	stepPump
	stepWaits
	stepTold
	stepEvent // queue, index 2
	steps
)

// script is a fuzzed guest's program.
type script []byte

func (s *script) byte() byte {
	if len(*s) == 0 {
		return 0
	}
	b := (*s)[0]
	*s = (*s)[1:]
	return b
}

func (s *script) u16() uint16 { return uint16(s.byte()) | uint16(s.byte())<<8 }
func (s *script) u32() uint32 { return uint32(s.u16()) | uint32(s.u16())<<16 }

const canary = 0xa5

// hostile runs a script on a small device. It returns the error that ended it.
func hostile(t *testing.T, s script) error {
	const size, room = 8, 256
	g := &guest{t: t, mem: make(flat, memBytes), shared: new(abi.NetShared), size: size, wire: &virtiotest.Wire{Offloads: allOffloads}}
	g.stride = int(virtio.QueueStride(size))
	whole := bytes.Repeat([]byte{canary}, 2*g.stride+2*room)
	g.rings = whole[room : room+2*g.stride : room+2*g.stride]
	clear(g.rings)
	for i := range g.mem[:readWrit] {
		g.mem[i] = byte(i >> 4)
	}
	before := bytes.Clone(g.mem[:readWrit])
	var err error
	g.dev, err = virtio.New(virtio.Config{
		Memory: g.mem, Shared: g.shared, Rings: g.rings, Size: size, Stride: g.stride, MTU: mtu, Backends: []virtio.Backend{g.wire},
	})
	if err != nil {
		t.Fatal(err)
	}
	g.shared.Accepted, g.shared.Ready = abi.FeatureVersion1, 1
	if b := s.byte(); b&1 != 0 {
		g.shared.Accepted |= abi.NetFeatureMrgRxBuf
		if b&2 != 0 {
			g.shared.Accepted |= allOffloads
		}
		if b&4 != 0 {
			g.shared.Accepted |= abi.FeatureEventIdx
		}
	}
	if ok, err := g.dev.Start(); !ok {
		t.Fatal(err)
	}
	defer func() {
		if !bytes.Equal(before, g.mem[:readWrit]) {
			t.Error("the device wrote to what is not the guest's to write")
		}
		for i, b := range whole {
			if (i < room || i >= room+2*g.stride) && b != canary {
				t.Errorf("the device wrote at %d of the queues' memory", i-room)
			}
		}
		for _, f := range g.wire.Sent() {
			if len(f) < virtio.HeaderSize+14 || len(f) > virtio.HeaderSize+65535+18 {
				t.Errorf("the device sent %d bytes", len(f))
			}
		}
	}()
	for len(s) > 0 {
		switch s.byte() % steps {
		case stepDesc:
			g.desc(int(s.byte()%2), int(s.byte()%size), uint64(s.u32()), s.u32(), uint16(s.byte()), uint16(s.byte()))
		case stepAdd:
			g.add(int(s.byte()%2), uint16(s.byte()))
		case stepRaw:
			g.rings[int(s.u16())%len(g.rings)] = s.byte()
		case stepDeliver:
			f := frame(max(int(s.u16()), 14), 0)
			f[0], f[1] = s.byte(), s.byte()
			g.wire.Deliver(f)
		case stepPump:
			if _, err := g.pair().Pump(); err != nil {
				return err
			}
		case stepWaits:
			if _, _, err := g.pair().Waits(); err != nil {
				return err
			}
		case stepTold:
			if g.pair().Pending() {
				g.pair().Told()
			}
		case stepEvent:
			g.event(int(s.byte()%2), s.u16())
		}
	}
	return nil
}

// FuzzRings: whatever is in the queues, nothing is read or written outside of the
// guest's memory, and all that can come of it is a RingError.
func FuzzRings(f *testing.F) {
	for _, s := range seeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := hostile(t, b); err != nil {
			var ring *virtio.RingError
			if !errors.As(err, &ring) {
				t.Errorf("%v, want a RingError", err)
			}
		}
	})
}

// seeds are programs that do something sensible, which the fuzzer takes apart.
func seeds() map[string]script {
	u16 := func(v int) []byte { return []byte{byte(v), byte(v >> 8)} }
	u32 := func(v int) []byte { return []byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)} }
	desc := func(q, i byte, addr, n int, flags, next byte) script {
		return bytes.Join([][]byte{{stepDesc, q, i}, u32(addr), u32(n), {flags, next}}, nil)
	}
	add := func(q, head byte) script { return script{stepAdd, q, head} }
	deliver := func(n int, flags, gso byte) script {
		return bytes.Join([][]byte{{stepDeliver}, u16(n), {flags, gso}}, nil)
	}
	pump := script{stepPump}
	join := func(parts ...script) (s script) {
		for _, p := range parts {
			s = append(s, p...)
		}
		return s
	}
	return map[string]script{
		"receive":       join(script{5}, desc(rx, 0, readWrit, 2000, write, 0), add(rx, 0), deliver(60, 0, 0), pump, script{stepTold}),
		"receive-long":  join(script{7}, desc(rx, 0, readWrit, 500, write|next, 1), desc(rx, 1, readWrit+0x8000, 900, write, 0), desc(rx, 2, readWrit+0x4000, 4096, write, 0), add(rx, 0), deliver(4000, 1, 1), pump, script{stepWaits}, add(rx, 2), pump),
		"receive-tiny":  join(script{7}, desc(rx, 0, readWrit, 12, write, 0), add(rx, 0), add(rx, 0), deliver(1514, 0, 0), pump, add(rx, 0), add(rx, 0), pump),
		"receive-whole": join(script{0}, desc(rx, 0, readWrit, 600, write, 0), add(rx, 0), deliver(1000, 0, 0), deliver(500, 0, 0), pump),
		"starved":       join(script{5}, deliver(60, 0, 0), pump, script{stepWaits}, desc(rx, 3, readWrit, 100, write, 0), add(rx, 3), pump),
		"transmit":      join(script{5}, desc(tx, 0, readWrit, 12, next, 1), desc(tx, 1, readWrit+12, 60, 0, 0), add(tx, 0), pump, pump),
		"transmit-bad":  join(script{7}, desc(tx, 0, readOnly, 100, 0, 0), add(tx, 0), pump),
		"loop":          join(script{5}, desc(tx, 0, readOnly, 100, next, 1), desc(tx, 1, readOnly, 100, next, 0), add(tx, 0), pump),
		"read-only":     join(script{5}, desc(rx, 0, readWrit-100, 2000, write, 0), add(rx, 0), deliver(60, 0, 0), pump),
		"beyond":        join(script{5}, desc(tx, 7, memBytes-10, 20, 0, 0), add(tx, 7), pump),
		"raw":           join(script{1}, script{stepRaw, 130, 0, 7, stepPump, stepRaw, 131, 0, 9, stepPump}),
		"flags":         join(script{1}, deliver(60, 0, 0), pump, script{stepWaits}, desc(rx, 0, readWrit, 90, write, 0), add(rx, 0), pump, script{stepTold}),
		"events":        join(script{5}, script{stepEvent, tx, 0, 0}, desc(tx, 0, readOnly, 80, 0, 0), add(tx, 0), pump, script{stepTold, stepPump, stepTold}),
	}
}

var update = flag.Bool("update", false, "write the seeds to testdata")

// TestCorpus replays what is in testdata beside the corpus of the fuzzer: seeds
// under their names, so that what once was found stays found whatever seeds()
// becomes.
func TestCorpus(t *testing.T) {
	dir := filepath.Join("testdata", "fuzz", "FuzzRings")
	if *update {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		for name, s := range seeds() {
			text := fmt.Sprintf("go test fuzz v1\n[]byte(%q)\n", []byte(s))
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < len(seeds()) {
		t.Errorf("%d files in the corpus, %v; want %d at least: run with -update", len(files), err, len(seeds()))
	}
}
