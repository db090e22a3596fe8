package virtiotest_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"unibench/libos/abi"
	driver "unibench/libos/guest/virtio"
	"unibench/libos/vmm/virtio"
	"unibench/libos/vmm/virtio/virtiotest"
)

// platform gives the guest's driver the device of this process.
type platform struct {
	d        *virtiotest.Device
	stats    abi.NetStats
	now      int64
	notified [2]int
}

func (p *platform) Info() *abi.NetInfo          { return &p.d.Info }
func (p *platform) Shared() *abi.NetShared      { return p.d.Shared }
func (p *platform) Memory(gpa, n uint64) []byte { return virtiotest.Memory(gpa, n) }
func (p *platform) Wait([]driver.Watch)         { panic("the test does not wait") }
func (p *platform) Notify(queue int)            { p.notified[queue]++ }
func (p *platform) Now() int64                  { return p.now }
func (p *platform) Stats() *abi.NetStats        { return &p.stats }

const offloads = abi.NetFeatureCSum | abi.NetFeatureGuestCSum | abi.NetFeatureGuestTSO4 | abi.NetFeatureHostTSO4

// TestJoin: the guest's driver and this device exchange frames of all sizes in
// both directions, however few buffers there are at the time, and neither asks to
// be told without need.
func TestJoin(t *testing.T) {
	const bufferSize = 2048
	rnd := rand.New(rand.NewPCG(1, 2))
	d, err := virtiotest.New(1, 64, offloads)
	if err != nil {
		t.Fatal(err)
	}
	p := &platform{d: d, now: 1}
	n, err := driver.Open(p)
	if err != nil {
		t.Fatal(err)
	}
	n.Accept(^uint64(0))
	rxq, err := driver.NewQueue[[]byte](n, 0)
	if err != nil {
		t.Fatal(err)
	}
	txq, err := driver.NewQueue[[][]byte](n, 1)
	if err != nil {
		t.Fatal(err)
	}
	n.Start()

	frame := func(size int) []byte {
		f := make([]byte, virtio.HeaderSize+size)
		for i := range size {
			f[virtio.HeaderSize+i] = byte(rnd.Uint32())
		}
		if size > 1518 {
			// A TCP segment: flags, GSO type, header length, segment size, checksum.
			copy(f, []byte{1, 1, 54, 0, 180, 5, 34, 0, 16, 0})
		}
		return f
	}
	sizes := func() int {
		return []int{14, 60, 1514, 2036, 9000, 65553}[rnd.IntN(6)]
	}
	var toGuest, toHost [][]byte // in flight
	var rxDone, txDone, missing int
	var partial []byte
	for round := 0; rxDone < 2000 || txDone < 2000; round++ {
		if round == 50_000 {
			t.Fatal("frames do not get through")
		}
		for d.Wires[0].Waiting() < rnd.IntN(4) {
			f := frame(sizes())
			d.Wires[0].Deliver(f)
			toGuest = append(toGuest, f)
		}
		for range rnd.IntN(40) {
			b := make([]byte, bufferSize)
			if !rxq.Add(nil, [][]byte{b}, b) {
				break
			}
		}
		rxq.Publish(p.now)
		for range rnd.IntN(4) {
			size := sizes()
			if size > 1518 && !n.Has(abi.NetFeatureHostTSO4) || size == 2036 {
				size = 1000
			}
			f := frame(size)
			cut := virtio.HeaderSize + rnd.IntN(size)
			pieces := [][]byte{bytes.Clone(f[:cut]), bytes.Clone(f[cut:])}
			if !txq.Add(pieces, nil, pieces) {
				break
			}
			toHost = append(toHost, f)
		}
		txq.Publish(p.now)
		for _, q := range []interface {
			NeedNotify() bool
			Number() int
		}{rxq, txq} {
			if q.NeedNotify() {
				n.Notify(q.Number())
			}
		}
		if _, err := d.Pump(); err != nil {
			t.Fatal(err)
		}
		for {
			if _, _, ok := txq.Pop(); !ok {
				break
			}
			txDone++
		}
		for _, f := range d.Wires[0].Sent() {
			if !bytes.Equal(f, toHost[0]) {
				t.Fatalf("round %d: the host got %d bytes, others than the %d sent", round, len(f), len(toHost[0]))
			}
			toHost = toHost[1:]
		}
		for {
			b, n, ok := rxq.Pop()
			if !ok {
				break
			}
			if len(partial) == 0 {
				missing = int(b[10]) | int(b[11])<<8
				b[10], b[11] = 0, 0
			}
			partial = append(partial, b[:n]...)
			if missing--; missing > 0 {
				continue
			}
			if !bytes.Equal(partial, toGuest[0]) {
				t.Fatalf("round %d: the guest got %d bytes, others than the %d sent", round, len(partial), len(toGuest[0]))
			}
			toGuest, partial = toGuest[1:], partial[:0]
			rxDone++
		}
		if rxq.Err() != nil || txq.Err() != nil {
			t.Fatal(rxq.Err(), txq.Err())
		}
	}
	c := d.Pair(0).Counters()
	if c.RxDropped.Load()+c.TxDropped.Load()+c.TxMalformed.Load() != 0 {
		t.Errorf("%d, %d, %d frames lost", c.RxDropped.Load(), c.TxDropped.Load(), c.TxMalformed.Load())
	}
	if p.notified != [2]int{} {
		t.Errorf("%v notifications by queue, and the device never asked", p.notified)
	}
}
