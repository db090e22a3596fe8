package link

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"unibench/libos/abi"
	"unibench/libos/guest/virtio"
	"unibench/libos/guest/virtio/virtiotest"
)

// numbered makes a packet that holds a number and counts its release.
func numbered(n int, released *int) *stack.PacketBuffer {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: virtio.HeaderSize + 14,
		Payload:            buffer.MakeWithData(binary.BigEndian.AppendUint32(nil, uint32(n))),
		OnRelease:          func() { *released++ },
	})
	pkt.LinkHeader().Push(14)
	return pkt
}

// take uses up to n packets and returns their numbers.
func take(r *virtiotest.Ring, n int) (numbers []int) {
	for range n {
		c, ok := r.Fetch()
		if !ok {
			break
		}
		b := bytes.Join(c.Out, nil)
		numbers = append(numbers, int(binary.BigEndian.Uint32(b[virtio.HeaderSize+14:])))
		r.Use(c.Head, 0)
	}
	r.Tell()
	return numbers
}

// TestBacklog: packets that find no room wait, in order; when too many wait, the
// sender hears of it; and none is lost or kept in the end.
func TestBacklog(t *testing.T) {
	const size = 8
	e, d := idle(t, virtiotest.Config{Features: everything, QueueSize: 2 * size}, &sink{})
	q, tx, ring := e.Discipline(), e.transmitters[0], d.Transmit(0)
	released, sent := 0, 0
	var full tcpip.Error
	for full == nil {
		pkt := numbered(sent, &released)
		if full = q.WritePacket(pkt); full == nil {
			sent++
		}
		pkt.DecRef()
	}
	if _, ok := full.(*tcpip.ErrNoBufferSpace); !ok || sent != size+maxBacklog || released != 1 {
		t.Fatalf("after %d packets %v, %d released", sent, full, released)
	}
	if s := d.Stats(); s.Dropped != 1 || s.TxFrames != uint64(sent) || s.TxBytes != uint64(18*sent) {
		t.Errorf("counted %+v", *s)
	}
	e.running.Go(tx.complete)
	for want := 0; want < sent; {
		if ring.Available() == 0 {
			if ring.Ask() {
				<-d.Notified
			}
			continue
		}
		for _, got := range take(ring, 3) {
			if got != want {
				t.Fatalf("packet %d where %d is next", got, want)
			}
			want++
		}
	}
	e.Close()
	d.Close()
	e.Wait()
	tx.reclaim(0)
	if released != sent+1 || tx.q.InFlight() != 0 {
		t.Errorf("%d of %d released, %d in flight", released, sent+1, tx.q.InFlight())
	}
}

// TestCloseReleases: what nobody has seen is released when the endpoint closes,
// and later packets are refused.
func TestCloseReleases(t *testing.T) {
	for name, end := range map[string]func(*Endpoint, *virtiotest.Device){
		"closed": func(e *Endpoint, _ *virtiotest.Device) { e.Close() },
		"broken": func(e *Endpoint, d *virtiotest.Device) {
			d.Transmit(0).PokeIndex(999, 0)
			e.transmitters[0].reclaim(0)
			e.transmitters[0].waits()
		},
	} {
		e, d := idle(t, virtiotest.Config{Features: everything, QueueSize: 4}, &sink{})
		released := 0
		for i := range 10 {
			pkt := numbered(i, &released)
			if err := e.Discipline().WritePacket(pkt); err != nil {
				t.Fatal(err)
			}
			pkt.DecRef()
		}
		held := e.transmitters[0].q.InFlight()
		end(e, d)
		if released != 10-held {
			t.Errorf("%s: %d released, %d with the device, of 10", name, released, held)
		}
		pkt := numbered(0, &released)
		if err := e.Discipline().WritePacket(pkt); err == nil {
			t.Errorf("%s: sends on", name)
		}
		if pkt.DecRef(); released != 11-held {
			t.Errorf("%s: a refused packet is kept", name)
		}
	}
}

// TestLazyReclaim: packets are released when half of the queue is used, without
// any word from the device.
func TestLazyReclaim(t *testing.T) {
	e, d := idle(t, virtiotest.Config{Features: everything, QueueSize: 64}, &sink{})
	released := 0
	for i := range 1000 {
		pkt := numbered(i, &released)
		if err := e.Discipline().WritePacket(pkt); err != nil {
			t.Fatal(err)
		}
		pkt.DecRef()
		take(d.Transmit(0), 1)
		if held := i + 1 - released; held > 32 {
			t.Fatalf("%d packets held", held)
		}
	}
	if released < 900 {
		t.Errorf("%d of 1000 released", released)
	}
	e.transmitters[0].lazyReclaim()
	if released != 1000 {
		t.Errorf("%d of 1000 released after all", released)
	}
}

// TestReleaseSoon: after ReleaseSoon packets are released as the device uses them,
// without another packet in any direction.
func TestReleaseSoon(t *testing.T) {
	e, d := idle(t, virtiotest.Config{Features: everything}, &sink{})
	defer e.Wait()
	defer d.Close()
	defer e.Close()
	e.running.Go(e.transmitters[0].complete)
	for round := range 100 {
		released := make(chan int, 3)
		for i := range 3 {
			pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
				ReserveHeaderBytes: virtio.HeaderSize,
				Payload:            buffer.MakeWithData(make([]byte, 20)),
				OnRelease:          func() { released <- i },
			})
			if err := e.WritePacket(pkt); err != nil {
				t.Fatal(err)
			}
			pkt.DecRef()
			if round%2 == 0 || i == 2 {
				e.ReleaseSoon()
			}
		}
		for want := range 3 {
			take(d.Transmit(0), 1)
			if got := <-released; got != want {
				t.Fatalf("packet %d released where %d is next", got, want)
			}
		}
	}
}

