package link_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"unibench/libos/abi"
	"unibench/libos/guest/netstack/link"
	"unibench/libos/guest/virtio"
	"unibench/libos/guest/virtio/virtiotest"
)

const (
	mtu  = 1500
	nic  = 1
	port = 7
)

// device is a platform that can be closed: then nobody waits any more.
type device interface {
	virtio.Platform
	Close()
}

// host is a stack on an endpoint on a device.
type host struct {
	*stack.Stack
	device   device
	endpoint *link.Endpoint
	v4, v6   tcpip.FullAddress
	ports    uint16 // in use
}

// newHost makes host number n, with addresses that end in n.
func newHost(t testing.TB, n byte, d device) *host {
	t.Helper()
	d.Info().MAC = [6]byte{2, 0, 0, 0, 0, n}
	h := &host{device: d}
	dev, err := virtio.Open(d)
	if err != nil {
		t.Fatal(err)
	}
	if h.endpoint, err = link.New(dev); err != nil {
		t.Fatal(err)
	}
	h.Stack = stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocolCUBIC, udp.NewProtocol},
	})
	sack := tcpip.TCPSACKEnabled(true)
	check(t, h.SetTransportProtocolOption(tcp.ProtocolNumber, &sack))
	check(t, h.CreateNICWithOptions(nic, h.endpoint, stack.NICOptions{QDisc: h.endpoint.Discipline()}))
	h.v4 = tcpip.FullAddress{NIC: nic, Port: port, Addr: tcpip.AddrFrom4([4]byte{198, 18, 0, n})}
	h.v6 = tcpip.FullAddress{NIC: nic, Port: port, Addr: tcpip.AddrFrom16([16]byte{0xfd, 15: n})}
	for _, a := range []tcpip.ProtocolAddress{
		{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: tcpip.AddressWithPrefix{Address: h.v4.Addr, PrefixLen: 24}},
		{Protocol: ipv6.ProtocolNumber, AddressWithPrefix: tcpip.AddressWithPrefix{Address: h.v6.Addr, PrefixLen: 64}},
	} {
		check(t, h.AddProtocolAddress(nic, a, stack.AddressProperties{}))
		h.AddRoute(tcpip.Route{Destination: a.AddressWithPrefix.Subnet(), NIC: nic})
	}
	return h
}

func check(t testing.TB, err tcpip.Error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// close ends the endpoint and its goroutines, and then the stack, which waits for
// them.
func (h *host) close() {
	h.endpoint.Close()
	h.device.Close()
	h.Stack.Destroy()
}

const (
	none      = abi.FeatureEventIdx
	checksums = abi.FeatureEventIdx | abi.NetFeatureGuestCSum | abi.NetFeatureMrgRxBuf
	sending   = abi.FeatureEventIdx | abi.NetFeatureCSum | abi.NetFeatureHostTSO4 | abi.NetFeatureHostTSO6
	all       = ^uint64(abi.NetFeatureHostUSO | abi.NetFeatureGuestUSO4 | abi.NetFeatureGuestUSO6)
)

// TestStreams runs an echo of many small messages, a long stream one way and a
// long echo, over all kinds of devices.
func TestStreams(t *testing.T) {
	tests := []struct {
		name string
		a, b virtiotest.Config
		loss float64
		size int // of the stream
		want func(w *wire) bool
	}{
		{"plain", virtiotest.Config{Features: none}, virtiotest.Config{}, 0, 10e6,
			func(w *wire) bool { return w.segmented == 0 && w.vouched == 0 }},
		{"checksums", virtiotest.Config{Features: checksums}, virtiotest.Config{Features: checksums}, 0, 2e6,
			func(w *wire) bool { return w.segmented == 0 && w.vouched > 10 }},
		{"sending", virtiotest.Config{Features: sending}, virtiotest.Config{Features: sending}, 0, 2e6,
			func(w *wire) bool { return w.segmented > 10 && w.vouched == 0 }},
		{"all", virtiotest.Config{Features: all}, virtiotest.Config{Features: all}, 0, 10e6,
			func(w *wire) bool { return w.segmented > 10 }},
		{"two pairs", virtiotest.Config{Features: all, Pairs: 2}, virtiotest.Config{Features: checksums, Pairs: 2}, 0, 2e6,
			func(w *wire) bool { return w.segmented > 10 && w.vouched > 10 }},
		{"small queues", virtiotest.Config{Features: all, QueueSize: 32}, virtiotest.Config{Features: all, QueueSize: 32}, 0, 2e6,
			func(w *wire) bool { return w.segmented > 10 }},
		{"loss", virtiotest.Config{Features: checksums}, virtiotest.Config{Features: none}, 0.01, 1e6,
			func(w *wire) bool { return w.lost > 10 }},
		{"loss of segments", virtiotest.Config{Features: all}, virtiotest.Config{Features: all}, 0.01, 1e6,
			func(w *wire) bool { return w.lost > 1 && w.segmented > 10 }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			da, db := virtiotest.New(test.a), virtiotest.New(test.b)
			a, b := newHost(t, 1, da), newHost(t, 2, db)
			w := newWire(t, da, db, test.loss)
			for _, v := range []struct {
				to    tcpip.FullAddress
				proto tcpip.NetworkProtocolNumber
				size  int
			}{{b.v4, ipv4.ProtocolNumber, test.size}, {b.v6, ipv6.ProtocolNumber, 1e6}} {
				messages(t, a, b, v.to, v.proto, 300)
				echo(t, a, b, v.to, v.proto, v.size)
			}
			a.close()
			b.close()
			w.close()
			t.Logf("%d and %d retransmits, %d and %d timeouts; %d frames, %d segmented, %d vouched for, %d lost; notified %d and %d, copied %d",
				a.Stats().TCP.Retransmits.Value(), b.Stats().TCP.Retransmits.Value(), a.Stats().TCP.Timeouts.Value(), b.Stats().TCP.Timeouts.Value(), w.frames, w.segmented, w.vouched, w.lost, a.device.Stats().Notified, b.device.Stats().Notified, a.device.Stats().CopiedOut)
			if !test.want(w) {
				t.Error("the wire did not see what this test is for")
			}
			for _, h := range []*host{a, b} {
				// What is sent again after a timeout comes all at once: where frames are lost
				// on the wire, a queue that is full may lose one, too.
				dropped := test.loss == 0 && h.device.Stats().Dropped != 0
				if s := h.Stats(); s.TCP.ChecksumErrors.Value()+s.IP.MalformedPacketsReceived.Value() != 0 || dropped {
					t.Errorf("%d wrong checksums, %d malformed, %d dropped by the driver",
						s.TCP.ChecksumErrors.Value(), s.IP.MalformedPacketsReceived.Value(), h.device.Stats().Dropped)
				}
			}
		})
	}
}

