package netstack_test

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"testing"

	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// noise is n bytes that are hard to get right by chance.
func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(b)
	return b
}

// all reads to the end of the stream.
func (k *sock) all() []byte {
	var out []byte
	b := make([]byte, 40000)
	for {
		n, e := k.recv(b)
		if e != 0 {
			k.t.Errorf("Recv: errno %d", e)
			return out
		}
		if n == 0 {
			return out
		}
		out = append(out, b[:n]...)
	}
}

// exchange sends data both ways at once, half-closing each, and checks it.
func exchange(t testing.TB, client, server *sock, data []byte) {
	t.Helper()
	var done sync.WaitGroup
	done.Go(func() {
		if e := client.send(data); e != 0 {
			t.Errorf("client Send: errno %d", e)
		}
		if e := client.Shutdown(inet.ShutWrite); e != 0 {
			t.Errorf("client Shutdown: errno %d", e)
		}
	})
	done.Go(func() {
		if got := client.all(); !bytes.Equal(got, data) {
			t.Errorf("client received %d bytes, not the %d that were sent", len(got), len(data))
		}
	})
	b := make([]byte, 7777)
	for {
		n, e := server.recv(b)
		if e != 0 {
			t.Fatalf("server Recv: errno %d", e)
		}
		if n == 0 {
			break
		}
		if e := server.send(b[:n]); e != 0 {
			t.Fatalf("server Send: errno %d", e)
		}
	}
	if e := server.Shutdown(inet.ShutWrite); e != 0 {
		t.Errorf("server Shutdown: errno %d", e)
	}
	done.Wait()
}

func TestStream(t *testing.T) {
	tests := []struct {
		name  string
		local bool
		addr  inet.Addr
	}{
		{"IPv4 loopback", true, loop4},
		{"IPv6 loopback", true, loop6},
		{"IPv4 own address", true, addrB},
		{"IPv4", false, addrB},
		{"IPv6", false, addr6B},
		{"IPv4 mapped", false, mappedB},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, nil)
			from := w.a
			if test.local {
				from = w.b
			}
			client, server := pair(t, from, w.b, test.addr)
			if a, e := server.Local(); e != 0 || a.IP != test.addr.IP {
				t.Errorf("Local() = %v, errno %d, want %v", a, e, test.addr)
			}
			if a, e := server.Remote(); e != 0 || a != client.local() {
				t.Errorf("Remote() = %v, errno %d, want %v", a, e, client.local())
			}
			exchange(t, client, server, noise(1<<20+17))
			// Both directions have ended: a HUP each.
			client.until(inet.Readable | inet.Writable | inet.HungUp | inet.ReadShut)
			server.until(inet.Readable | inet.Writable | inet.HungUp | inet.ReadShut)
			client.Close()
			server.Close()
		})
	}
}

// TestCopied: each payload byte is copied once on each side.
func TestCopied(t *testing.T) {
	w := newWorld(t, nil)
	client, server := pair(t, w.a, w.b, addrB)
	data := noise(300000)
	exchange(t, client, server, data)
	if w.statsA.CopiedOut != uint64(len(data)) || w.statsA.CopiedIn != uint64(len(data)) {
		t.Errorf("client copied %d out and %d in, want %d each", w.statsA.CopiedOut, w.statsA.CopiedIn, len(data))
	}
	if w.statsB.CopiedOut != uint64(len(data)) || w.statsB.CopiedIn != uint64(len(data)) {
		t.Errorf("server copied %d out and %d in, want %d each", w.statsB.CopiedOut, w.statsB.CopiedIn, len(data))
	}
}

