package link

import (
	"encoding/binary"
	"fmt"
	"testing"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"unibench/libos/guest/virtio"
	"unibench/libos/guest/virtio/virtiotest"
)

// sink is a stack that only counts.
type sink struct{ packets int }

func (s *sink) DeliverNetworkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) { s.packets++ }
func (s *sink) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer)    {}

// idle makes an endpoint whose goroutines do not run: the test does their work.
func idle(t testing.TB, c virtiotest.Config, d stack.NetworkDispatcher) (*Endpoint, *virtiotest.Device) {
	t.Helper()
	device := virtiotest.New(c)
	dev, err := virtio.Open(device)
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(dev)
	if err != nil {
		t.Fatal(err)
	}
	e.start.Do(dev.Start)
	e.Attach(d)
	return e, device
}

const everything = ^uint64(0)

// tcpFrame is a TCP segment over IPv4 with virtio's header, vouched for.
func tcpFrame(payload int) []byte {
	b := make([]byte, virtio.HeaderSize+14+20+20+payload)
	(&virtio.Header{Flags: virtio.HeaderDataValid}).Put(b)
	binary.BigEndian.PutUint16(b[virtio.HeaderSize+12:], uint16(header.IPv4ProtocolNumber))
	ip := header.IPv4(b[virtio.HeaderSize+14:])
	ip.Encode(&header.IPv4Fields{TotalLength: uint16(40 + payload), TTL: 64, Protocol: uint8(header.TCPProtocolNumber)})
	ip.SetChecksum(^ip.CalculateChecksum())
	return b
}

// feed puts a frame into receive buffers, without Tell.
func feed(r *virtiotest.Ring, frame []byte) bool {
	var head uint16
	var first []byte
	count := 0
	for left, written := frame, 0; len(left) > 0; count++ {
		c, ok := r.Fetch()
		if !ok {
			return false
		}
		written = copy(c.In[0], left)
		left = left[written:]
		if head = c.Head; count == 0 {
			first = c.In[0]
		}
		r.Use(head, written)
	}
	binary.LittleEndian.PutUint16(first[10:], uint16(count))
	return true
}

// BenchmarkReceive is the driver's part of receiving a frame, from the used ring
// to the stack and back to its pools, with the fake device's work, mostly the
// copy of the frame into the buffers, for the sake of the caches. Small frames
// are given in bursts of 32, 64 KiB ones one by one.
func BenchmarkReceive(b *testing.B) {
	for _, payload := range []int{6, 1448, 65000} {
		for _, size := range []int{2048, 4096, 8192, 16384} {
			b.Run(fmt.Sprintf("payload=%d/buffer=%d", payload, size), func(b *testing.B) {
				s := &sink{}
				e, d := idle(b, virtiotest.Config{Features: everything}, s)
				r, frame := e.receivers[0], tcpFrame(payload)
				r.size = size
				for ring := d.Receive(0); ; r.refill() { // all buffers of the new size
					c, ok := ring.Fetch()
					if !ok || len(c.In[0]) == size {
						ring.Unfetch(1)
						break
					}
					ring.Use(c.Head, 0)
					ring.Tell()
					v, _, _ := r.q.Pop()
					v.Release()
				}
				burst := 32
				if payload > 4096 {
					burst = 1
				}
				b.SetBytes(int64(payload))
				b.ReportAllocs()
				for i := 0; i < b.N; i += burst {
					for range burst {
						if !feed(d.Receive(0), frame) {
							b.Fatal("no receive buffers")
						}
					}
					d.Receive(0).Tell()
					r.poll(64)
				}
				if s.packets < b.N {
					b.Fatalf("%d packets of %d", s.packets, b.N)
				}
			})
		}
	}
}

// BenchmarkReceiveDevice is the part of BenchmarkReceive that is the device's.
func BenchmarkReceiveDevice(b *testing.B) {
	for _, payload := range []int{6, 1448, 65000} {
		b.Run(fmt.Sprintf("payload=%d", payload), func(b *testing.B) {
			_, d := idle(b, virtiotest.Config{Features: everything}, &sink{})
			frame := tcpFrame(payload)
			for range b.N {
				feed(d.Receive(0), frame)
				d.Receive(0).Rewind()
			}
		})
	}
}

// outgoing makes a packet as TCP does: headers in one view, data in another.
func outgoing(data *buffer.View) *stack.PacketBuffer {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: virtio.HeaderSize + 14 + 20 + 32,
		Payload:            buffer.MakeWithView(data.Clone()),
	})
	pkt.TransportHeader().Push(32)
	pkt.NetworkHeader().Push(20)
	pkt.LinkHeader().Push(14)
	pkt.GSOOptions = stack.GSO{Type: stack.GSOTCPv4, NeedsCsum: true, CsumOffset: 16, MSS: 1448}
	return pkt
}

// BenchmarkTransmit is the way of a packet that exists into the transmit queue and
// back; packet alone is what making one and releasing it costs. device is the
// fake device's work, which is part of transmit.
func BenchmarkTransmit(b *testing.B) {
	data := buffer.NewViewSize(1000)
	b.Run("packet alone", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			outgoing(data).DecRef()
		}
	})
	b.Run("transmit", func(b *testing.B) {
		e, d := idle(b, virtiotest.Config{Features: everything}, &sink{})
		q, ring := e.Discipline(), d.Transmit(0)
		ring.Hush()
		b.ReportAllocs()
		for i := range b.N {
			pkt := outgoing(data)
			if err := q.WritePacket(pkt); err != nil {
				b.Fatal(err)
			}
			pkt.DecRef()
			if i%32 == 31 {
				for c, ok := ring.Fetch(); ok; c, ok = ring.Fetch() {
					ring.Use(c.Head, 0)
				}
				ring.Tell()
			}
		}
	})
	b.Run("device", func(b *testing.B) {
		e, d := idle(b, virtiotest.Config{Features: everything}, &sink{})
		pkt, ring := outgoing(data), d.Transmit(0)
		if err := e.Discipline().WritePacket(pkt); err != nil {
			b.Fatal(err)
		}
		for i := range b.N {
			c, _ := ring.Fetch()
			ring.Use(c.Head, 0)
			if i%32 == 31 {
				ring.Rewind()
			} else {
				ring.Unfetch(1)
			}
		}
	})
}

// TestAllocations: beyond gVisor's pools, receiving and sending allocate nothing.
func TestAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("under the race detector pools forget at random")
	}
	e, d := idle(t, virtiotest.Config{Features: everything}, &sink{})
	frame := tcpFrame(1000)
	if n := testing.AllocsPerRun(2000, func() {
		feed(d.Receive(0), frame)
		d.Receive(0).Tell()
		e.receivers[0].poll(64)
	}); n != 0 {
		t.Errorf("%v allocations for a received frame", n)
	}
	data := buffer.NewViewSize(1000)
	q, ring := e.Discipline(), d.Transmit(0)
	if n := testing.AllocsPerRun(2000, func() {
		pkt := outgoing(data)
		if err := q.WritePacket(pkt); err != nil {
			t.Fatal(err)
		}
		pkt.DecRef()
		c, _ := ring.Fetch()
		ring.Use(c.Head, 0)
		ring.Tell()
	}); n != 0 {
		t.Errorf("%v allocations for a frame sent", n)
	}
}
