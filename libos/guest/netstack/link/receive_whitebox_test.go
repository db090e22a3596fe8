package link

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"unibench/libos/guest/virtio"
	"unibench/libos/guest/virtio/virtiotest"
)

// recorder keeps what is delivered.
type recorder struct {
	e       *Endpoint
	packets []delivered
}

type delivered struct {
	Protocol tcpip.NetworkProtocolNumber
	Type     tcpip.PacketType
	Verify   bool // the stack is to verify checksums
	Data     string
}

func (r *recorder) DeliverNetworkPacket(p tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	b := pkt.Data().ToBuffer()
	defer b.Release()
	verify := r.e.Capabilities()&stack.CapabilityRXChecksumOffload == 0
	r.packets = append(r.packets, delivered{p, pkt.PktType, verify, string(b.Flatten())})
}

func (r *recorder) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {}

func recording(t *testing.T, c virtiotest.Config) (*recorder, *Endpoint, *virtiotest.Device) {
	r := &recorder{}
	e, d := idle(t, c, r)
	r.e = e
	return r, e, d
}

// withHeader puts a header before an Ethernet frame.
func withHeader(h virtio.Header, frame []byte) []byte {
	b := make([]byte, virtio.HeaderSize, virtio.HeaderSize+len(frame))
	h.Put(b)
	return append(b, frame...)
}

// ethernet makes a frame.
func ethernet(dst [6]byte, proto tcpip.NetworkProtocolNumber, payload []byte) []byte {
	b := append(dst[:], 2, 0, 0, 0, 0, 9, byte(proto>>8), byte(proto))
	return append(b, payload...)
}

var us = [6]byte{2, 0, 0, 0, 0, 1}