func TestReadiness(t *testing.T) {
	w := newWorld(t, nil)
	fresh := open(t, w.a, inet.Family4, inet.Stream, 0)
	if got, want := fresh.Ready(), uint32(inet.Writable|inet.HungUp); got != want {
		t.Errorf("fresh: Ready() = %#x, want %#x", got, want)
	}
	if _, e := fresh.Recv(make([]byte, 1), 0, nil); e != linux.ENOTCONN {
		t.Errorf("fresh: Recv: errno %d, want ENOTCONN", e)
	}
	if _, e := fresh.Send(make([]byte, 1), 0, nil); e != linux.EPIPE {
		t.Errorf("fresh: Send: errno %d, want EPIPE", e)
	}
	if e := fresh.Shutdown(inet.ShutWrite); e != linux.ENOTCONN {
		t.Errorf("fresh: Shutdown: errno %d, want ENOTCONN", e)
	}

	l, p := listen(t, w.b, addrB, 5)
	if got := l.Ready(); got != 0 {
		t.Errorf("listener without a connection: Ready() = %#x, want 0", got)
	}
	if _, _, e := l.Accept(); e != linux.EAGAIN {
		t.Errorf("listener without a connection: Accept: errno %d, want EAGAIN", e)
	}
	client := open(t, w.a, inet.Family4, inet.Stream, 0)
	if e := client.connect(port(addrB, p)); e != 0 {
		t.Fatalf("Connect: errno %d", e)
	}
	l.until(inet.Readable)
	server := l.accept()
	for name, k := range map[string]*sock{"client": client, "server": server} {
		if got := k.Ready(); got != inet.Writable {
			t.Errorf("connected %s: Ready() = %#x, want %#x", name, got, inet.Writable)
		}
		if _, e := k.Recv(make([]byte, 1), 0, nil); e != linux.EAGAIN {
			t.Errorf("connected %s: Recv: errno %d, want EAGAIN", name, e)
		}
	}
	for i, want := range []linux.Errno{0, linux.EISCONN} { // the first one learns that it is done
		if e := client.Connect(port(addrB, p)); e != want {
			t.Errorf("Connect again (%d): errno %d, want %d", i, e, want)
		}
	}

	// Half-close: the peer sees the end of the stream, and can still send.
	client.send([]byte("abc"))
	if e := client.Shutdown(inet.ShutWrite); e != 0 {
		t.Fatalf("Shutdown: errno %d", e)
	}
	if _, e := client.Send([]byte("d"), 0, nil); e != linux.EPIPE {
		t.Errorf("Send after Shutdown: errno %d, want EPIPE", e)
	}
	server.until(inet.ReadShut)
	if got, want := server.Ready(), uint32(inet.Readable|inet.Writable|inet.ReadShut); got != want {
		t.Errorf("half-closed server: Ready() = %#x, want %#x", got, want)
	}
	if got := string(server.all()); got != "abc" {
		t.Errorf("received %q, want abc", got)
	}
	server.send([]byte("xyz"))
	server.Close()
	if got := string(client.all()); got != "xyz" {
		t.Errorf("received %q, want xyz", got)
	}
	client.until(inet.HungUp | inet.ReadShut)
	if got := client.Ready(); got&inet.Failed != 0 {
		t.Errorf("closed by both: Ready() = %#x, with POLLERR", got)
	}
}

func TestConnectErrors(t *testing.T) {
	w := newWorld(t, nil)
	unbound := open(t, w.b, inet.Family4, inet.Stream, 0) // bound, but not listening
	unbound.Bind(unspec4)
	free := unbound.local().Port
	tests := []struct {
		name string
		from inet.Stack
		to   inet.Addr
		want linux.Errno
	}{
		{"refused by the peer", w.a, port(addrB, free), linux.ECONNREFUSED},
		{"refused by the peer over IPv6", w.a, port(addr6B, free), linux.ECONNREFUSED},
		{"refused on loopback", w.b, port(loop4, free), linux.ECONNREFUSED},
		{"refused at port 0", w.a, port(addrB, 0), linux.ECONNREFUSED},
		{"no route", w.a, port(ip4(203, 0, 113, 1), 80), linux.ENETUNREACH},
		{"no IPv6 route", w.a, port(ip6(0x20, 1), 80), linux.ENETUNREACH},
		{"nobody answers ARP", w.a, port(nobody, 80), linux.EHOSTUNREACH},
		{"link-local without an interface", w.a, port(inet.Addr{Family: inet.Family6, IP: [16]byte{0: 0xfe, 1: 0x80, 15: 9}}, 80), linux.EINVAL},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			k := open(t, test.from, int(test.to.Family), inet.Stream, 0)
			defer k.Close()
			if got := k.connect(test.to); got != test.want {
				t.Errorf("Connect(%v): errno %d, want %d", test.to, got, test.want)
			}
			if got := k.option(linux.SolSocket, linux.SoError); got != 0 {
				t.Errorf("SO_ERROR = %d the second time, want 0", got)
			}
			if _, e := k.Remote(); e != linux.ENOTCONN {
				t.Errorf("Remote: errno %d, want ENOTCONN", e)
			}
		})
	}
	k := open(t, w.a, inet.Family4, inet.Stream, 0)
	if e := k.Connect(loop6); e != linux.EAFNOSUPPORT {
		t.Errorf("Connect of an IPv4 socket to IPv6: errno %d, want EAFNOSUPPORT", e)
	}
}

