package netstack_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"unibench/libos/abi"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
	"unibench/libos/guest/netstack"
)

// heap is what is live, in bytes.
func heap() int {
	runtime.GC()
	runtime.GC() // what was in a sync.Pool goes the second time
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// segment is a frame from a to b with a TCP segment without data.
func segment(from [4]byte, fromPort, toPort uint16, seq, ack uint32, flags byte) []byte {
	f := make([]byte, 14+20+20)
	copy(f, macB[:])
	copy(f[6:], macA[:])
	f[12] = 8
	ip := f[14:]
	ip[0], ip[8], ip[9] = 0x45, 64, 6
	binary.BigEndian.PutUint16(ip[2:], 40)
	copy(ip[12:], from[:])
	copy(ip[16:], addrB.IP[:4])
	binary.BigEndian.PutUint16(ip[10:], ^fold(0, ip[:20]))
	tcp := ip[20:]
	binary.BigEndian.PutUint16(tcp, fromPort)
	binary.BigEndian.PutUint16(tcp[2:], toPort)
	binary.BigEndian.PutUint32(tcp[4:], seq)
	binary.BigEndian.PutUint32(tcp[8:], ack)
	tcp[12], tcp[13] = 5<<4, flags
	binary.BigEndian.PutUint16(tcp[14:], 0xffff)
	binary.BigEndian.PutUint16(tcp[16:], ^fold(uint32(fold(0, ip[12:20]))+6+20, tcp))
	return f
}

// fold is the Internet checksum before its complement (RFC 1071).
func fold(n uint32, b []byte) uint16 {
	for i := 0; i+1 < len(b); i += 2 {
		n += uint32(b[i])<<8 | uint32(b[i+1])
	}
	n = n&0xffff + n>>16
	return uint16(n + n>>16)
}

const (
	synFlag = 2
	rstFlag = 4
	ackFlag = 16
)

// TestLoss sends over a wire that loses 5 % and reorders 5 % of the frames.
func TestLoss(t *testing.T) {
	w := newWorld(t, lossy(50, 50))
	client, server := pair(t, w.a, w.b, addrB)
	exchange(t, client, server, noise(1<<20))
}

// TestDuplicates sends over a wire that delivers frames twice, some late.
func TestDuplicates(t *testing.T) {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(5, 6))
	w := newWorld(t, func([]byte) (int, int) {
		mu.Lock()
		defer mu.Unlock()
		return 1 + r.IntN(2), r.IntN(3)
	})
	client, server := pair(t, w.a, w.b, addrB)
	exchange(t, client, server, noise(1<<20))
}

// TestSYNFlood: 100,000 SYNs leave the memory bounded, and an honest client gets
// through in the midst of them. Those that seem to come from the network itself
// cannot be answered: their state goes when gVisor gives up asking for hardware
// addresses, after three seconds.
func TestSYNFlood(t *testing.T) {
	for _, test := range []struct {
		name string
		from func(r *rand.Rand) [4]byte
	}{
		{"from everywhere", func(r *rand.Rand) [4]byte { return [4]byte{198, 19, byte(r.Uint32()), byte(r.Uint32())} }},
		{"from the network", func(r *rand.Rand) [4]byte { return [4]byte{198, 18, 0, byte(3 + r.IntN(250))} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := faketime.NewManualClock()
			b := info(macB, addrB, addr6B)
			b.Gateway4 = mapped(addrA).IP // so that answers to all have a route
			w := makeWorld(t, nil, netstack.Config{Info: info(macA, addrA, addr6A)}, netstack.Config{Info: b, Clock: clock})
			l, p := listen(t, w.b, addrB, 1024)
			honest := func() {
				client := open(t, w.a, inet.Family4, inet.Stream, 0)
				if e := client.connect(port(addrB, p)); e != 0 {
					t.Errorf("Connect in the flood: errno %d", e)
				}
				exchange(t, client, l.accept(), noise(10000))
			}
			honest() // and both know each other's hardware address
			before := heap()
			r := rand.New(rand.NewPCG(7, 8))
			n := 100000
			if testing.Short() || raced {
				n = 10000
			}
			for i := range n {
				inject(w.linkB, segment(test.from(r), uint16(r.Uint32()), p, r.Uint32(), 0, synFlag))
				if i%(n/4) == 0 {
					honest()
				}
			}
			for range 5 {
				clock.Advance(time.Second)
			}
			const bound = 32 << 20
			grown := heap() - before
			t.Logf("the flood holds %d KiB", grown>>10)
			if grown > bound {
				t.Errorf("the flood holds %d bytes, want at most %d", grown, bound)
			}
		})
	}
}

