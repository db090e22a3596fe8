package netstack_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"unibench/libos/abi"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
	"unibench/libos/guest/netstack"
)

// Addresses of the two hosts of a world, and one of the network that nobody has.
var (
	addrA, addrB     = ip4(198, 18, 0, 1), ip4(198, 18, 0, 2)
	addr6A, addr6B   = ip6(0xfd, 1), ip6(0xfd, 2)
	loop4, loop6     = ip4(127, 0, 0, 1), ip6(0, 1)
	nobody, mappedB  = ip4(198, 18, 0, 77), mapped(addrB)
	macA, macB       = [6]byte{2, 0, 0, 0, 0, 1}, [6]byte{2, 0, 0, 0, 0, 2}
	unspec4, unspec6 = ip4(0, 0, 0, 0), ip6(0, 0)
)

func ip4(a, b, c, d byte) inet.Addr {
	return inet.Addr{Family: inet.Family4, IP: [16]byte{a, b, c, d}}
}

func ip6(first, last byte) inet.Addr {
	return inet.Addr{Family: inet.Family6, IP: [16]byte{0: first, 15: last}}
}

func mapped(a inet.Addr) inet.Addr {
	return inet.Addr{Family: inet.Family6, Port: a.Port, IP: [16]byte{10: 0xff, 11: 0xff, 12: a.IP[0], 13: a.IP[1], 14: a.IP[2], 15: a.IP[3]}}
}

func port(a inet.Addr, p uint16) inet.Addr {
	a.Port = p
	return a
}

func info(mac [6]byte, v4, v6 inet.Addr) *abi.NetInfo {
	return &abi.NetInfo{Pairs: 1, MAC: mac, MTU: 1500, IPv4: mapped(v4).IP, IPv6: v6.IP, Bits4: 24, Bits6: 64}
}

// A world is two stacks joined by a wire of queues and goroutines.
type world struct {
	a, b           *netstack.Stack
	statsA, statsB abi.NetStats
	linkA, linkB   *channel.Endpoint
}

// A cable says what happens to each frame: the times that it arrives, and after
// how many later frames.
type cable func(frame []byte) (copies, delay int)

// newWorld makes a world; nil is a cable that delivers each frame once, in order.
func newWorld(t testing.TB, c cable) *world {
	t.Helper()
	return newWorldWith(t, c, info(macA, addrA, addr6A))
}

// newWorldWith is newWorld with another configuration of stack a.
func newWorldWith(t testing.TB, c cable, infoA *abi.NetInfo) *world {
	t.Helper()
	return makeWorld(t, c, netstack.Config{Info: infoA}, netstack.Config{Info: info(macB, addrB, addr6B)})
}

// makeWorld is newWorld with the configurations of both stacks, to which it adds
// the wire.
func makeWorld(t testing.TB, c cable, a, b netstack.Config) *world {
	t.Helper()
	w := &world{}
	const frames = 4096
	w.linkA = channel.New(frames, 1514, tcpip.LinkAddress(macA[:]))
	w.linkB = channel.New(frames, 1514, tcpip.LinkAddress(macB[:]))
	a.NIC, a.Stats = ethernet.New(w.linkA), &w.statsA
	b.NIC, b.Stats = ethernet.New(w.linkB), &w.statsB
	var err error
	if w.a, err = netstack.New(a); err != nil {
		t.Fatal(err)
	}
	if w.b, err = netstack.New(b); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { pump(ctx, w.linkA, w.linkB, c) })
	done.Go(func() { pump(ctx, w.linkB, w.linkA, c) })
	t.Cleanup(func() {
		cancel()
		done.Wait()
		w.a.Close()
		w.b.Close()
	})
	return w
}

// pump carries frames from one end to the other.
func pump(ctx context.Context, from, to *channel.Endpoint, c cable) {
	type held struct {
		frame []byte
		after int
	}
	var queue []held
	for {
		pkt := from.ReadContext(ctx)
		if pkt == nil {
			return
		}
		if c == nil {
			in := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: pkt.ToBuffer()})
			pkt.DecRef()
			to.InjectInbound(0, in)
			in.DecRef()
			continue
		}
		view := pkt.ToView()
		frame := view.ToSlice()
		view.Release()
		pkt.DecRef()
		copies, delay := c(frame)
		for range copies {
			queue = append(queue, held{frame, delay})
		}
		rest := queue[:0]
		for _, h := range queue {
			if h.after > 0 && from.NumQueued() > 0 { // a held frame leaves when nothing follows
				h.after--
				rest = append(rest, h)
				continue
			}
			inject(to, h.frame)
		}
		queue = rest
	}
}

// inject lets a frame arrive at a link.
func inject(to *channel.Endpoint, frame []byte) {
	in := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(frame)})
	to.InjectInbound(0, in)
	in.DecRef()
}