// TestRefusedReadiness: what poll and SO_ERROR say of a refused connection.
func TestRefusedReadiness(t *testing.T) {
	w := newWorld(t, nil)
	k := open(t, w.a, inet.Family4, inet.Stream, 0)
	if e := k.Connect(port(addrB, 9)); e != linux.EINPROGRESS {
		t.Fatalf("Connect: errno %d, want EINPROGRESS", e)
	}
	k.until(inet.Readable | inet.Writable | inet.Failed | inet.HungUp | inet.ReadShut)
	if got := linux.Errno(k.option(linux.SolSocket, linux.SoError)); got != linux.ECONNREFUSED {
		t.Errorf("SO_ERROR = %d, want ECONNREFUSED", got)
	}
	if got := k.Ready(); got&inet.Failed != 0 {
		t.Errorf("Ready() = %#x after SO_ERROR, still with POLLERR", got)
	}
	if n, e := k.Recv(make([]byte, 1), 0, nil); n != 0 || e != 0 {
		t.Errorf("Recv = %d, errno %d after SO_ERROR, want the end", n, e)
	}
}

func TestReset(t *testing.T) {
	tests := []struct {
		name  string
		close func(k *sock)
	}{
		{"SO_LINGER 0", func(k *sock) {
			k.SetOption(linux.SolSocket, linux.SoLinger, []byte{1, 0, 0, 0, 0, 0, 0, 0})
			k.Close()
		}},
		{"closed with unread data", func(k *sock) {
			k.until(inet.Readable)
			k.Close()
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, nil)
			client, server := pair(t, w.a, w.b, addrB)
			client.send([]byte("unread"))
			test.close(server)
			client.until(inet.Readable | inet.Writable | inet.Failed | inet.HungUp | inet.ReadShut)
			if _, e := client.Recv(make([]byte, 1), 0, nil); e != linux.ECONNRESET {
				t.Errorf("Recv: errno %d, want ECONNRESET", e)
			}
			if n, e := client.Recv(make([]byte, 1), 0, nil); n != 0 || e != 0 {
				t.Errorf("second Recv = %d, errno %d, want the end", n, e)
			}
			if _, e := client.Send([]byte("x"), 0, nil); e != linux.EPIPE {
				t.Errorf("Send: errno %d, want EPIPE", e)
			}
		})
	}
}