// TestConnections has 10,000 connections at a time, and uses them all.
func TestConnections(t *testing.T) {
	n := 10000
	if testing.Short() || raced {
		n = 1000
	}
	w := newWorld(t, nil)
	l, p := listen(t, w.b, addrB, 4096)
	before := heap()
	clients, servers := make([]*sock, n), make([]*sock, n)
	for i := range clients {
		clients[i] = open(t, w.a, inet.Family4, inet.Stream, 0)
		if e := clients[i].connect(port(addrB, p)); e != 0 {
			t.Fatalf("Connect %d: errno %d", i, e)
		}
		servers[i] = l.accept()
	}
	open := heap() - before
	t.Logf("a connection is %d bytes, both ends", open/n)
	if limit := 40 << 10; open/n > limit {
		t.Errorf("a connection is %d bytes, want at most %d", open/n, limit)
	}
	for i := range clients {
		clients[i].send([]byte{byte(i), byte(i >> 8)})
	}
	for i := range servers {
		b := make([]byte, 3)
		if k, e := servers[i].recv(b); k != 2 || b[0] != byte(i) || b[1] != byte(i>>8) {
			t.Fatalf("connection %d: %v, errno %d", i, b[:k], e)
		}
	}
	for i := range clients {
		servers[i].Close()
		clients[i].Close()
	}
	clear(clients)
	clear(servers)
	exchangeOne(t, w) // what is still on its way arrives before
	// What remains is TIME-WAIT, at most maxClosing of them.
	if left, limit := heap()-before, open/2; left > limit && n == 10000 {
		t.Errorf("%d bytes remain after Close, want at most %d", left, limit)
	} else {
		t.Logf("%d KiB remain after Close", left>>10)
	}
}

// TestZeroWindow: a peer that does not read stops the sender within its buffers,
// and one that begins to read gets everything.
func TestZeroWindow(t *testing.T) {
	w := newWorld(t, nil)
	client, server := pair(t, w.a, w.b, addrB)
	server.set(linux.SolSocket, linux.SoRcvbuf, 8<<10)
	client.set(linux.SolSocket, linux.SoSndbuf, 64<<10)
	data := noise(1 << 20)
	sent := 0
	for {
		n, e := client.Send(data[sent:], 0, nil)
		if e == linux.EAGAIN {
			// Full for now; full for good once nothing moves any more.
			if in, _ := server.Queued(); in > 0 && !moves(client) {
				break
			}
			continue
		}
		if e != 0 {
			t.Fatalf("Send: errno %d", e)
		}
		sent += n
	}
	// Both buffers are twice what was asked for.
	if sent > 2*(64+8)<<10 {
		t.Fatalf("%d bytes went to a peer that does not read", sent)
	}
	go func() {
		client.send(data[sent:])
		client.Shutdown(inet.ShutWrite)
	}()
	if got := server.all(); !bytes.Equal(got, data) {
		t.Errorf("received %d bytes, not the %d that were sent", len(got), len(data))
	}
}

// moves reports whether the socket is notified of something soon.
func moves(k *sock) bool {
	select {
	case <-k.event:
		return true
	case <-time.After(100 * time.Millisecond):
		return false
	}
}

// TestRSTStorm: resets that guess do not end a connection (RFC 5961), and those
// for nothing cost nothing.
func TestRSTStorm(t *testing.T) {
	w := newWorld(t, nil)
	client, server := pair(t, w.a, w.b, addrB)
	from, to := client.local().Port, server.local().Port
	before := heap()
	r := rand.New(rand.NewPCG(9, 10))
	for range 20000 {
		inject(w.linkB, segment([4]byte(addrA.IP[:4]), from, to, r.Uint32(), r.Uint32(), rstFlag|byte(r.IntN(2))*ackFlag))
		inject(w.linkB, segment([4]byte(addrA.IP[:4]), uint16(r.Uint32()), uint16(r.Uint32()), r.Uint32(), r.Uint32(), rstFlag))
	}
	exchange(t, client, server, noise(100000))
	if grown := heap() - before; grown > 8<<20 {
		t.Errorf("the storm holds %d bytes", grown)
	}
}

// TestKeepAlive: a peer that has vanished is found out.
func TestKeepAlive(t *testing.T) {
	t.Parallel()
	var cut atomic.Bool
	w := newWorld(t, func(frame []byte) (int, int) {
		if cut.Load() && frame[12] == 8 && frame[13] == 0 { // IPv4: somebody still answers ARP
			return 0, 0
		}
		return 1, 0
	})
	client, _ := pair(t, w.a, w.b, addrB)
	client.set(linux.SolTCP, linux.TCPKeepidle, 1)
	client.set(linux.SolTCP, linux.TCPKeepintvl, 1)
	client.set(linux.SolTCP, linux.TCPKeepcnt, 2)
	client.set(linux.SolSocket, linux.SoKeepalive, 1)
	cut.Store(true)
	client.until(inet.Failed | inet.HungUp)
	if _, e := client.Recv(make([]byte, 1), 0, nil); e != linux.ETIMEDOUT {
		t.Errorf("Recv: errno %d, want ETIMEDOUT", e)
	}
}