// lossy loses and reorders frames of more than 100 bytes and some others, in parts
// per thousand.
func lossy(loss, reorder int) cable {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(1, 2))
	return func([]byte) (int, int) {
		mu.Lock()
		defer mu.Unlock()
		switch n := r.IntN(1000); {
		case n < loss:
			return 0, 0
		case n < loss+reorder:
			return 1, 1 + r.IntN(4)
		}
		return 1, 0
	}
}

// A sock is a socket whose calls wait, as Go's poller lets them: for the next
// notification, after having been told EAGAIN.
type sock struct {
	inet.Socket
	t     testing.TB
	event chan struct{}
}

const patience = 20 * time.Second

func wrap(t testing.TB, s inet.Socket) *sock {
	k := &sock{Socket: s, t: t, event: make(chan struct{}, 1)}
	s.SetNotify(func(uint32) {
		select {
		case k.event <- struct{}{}:
		default:
		}
	})
	return k
}

func open(t testing.TB, s inet.Stack, family, kind, protocol int) *sock {
	t.Helper()
	k, e := s.Socket(family, kind, protocol)
	if e != 0 {
		t.Fatalf("Socket(%d, %d, %d): errno %d", family, kind, protocol, e)
	}
	return wrap(t, k)
}

func (k *sock) wait() bool {
	select {
	case <-k.event:
		return true
	case <-time.After(patience):
		k.t.Error("no notification")
		return false
	}
}

func (k *sock) recv(b []byte) (int, linux.Errno) {
	for {
		n, e := k.Recv(b, 0, nil)
		if e != linux.EAGAIN || !k.wait() {
			return n, e
		}
	}
}

func (k *sock) recvFrom(b []byte, flags int) (int, inet.Info, linux.Errno) {
	for {
		var i inet.Info
		n, e := k.Recv(b, flags, &i)
		if e != linux.EAGAIN || !k.wait() {
			return n, i, e
		}
	}
}

// send sends all of b.
func (k *sock) send(b []byte) linux.Errno {
	for len(b) > 0 {
		n, e := k.Send(b, 0, nil)
		if e == linux.EAGAIN && k.wait() {
			continue
		}
		if e != 0 {
			return e
		}
		b = b[n:]
	}
	return 0
}

// connect waits for the connection, as Go does it.
func (k *sock) connect(to inet.Addr) linux.Errno {
	e := k.Connect(to)
	if e != linux.EINPROGRESS {
		return e
	}
	for k.Ready()&inet.Writable == 0 {
		if !k.wait() {
			return linux.ETIMEDOUT
		}
	}
	return linux.Errno(k.option(linux.SolSocket, linux.SoError))
}

func (k *sock) accept() *sock {
	k.t.Helper()
	for {
		s, _, e := k.Accept()
		if e == 0 {
			return wrap(k.t, s)
		}
		if e != linux.EAGAIN || !k.wait() {
			k.t.Fatalf("Accept: errno %d", e)
		}
	}
}

// until waits for bits of readiness.
func (k *sock) until(bits uint32) bool {
	k.t.Helper()
	for k.Ready()&bits != bits {
		if !k.wait() {
			k.t.Errorf("Ready() = %#x, want %#x in it", k.Ready(), bits)
			return false
		}
	}
	return true
}

func (k *sock) set(level, name, v int) linux.Errno {
	return k.SetOption(level, name, []byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)})
}

func (k *sock) option(level, name int) int {
	k.t.Helper()
	var b [4]byte
	n, e := k.Option(level, name, b[:])
	if e != 0 || n != 4 {
		k.t.Fatalf("Option(%d, %d) = %d, errno %d", level, name, n, e)
	}
	return int(int32(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24))
}

func (k *sock) local() inet.Addr {
	k.t.Helper()
	a, e := k.Local()
	if e != 0 {
		k.t.Fatalf("Local: errno %d", e)
	}
	return a
}

// listen makes a listening socket, and returns it with its port.
func listen(t testing.TB, s inet.Stack, a inet.Addr, backlog int) (*sock, uint16) {
	t.Helper()
	k := open(t, s, int(a.Family), inet.Stream, 0)
	if e := k.Bind(a); e != 0 {
		t.Fatalf("Bind(%v): errno %d", a, e)
	}
	if e := k.Listen(backlog); e != 0 {
		t.Fatalf("Listen: errno %d", e)
	}
	return k, k.local().Port
}

// pair connects a new socket of one stack to one of the other.
func pair(t testing.TB, from, to inet.Stack, a inet.Addr) (client, server *sock) {
	t.Helper()
	l, p := listen(t, to, a, 1)
	defer l.Close()
	client = open(t, from, int(a.Family), inet.Stream, 0)
	if e := client.connect(port(a, p)); e != 0 {
		t.Fatalf("Connect(%v): errno %d", a, e)
	}
	return client, l.accept()
}
