package virtio_test

import (
	"syscall"
	"testing"

	"unibench/libos/vmm/virtio"
)

// quick is a backend that has a frame at each Read and keeps nothing.
type quick struct{ length int }

func (quick) Features() uint64                            { return allOffloads }
func (quick) Accept(uint64) error                         { return nil }
func (q quick) Read([]syscall.Iovec) (int, syscall.Errno) { return q.length, 0 }
func (quick) Write([]syscall.Iovec) syscall.Errno         { return 0 }
func (quick) FD() int                                     { return -1 }

// quickGuest has buffers of 4 KiB for a device with a quick backend.
func quickGuest(t testing.TB, length int) *guest {
	g := newGuest(t, 64)
	dev, err := virtio.New(virtio.Config{
		Memory: g.mem, Shared: g.shared, Rings: g.rings, Size: 64, Stride: g.stride, MTU: mtu, Backends: []virtio.Backend{quick{length}},
	})
	if err != nil {
		t.Fatal(err)
	}
	g.dev = dev
	g.shared.Accepted, g.shared.Ready = basic|allOffloads, 1
	if ok, err := dev.Start(); !ok {
		t.Fatal(err)
	}
	return g
}

// TestNoAllocation: moving frames needs no memory of the monitor.
func TestNoAllocation(t *testing.T) {
	for _, length := range []int{100, 60_000} {
		g := quickGuest(t, length)
		rest := 0
		if n := testing.AllocsPerRun(20, func() {
			// Buffers that are held for the longest frame stay with the device.
			held := int(g.avail[rx] - le.Uint16(g.usedRing(rx)[2:]))
			rest = held
			g.offer(64-held, 4096)
			i := g.avail[tx] % 64
			g.desc(tx, int(i), readOnly, 80, 0, 0)
			g.add(tx, i)
			if _, err := g.pair().Pump(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("frames of %d bytes: %v allocations a round, with %d buffers held", length, n, rest)
		}
	}
}

func BenchmarkReceive(b *testing.B) {
	for name, length := range map[string]int{"100": 100, "60000": 60_000} {
		b.Run(name, func(b *testing.B) {
			g := quickGuest(b, length)
			b.ReportAllocs()
			for b.Loop() {
				held := int(g.avail[rx] - le.Uint16(g.usedRing(rx)[2:]))
				g.offer(64-held, 4096)
				g.pump()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(g.pair().Counters().RxFrames.Load()), "ns/frame")
		})
	}
}