// TestUserTimeout: data that nobody acknowledges ends a connection.
func TestUserTimeout(t *testing.T) {
	t.Parallel()
	var cut atomic.Bool
	w := newWorld(t, func(frame []byte) (int, int) {
		if cut.Load() && frame[12] == 8 && frame[13] == 0 {
			return 0, 0
		}
		return 1, 0
	})
	client, _ := pair(t, w.a, w.b, addrB)
	client.set(linux.SolTCP, linux.TCPUserTimeout, 500)
	cut.Store(true)
	client.send([]byte("nobody hears this"))
	client.until(inet.Failed | inet.HungUp)
	if _, e := client.Recv(make([]byte, 1), 0, nil); e != linux.ETIMEDOUT {
		t.Errorf("Recv: errno %d, want ETIMEDOUT", e)
	}
}

// record carries a frame of every kind that the tests make, for the mutations.
func record(t testing.TB) [][]byte {
	t.Helper()
	var mu sync.Mutex
	var frames [][]byte
	w := newWorld(t, func(frame []byte) (int, int) {
		mu.Lock()
		defer mu.Unlock()
		if len(frames) < 400 {
			frames = append(frames, bytes.Clone(frame))
		}
		return 1, 0
	})
	for _, to := range []inet.Addr{addrB, addr6B} {
		client, server := pair(t, w.a, w.b, to)
		exchange(t, client, server, noise(20000))
		udp := bound(t, w.b, to)
		sender := open(t, w.a, int(to.Family), inet.Datagram, 0)
		sender.sendTo(noise(5000), udp.local()) // fragments
		udp.recvFrom(make([]byte, 5000), 0)
		sender.sendTo([]byte("x"), port(to, 9)) // and an ICMP error
	}
	mu.Lock()
	defer mu.Unlock()
	return slices.Clone(frames) // the wire goes on until the test ends
}

// mutate changes a frame in a way that may go past the first checks.
func mutate(r *rand.Rand, frame []byte) []byte {
	f := bytes.Clone(frame)
	for range 1 + r.IntN(4) {
		switch i := r.IntN(len(f)); r.IntN(4) {
		case 0:
			f[i] ^= 1 << r.IntN(8)
		case 1:
			f[i] = byte(r.Uint32())
		case 2:
			f = f[:max(i, 1)]
		case 3:
			f = append(f, f[i:]...)
		}
	}
	if len(f) >= 34 && f[12] == 8 && f[13] == 0 && r.IntN(2) == 0 { // a right IPv4 checksum
		n := min(int(f[14]&15)*4, len(f)-14)
		if n >= 12 {
			f[24], f[25] = 0, 0
			binary.BigEndian.PutUint16(f[24:], ^fold(0, f[14:14+n&^1]))
		}
	}
	return f
}

// TestMutatedFrames feeds a stack with frames that are nearly right, while honest
// connections go on.
func TestMutatedFrames(t *testing.T) {
	frames := record(t)
	w := newWorld(t, nil)
	l, p := listen(t, w.b, unspec6, 100)
	defer l.Close()
	before := heap()
	r := rand.New(rand.NewPCG(11, 12))
	n := 100000
	if testing.Short() || raced {
		n = 10000
	}
	for i := range n {
		inject(w.linkB, mutate(r, frames[r.IntN(len(frames))]))
		if i%(n/5) == 0 {
			client := open(t, w.a, inet.Family4, inet.Stream, 0)
			if e := client.connect(port(addrB, p)); e != 0 {
				t.Fatalf("Connect: errno %d", e)
			}
			server := l.accept()
			exchange(t, client, server, noise(1000))
			client.Close()
			server.Close()
		}
	}
	if grown := heap() - before; grown > 32<<20 {
		t.Errorf("the frames hold %d bytes", grown)
	} else {
		t.Logf("the frames hold %d KiB", grown>>10)
	}
}

// FuzzFrame lets frames arrive at a stack with sockets of all kinds.
func FuzzFrame(f *testing.F) {
	for i, frame := range record(f) {
		if i%10 == 0 {
			f.Add(frame)
		}
	}
	link := channel.New(1024, 1514, tcpip.LinkAddress(macB[:]))
	s, err := netstack.New(netstack.Config{NIC: ethernet.New(link), Info: &abi.NetInfo{
		Pairs: 1, MAC: macB, MTU: 1500, IPv4: mapped(addrB).IP, IPv6: addr6B.IP, Bits4: 24, Bits6: 64,
	}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.Close)
	listen(f, s, port(unspec6, 80), 10)
	bound(f, s, port(unspec6, 53))
	open(f, s, inet.Family4, inet.Raw, 1)
	open(f, s, inet.FamilyPacket, inet.Raw, 3)
	f.Fuzz(func(t *testing.T, frame []byte) {
		inject(link, frame)
		link.Drain()
	})
}