// messages sends small messages to and fro.
func messages(t *testing.T, a, b *host, to tcpip.FullAddress, proto tcpip.NetworkProtocolNumber, n int) {
	t.Helper()
	c := connect(t, a, b, to, proto)
	defer c.Close()
	got := make([]byte, 200)
	for i := range n {
		m := bytes.Repeat([]byte{byte(i)}, 1+i%len(got))
		if _, err := c.Write(m); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, got[:len(m)]); err != nil || !bytes.Equal(got[:len(m)], m) {
			t.Fatalf("message %d comes back as %v, %v", i, got[:len(m)], err)
		}
	}
}

// echo sends a stream and compares what comes back.
func echo(t *testing.T, a, b *host, to tcpip.FullAddress, proto tcpip.NetworkProtocolNumber, size int) {
	t.Helper()
	c := connect(t, a, b, to, proto)
	defer c.Close()
	data := make([]byte, size)
	rnd := rand.New(rand.NewPCG(3, 4))
	for i := range data {
		data[i] = byte(rnd.Uint32())
	}
	sent := make(chan error, 1)
	go func() {
		_, err := c.Write(data)
		sent <- errors.Join(err, c.CloseWrite())
	}()
	got, err := io.ReadAll(c)
	if err := errors.Join(err, <-sent); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, data) {
		t.Fatalf("%d bytes come back for %d, or others", len(got), len(data))
	}
}

// connect returns a connection to a server that sends everything back.
func connect(t *testing.T, a, b *host, to tcpip.FullAddress, proto tcpip.NetworkProtocolNumber) *gonet.TCPConn {
	t.Helper()
	b.ports++
	to.Port += b.ports
	l, err := gonet.ListenTCP(b.Stack, to, proto)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		s, err := l.Accept()
		l.Close()
		if err == nil {
			io.Copy(s, s)
			s.Close()
		}
	}()
	c, err := gonet.DialContextTCP(context.Background(), a.Stack, to, proto)
	if err != nil {
		t.Fatal(fmt.Errorf("connect: %w", err))
	}
	return c
}

// TestDatagrams sends datagrams of all sizes, up to those in fragments, whose
// checksums only the stack can verify.
func TestDatagrams(t *testing.T) {
	for _, features := range []uint64{none, checksums, all} {
		da, db := virtiotest.New(virtiotest.Config{Features: features}), virtiotest.New(virtiotest.Config{Features: features, Pairs: 2})
		a, b := newHost(t, 1, da), newHost(t, 2, db)
		w := newWire(t, da, db, 0)
		for _, v := range []struct {
			from, to tcpip.FullAddress
			proto    tcpip.NetworkProtocolNumber
		}{{a.v4, b.v4, ipv4.ProtocolNumber}, {a.v6, b.v6, ipv6.ProtocolNumber}} {
			s, err := gonet.DialUDP(b.Stack, &v.to, nil, v.proto)
			if err != nil {
				t.Fatal(err)
			}
			c, err := gonet.DialUDP(a.Stack, &v.from, &v.to, v.proto)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]byte, 1<<16)
			for _, n := range []int{1, 60, 1400, 1472, 1473, 5000, 30000} {
				m := bytes.Repeat([]byte{byte(n)}, n)
				if _, err := c.Write(m); err != nil {
					t.Fatal(err)
				}
				k, _, err := s.ReadFrom(got)
				if err != nil || !bytes.Equal(got[:k], m) {
					t.Fatalf("datagram of %d bytes arrives with %d, %v", n, k, err)
				}
			}
			c.Close()
			s.Close()
		}
		a.close()
		b.close()
		w.close()
	}
}