// TestStaleNotify: a device that sleeps is notified of a late packet, one that
// polls is not.
func TestStaleNotify(t *testing.T) {
	e, d := idle(t, virtiotest.Config{Features: everything}, &sink{})
	now, released := int64(1), 0
	d.Clock = func() int64 { return now }
	d.Transmit(0).Hush()
	send := func() uint64 {
		pkt := numbered(0, &released)
		defer pkt.DecRef()
		before := d.Stats().Notified
		if err := e.Discipline().WritePacket(pkt); err != nil {
			t.Fatal(err)
		}
		return d.Stats().Notified - before
	}
	steps := []struct {
		name    string
		after   int64
		polling uint32
		want    uint64
	}{
		{"first", 0, 0, 0}, {"soon", virtio.StaleAfter, 0, 0}, {"late", 1, 0, 1}, {"told", 1, 0, 0},
		{"polls", 9 * virtio.StaleAfter, 1, 0}, {"late again", 1, 0, 1},
	}
	for _, s := range steps {
		now += s.after
		d.Shared().Polling = s.polling
		if got := send(); got != s.want {
			t.Errorf("%s: notified %d times, want %d", s.name, got, s.want)
		}
	}
	now += 2 * virtio.StaleAfter
	take(d.Transmit(0), 100)
	if send() != 0 || released == 0 {
		t.Errorf("notified of what was used, %d released", released)
	}
}

// TestPieces: raw packets and those in very many pieces arrive whole.
func TestPieces(t *testing.T) {
	tests := []struct {
		name   string
		room   int
		pieces int
		queue  int
		copied uint64
	}{
		{"raw", 0, 1, 64, 0}, {"raw in pieces", 0, 9, 64, 0}, {"usual", virtio.HeaderSize, 9, 64, 0},
		{"too many", virtio.HeaderSize, 40, 64, 40 * 5}, {"raw in too many", 0, 40, 64, 40 * 5},
		{"more than the queue", virtio.HeaderSize, 9, 8, 9 * 5}, {"raw and as many", 0, 7, 8, 0},
	}
	for _, test := range tests {
		e, d := idle(t, virtiotest.Config{Features: everything, QueueSize: test.queue}, &sink{})
		var payload buffer.Buffer
		var want []byte
		for i := range test.pieces {
			b := bytes.Repeat([]byte{byte(i)}, 5)
			want = append(want, b...)
			part := buffer.MakeWithData(b)
			payload.Merge(&part)
		}
		pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{ReserveHeaderBytes: test.room, Payload: payload})
		if err := e.Discipline().WritePacket(pkt); err != nil {
			t.Fatal(err)
		}
		c, _ := d.Transmit(0).Fetch()
		got := bytes.Join(c.Out, nil)
		if diff := cmp.Diff(append(make([]byte, virtio.HeaderSize), want...), got); diff != "" {
			t.Errorf("%s: sent differs (-want +got):\n%s", test.name, diff)
		}
		if s := d.Stats(); s.CopiedOut != test.copied || s.TxBytes != uint64(len(want)) {
			t.Errorf("%s: counted %+v, want %d copied", test.name, *s, test.copied)
		}
		if test.copied == 0 && len(c.Out) > test.pieces+1 {
			t.Errorf("%s: %d pieces for the device", test.name, len(c.Out))
		}
		pkt.DecRef()
	}
}

// TestFlows: the packets of a flow stay on a queue, and flows spread.
func TestFlows(t *testing.T) {
	e, _ := idle(t, virtiotest.Config{Features: everything, Pairs: 4}, &sink{})
	udp := func(port byte) *stack.PacketBuffer {
		pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{ReserveHeaderBytes: 28})
		copy(pkt.TransportHeader().Push(8), []byte{0, port, 0, 9})
		pkt.NetworkHeader().Push(20)[0] = 0x45
		return pkt
	}
	used := map[*transmitter]int{}
	for port := range byte(200) {
		a, b := udp(port), udp(port)
		if e.transmitter(a) != e.transmitter(b) {
			t.Fatalf("flow %d has two queues", port)
		}
		used[e.transmitter(a)]++
		a.Hash = 6
		if e.transmitter(a) != e.transmitters[2] {
			t.Fatal("the stack's hash is not used")
		}
		a.DecRef()
		b.DecRef()
	}
	for _, n := range used {
		if len(used) != 4 || n < 25 {
			t.Fatalf("200 flows are spread %v", used)
		}
	}
}

// TestLists: WritePackets sends a list over several queues, and says how far it
// came.
func TestLists(t *testing.T) {
	e, d := idle(t, virtiotest.Config{Features: abi.FeatureEventIdx, Pairs: 2}, &sink{})
	var list stack.PacketBufferList
	released := 0
	for i := range 20 {
		pkt := numbered(i, &released)
		pkt.Hash = uint32(1 + i/3)
		list.PushBack(pkt)
	}
	if n, err := e.WritePackets(list); n != 20 || err != nil {
		t.Fatalf("WritePackets = %d, %v", n, err)
	}
	list.Reset()
	var want [2][]int
	for i := range 20 {
		want[(1+i/3)%2] = append(want[(1+i/3)%2], i)
	}
	for pair := range want {
		if diff := cmp.Diff(want[pair], take(d.Transmit(pair), 100)); diff != "" {
			t.Errorf("queue %d differs (-want +got):\n%s", pair, diff)
		}
		e.transmitters[pair].reclaim(0)
	}
	if released != 20 {
		t.Errorf("%d of 20 released", released)
	}
}