func TestDestinations(t *testing.T) {
	tests := []struct {
		name string
		dst  [6]byte
		want []delivered
	}{
		{"ours", us, []delivered{{0x88b5, tcpip.PacketHost, false, "x"}}},
		{"everybody's", [6]byte{255, 255, 255, 255, 255, 255}, []delivered{{0x88b5, tcpip.PacketBroadcast, false, "x"}}},
		{"a group's", [6]byte{1, 0, 0x5e, 0, 0, 1}, []delivered{{0x88b5, tcpip.PacketMulticast, false, "x"}}},
		{"another's", [6]byte{2, 0, 0, 0, 0, 2}, nil},
	}
	for _, test := range tests {
		r, e, d := recording(t, virtiotest.Config{Features: everything, MAC: us})
		feed(d.Receive(0), withHeader(virtio.Header{}, ethernet(test.dst, 0x88b5, []byte("x"))))
		d.Receive(0).Tell()
		e.receivers[0].poll(64)
		if diff := cmp.Diff(test.want, r.packets); diff != "" {
			t.Errorf("%s: delivered differs (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestVerified: which packets the stack has to verify itself.
func TestVerified(t *testing.T) {
	ip4 := func(change func(header.IPv4)) []byte {
		h := header.IPv4(make([]byte, 28))
		h.Encode(&header.IPv4Fields{TotalLength: 28, TTL: 9, Protocol: 17})
		if change != nil {
			change(h)
		}
		h.SetChecksum(0)
		h.SetChecksum(^h.CalculateChecksum())
		return h
	}
	ip6 := func(next uint8) []byte {
		h := header.IPv6(make([]byte, 48))
		h.Encode(&header.IPv6Fields{PayloadLength: 8, TransportProtocol: tcpip.TransportProtocolNumber(next), HopLimit: 9})
		return h
	}
	broken := ip4(nil)
	broken[8]++ // TTL
	tests := []struct {
		name  string
		proto tcpip.NetworkProtocolNumber
		ip    []byte
		flags uint8
		want  bool
	}{
		{"not vouched for", ipv4.ProtocolNumber, ip4(nil), 0, true},
		{"valid", ipv4.ProtocolNumber, ip4(nil), virtio.HeaderDataValid, false},
		{"partial", ipv4.ProtocolNumber, ip4(nil), virtio.HeaderNeedsCSum, false},
		{"header broken", ipv4.ProtocolNumber, broken, virtio.HeaderDataValid, true},
		{"first fragment", ipv4.ProtocolNumber, ip4(func(h header.IPv4) { h.SetFlagsFragmentOffset(header.IPv4FlagMoreFragments, 0) }), virtio.HeaderDataValid, true},
		{"last fragment", ipv4.ProtocolNumber, ip4(func(h header.IPv4) { h.SetFlagsFragmentOffset(0, 64) }), virtio.HeaderDataValid, true},
		{"options", ipv4.ProtocolNumber, ip4(func(h header.IPv4) { h.SetHeaderLength(28) }), virtio.HeaderDataValid, false},
		{"options beyond the end", ipv4.ProtocolNumber, append([]byte{0x4f}, ip4(nil)[1:]...), virtio.HeaderDataValid, true},
		{"cut short", ipv4.ProtocolNumber, ip4(nil)[:19], virtio.HeaderDataValid, true},
		{"v6 not vouched for", ipv6.ProtocolNumber, ip6(17), 0, true},
		{"v6 valid", ipv6.ProtocolNumber, ip6(17), virtio.HeaderDataValid, false},
		{"v6 fragment", ipv6.ProtocolNumber, ip6(44), virtio.HeaderDataValid, true},
		{"v6 cut short", ipv6.ProtocolNumber, ip6(17)[:39], virtio.HeaderDataValid, true},
		{"arp", 0x806, []byte("arp"), 0, false},
	}
	for _, pairs := range []int{1, 2} {
		for _, test := range tests {
			r, e, d := recording(t, virtiotest.Config{Features: everything, MAC: us, Pairs: pairs})
			feed(d.Receive(0), withHeader(virtio.Header{Flags: test.flags}, ethernet(us, test.proto, test.ip)))
			d.Receive(0).Tell()
			e.receivers[0].poll(64)
			if len(r.packets) != 1 || r.packets[0].Verify != test.want {
				t.Errorf("%s, %d pairs: delivered %+v, want Verify %v", test.name, pairs, r.packets, test.want)
			}
			if e.verify.Load() || !e.verifying.TryLock() {
				t.Errorf("%s: verifying goes on", test.name)
			}
		}
	}
}

func TestMalformed(t *testing.T) {
	whole := withHeader(virtio.Header{}, ethernet(us, 0x88b5, nil))
	count := func(n uint16) func(b []byte) { return func(b []byte) { binary.LittleEndian.PutUint16(b[10:], n) } }
	tests := []struct {
		name   string
		frame  []byte
		change func(first []byte)
	}{
		{"empty", nil, nil},
		{"part of a header", whole[:11], nil},
		{"header alone", whole[:12], nil},
		{"part of an Ethernet header", whole[:25], nil},
		{"in no buffer", whole, count(0)},
		{"in more buffers than there are", whole, count(2)},
		{"in very many", whole, count(0xffff)},
	}
	for _, test := range tests {
		r, e, d := recording(t, virtiotest.Config{Features: everything, MAC: us})
		c, _ := d.Receive(0).Fetch()
		copy(c.In[0], test.frame)
		if len(test.frame) >= virtio.HeaderSize {
			count(1)(c.In[0])
		}
		if test.change != nil {
			test.change(c.In[0])
		}
		d.Receive(0).Use(c.Head, len(test.frame))
		d.Receive(0).Tell()
		feedOne := func() {
			feed(d.Receive(0), whole)
			d.Receive(0).Tell()
			e.receivers[0].poll(64)
		}
		e.receivers[0].poll(64)
		if len(r.packets) != 0 || d.Stats().Dropped != 1 {
			t.Errorf("%s: delivered %v, %d dropped", test.name, r.packets, d.Stats().Dropped)
		}
		if feedOne(); len(r.packets) != 1 || e.receivers[0].q.Free() != 0 {
			t.Errorf("%s: afterwards %d delivered, %d buffers missing", test.name, len(r.packets), e.receivers[0].q.Free())
		}
	}
}

// udpSegments is a frame of UDP segments.
func udpSegments(v6 bool, payload []byte) (frame []byte, headers int) {
	u := header.UDP(make([]byte, 8))
	u.Encode(&header.UDPFields{SrcPort: 1, DstPort: 2, Length: uint16(8 + len(payload))})
	if v6 {
		h := header.IPv6(make([]byte, 40))
		h.Encode(&header.IPv6Fields{PayloadLength: uint16(8 + len(payload)), TransportProtocol: 17, HopLimit: 3})
		return ethernet(us, ipv6.ProtocolNumber, append(append(h, u...), payload...)), 40 + 8
	}
	h := header.IPv4(make([]byte, 20))
	h.Encode(&header.IPv4Fields{TotalLength: uint16(28 + len(payload)), TTL: 3, Protocol: 17, ID: 0xfffe})
	h.SetChecksum(^h.CalculateChecksum())
	return ethernet(us, ipv4.ProtocolNumber, append(append(h, u...), payload...)), 20 + 8
}

func TestUDPSegments(t *testing.T) {
	payload := make([]byte, 20000) // over several receive buffers
	for i := range payload {
		payload[i] = byte(i * 7)
	}
	for _, v6 := range []bool{false, true} {
		r, e, d := recording(t, virtiotest.Config{Features: everything, MAC: us})
		frame, headers := udpSegments(v6, payload)
		feed(d.Receive(0), withHeader(virtio.Header{Flags: virtio.HeaderNeedsCSum, GSO: virtio.GSOUDP, Segment: 1400}, frame))
		d.Receive(0).Tell()
		e.receivers[0].poll(64)
		var got []byte
		for i, p := range r.packets {
			ip := []byte(p.Data)
			n := len(ip) - headers
			switch {
			case p.Verify:
				t.Errorf("segment %d is to be verified", i)
			case v6 && int(header.IPv6(ip).PayloadLength()) != 8+n:
				t.Errorf("segment %d has length %d for %d bytes", i, header.IPv6(ip).PayloadLength(), n)
			case !v6 && (!header.IPv4(ip).IsChecksumValid() || int(header.IPv4(ip).TotalLength()) != len(ip) || header.IPv4(ip).ID() != 0xfffe+uint16(i)):
				t.Errorf("segment %d has a wrong header % x", i, ip[:20])
			case int(header.UDP(ip[headers-8:]).Length()) != 8+n:
				t.Errorf("segment %d has UDP length %d for %d bytes", i, header.UDP(ip[headers-8:]).Length(), n)
			}
			got = append(got, ip[headers:]...)
		}
		if len(r.packets) != 15 || !bytes.Equal(got, payload) {
			t.Errorf("v6 %v: %d segments with %d bytes, or others", v6, len(r.packets), len(got))
		}
	}
	for name, h := range map[string]virtio.Header{
		"no size":    {Flags: virtio.HeaderNeedsCSum, GSO: virtio.GSOUDP},
		"no partial": {GSO: virtio.GSOUDP, Segment: 1400},
	} {
		r, e, d := recording(t, virtiotest.Config{Features: everything, MAC: us})
		frame, _ := udpSegments(false, payload)
		feed(d.Receive(0), withHeader(h, frame))
		d.Receive(0).Tell()
		if e.receivers[0].poll(64); len(r.packets) != 0 || d.Stats().Dropped != 1 {
			t.Errorf("%s: %d delivered, %d dropped", name, len(r.packets), d.Stats().Dropped)
		}
	}
}

// FuzzFrames gives a stack frames with any header and any bytes, in buffers cut
// anywhere.
func FuzzFrames(f *testing.F) {
	u4, _ := udpSegments(false, make([]byte, 300))
	u6, _ := udpSegments(true, make([]byte, 300))
	for _, frame := range [][]byte{u4, u6, tcpFrame(10)[virtio.HeaderSize:]} {
		f.Add(byte(1), byte(0), uint16(0), uint16(1), uint16(0), frame)
		f.Add(byte(1), byte(virtio.GSOUDP), uint16(100), uint16(3), uint16(50), frame)
		f.Add(byte(0), byte(virtio.GSOTCP4), uint16(100), uint16(2), uint16(60), frame)
	}
	f.Fuzz(func(t *testing.T, flags, gso byte, segment, buffers, cut uint16, frame []byte) {
		s := stack.New(stack.Options{
			NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol},
			TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol},
		})
		defer s.Destroy()
		e, d := idle(t, virtiotest.Config{Features: everything, MAC: us, QueueSize: 64}, nil)
		defer d.Close()
		e.start.Do(func() {})
		if err := s.CreateNIC(1, e); err != nil {
			t.Fatal(err)
		}
		b := withHeader(virtio.Header{Flags: flags, GSO: gso, Segment: segment, Buffers: buffers}, frame)
		for r := d.Receive(0); ; {
			c, ok := r.Fetch()
			if !ok {
				break
			}
			n := copy(c.In[0], b[:min(len(b), int(cut)+1)])
			r.Use(c.Head, n)
			if b = b[n:]; len(b) == 0 {
				break
			}
		}
		d.Receive(0).Tell()
		r := e.receivers[0]
		r.poll(64)
		r.tx.lazyReclaim()
		if r.q.Free() != 0 || r.q.Err() != nil {
			t.Errorf("%d receive buffers are missing, %v", r.q.Free(), r.q.Err())
		}
	})
}