func TestBind(t *testing.T) {
	w := newWorld(t, nil)
	l, p := listen(t, w.a, unspec4, 5)
	bind := func(name string, family int, a inet.Addr, options []int, want linux.Errno) {
		t.Helper()
		k := open(t, w.a, family, inet.Stream, 0)
		defer k.Close()
		for _, o := range options {
			k.set(linux.SolSocket, o, 1)
		}
		e := k.Bind(a)
		if e == 0 {
			e = k.Listen(1)
		}
		if e != want {
			t.Errorf("%s: errno %d, want %d", name, e, want)
		}
	}
	bind("the same port", inet.Family4, port(unspec4, p), nil, linux.EADDRINUSE)
	bind("the same port, one address", inet.Family4, port(addrA, p), nil, linux.EADDRINUSE)
	bind("the same port, SO_REUSEADDR", inet.Family4, port(unspec4, p), []int{linux.SoReuseaddr}, linux.EADDRINUSE)
	bind("dual stack over it", inet.Family6, port(unspec6, p), nil, linux.EADDRINUSE)
	bind("another's address", inet.Family4, addrB, nil, linux.EADDRNOTAVAIL)
	bind("another family", inet.Family4, unspec6, nil, linux.EAFNOSUPPORT)
	k := open(t, w.a, inet.Family6, inet.Stream, 0)
	k.set(linux.SolIPv6, linux.IPv6V6only, 1)
	if e := k.Bind(port(unspec6, p)); e != 0 {
		t.Errorf("IPV6_V6ONLY beside it: errno %d", e)
	}
	if e := k.Bind(port(unspec6, 0)); e != linux.EINVAL {
		t.Errorf("second Bind: errno %d, want EINVAL", e)
	}
	l.Close()
	bind("after Close", inet.Family4, port(unspec4, p), nil, 0)

	// SO_REUSEPORT spreads connections over listeners.
	var group [2]*sock
	for i := range group {
		group[i] = open(t, w.b, inet.Family4, inet.Stream, 0)
		group[i].set(linux.SolSocket, linux.SoReuseport, 1)
		if e := group[i].Bind(port(addrB, 7000)); e != 0 {
			t.Fatalf("Bind with SO_REUSEPORT: errno %d", e)
		}
		if e := group[i].Listen(100); e != 0 {
			t.Fatalf("Listen with SO_REUSEPORT: errno %d", e)
		}
	}
	for range 64 {
		k := open(t, w.a, inet.Family4, inet.Stream, 0)
		if e := k.connect(port(addrB, 7000)); e != 0 {
			t.Fatalf("Connect: errno %d", e)
		}
	}
	for i, l := range group {
		l.until(inet.Readable)
		if _, _, e := l.Accept(); e != 0 {
			t.Errorf("listener %d got no connection: errno %d", i, e)
		}
	}
}

func TestDualStack(t *testing.T) {
	w := newWorld(t, nil)
	l, p := listen(t, w.b, unspec6, 5)
	for _, to := range []inet.Addr{addrB, addr6B} {
		k := open(t, w.a, int(to.Family), inet.Stream, 0)
		if e := k.connect(port(to, p)); e != 0 {
			t.Fatalf("Connect(%v): errno %d", to, e)
		}
		server := l.accept()
		want := k.local()
		if to.Family == inet.Family4 {
			want = mapped(want)
		}
		if got, e := server.Remote(); e != 0 || got != want {
			t.Errorf("Remote() = %v, errno %d, want %v", got, e, want)
		}
	}
}

// TestTimeWaitReuse: a client's port is free again for the same peer, and a
// listener binds to a port of which connections remain.
func TestTimeWaitReuse(t *testing.T) {
	w := newWorld(t, nil)
	p := uint16(7001)
	l := open(t, w.b, inet.Family4, inet.Stream, 0)
	l.set(linux.SolSocket, linux.SoReuseaddr, 1)
	l.Bind(port(addrB, p))
	l.Listen(5)
	client := open(t, w.a, inet.Family4, inet.Stream, 0)
	if e := client.connect(port(addrB, p)); e != 0 {
		t.Fatalf("Connect: errno %d", e)
	}
	server := l.accept()
	server.Close() // the server closes first, so that it is the one in TIME-WAIT
	client.all()
	client.Close()
	l.Close()
	again := open(t, w.b, inet.Family4, inet.Stream, 0)
	again.set(linux.SolSocket, linux.SoReuseaddr, 1)
	if e := again.Bind(port(addrB, p)); e != 0 {
		t.Fatalf("Bind with SO_REUSEADDR: errno %d", e)
	}
	if e := again.Listen(5); e != 0 {
		t.Fatalf("Listen: errno %d", e)
	}
	k := open(t, w.a, inet.Family4, inet.Stream, 0)
	if e := k.connect(port(addrB, p)); e != 0 {
		t.Errorf("Connect: errno %d", e)
	}
}
