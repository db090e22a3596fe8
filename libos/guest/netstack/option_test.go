package netstack_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// le is the value of an option that is made of ints.
func le(v ...int) []byte {
	var b []byte
	for _, n := range v {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return b
}

// TestOptionsAsLinux sets and gets options here and on a socket of the host's
// kernel, and wants the same results.
func TestOptionsAsLinux(t *testing.T) {
	w := newWorld(t, nil)
	tests := []struct {
		name         string
		family, kind int
		level, opt   int
		set          []byte // nil: only get
		size         int    // of the buffer to get into, 4 if 0
	}{
		{"SO_REUSEADDR", 2, 1, linux.SolSocket, linux.SoReuseaddr, le(1), 0},
		{"SO_REUSEADDR short", 2, 1, linux.SolSocket, linux.SoReuseaddr, []byte{1}, 0},
		{"SO_REUSEPORT", 2, 1, linux.SolSocket, linux.SoReuseport, le(7), 0},
		{"SO_BROADCAST", 2, 2, linux.SolSocket, linux.SoBroadcast, le(1), 0},
		{"SO_KEEPALIVE", 2, 1, linux.SolSocket, linux.SoKeepalive, le(1), 0},
		{"SO_LINGER", 2, 1, linux.SolSocket, linux.SoLinger, le(1, 5), 8},
		{"SO_LINGER short", 2, 1, linux.SolSocket, linux.SoLinger, le(1), 8},
		{"SO_ERROR", 2, 1, linux.SolSocket, linux.SoError, nil, 0},
		{"SO_TYPE", 10, 2, linux.SolSocket, linux.SoType, nil, 0},
		{"SO_DOMAIN", 10, 2, linux.SolSocket, linux.SoDomain, nil, 0},
		{"SO_PROTOCOL tcp", 2, 1, linux.SolSocket, linux.SoProtocol, nil, 0},
		{"SO_PROTOCOL udp", 2, 2, linux.SolSocket, linux.SoProtocol, nil, 0},
		{"SO_ACCEPTCONN", 2, 1, linux.SolSocket, linux.SoAcceptconn, nil, 0},
		{"SO_SNDBUF", 2, 2, linux.SolSocket, linux.SoSndbuf, le(65536), 0},
		{"SO_RCVBUF", 2, 2, linux.SolSocket, linux.SoRcvbuf, le(65536), 0},
		{"SO_RCVBUF into 2 bytes", 2, 2, linux.SolSocket, linux.SoRcvbuf, le(65536), 2},
		{"SO_RCVLOWAT", 2, 1, linux.SolSocket, linux.SoRcvlowat, nil, 0},
		{"SO_BINDTODEVICE", 2, 1, linux.SolSocket, linux.SoBindtodevice, []byte("lo\x00"), 16},
		{"SO_BINDTODEVICE unknown", 2, 1, linux.SolSocket, linux.SoBindtodevice, []byte("none9\x00"), 16},
		{"SO_ unknown", 2, 1, linux.SolSocket, 999, le(1), 0},
		{"TCP_NODELAY", 2, 1, linux.SolTCP, linux.TCPNodelay, le(1), 0},
		{"TCP_NODELAY default", 2, 1, linux.SolTCP, linux.TCPNodelay, nil, 0},
		{"TCP_NODELAY on UDP", 2, 2, linux.SolTCP, linux.TCPNodelay, le(1), 0},
		{"TCP_CORK", 2, 1, linux.SolTCP, linux.TCPCork, le(1), 0},
		{"TCP_KEEPIDLE", 2, 1, linux.SolTCP, linux.TCPKeepidle, le(77), 0},
		{"TCP_KEEPIDLE 0", 2, 1, linux.SolTCP, linux.TCPKeepidle, le(0), 0},
		{"TCP_KEEPIDLE default", 2, 1, linux.SolTCP, linux.TCPKeepidle, nil, 0},
		{"TCP_KEEPINTVL", 2, 1, linux.SolTCP, linux.TCPKeepintvl, le(11), 0},
		{"TCP_KEEPINTVL default", 2, 1, linux.SolTCP, linux.TCPKeepintvl, nil, 0},
		{"TCP_KEEPCNT", 2, 1, linux.SolTCP, linux.TCPKeepcnt, le(4), 0},
		{"TCP_KEEPCNT 200", 2, 1, linux.SolTCP, linux.TCPKeepcnt, le(200), 0},
		{"TCP_KEEPCNT default", 2, 1, linux.SolTCP, linux.TCPKeepcnt, nil, 0},
		{"TCP_SYNCNT", 2, 1, linux.SolTCP, linux.TCPSyncnt, le(3), 0},
		{"TCP_SYNCNT default", 2, 1, linux.SolTCP, linux.TCPSyncnt, nil, 0},
		{"TCP_USER_TIMEOUT", 2, 1, linux.SolTCP, linux.TCPUserTimeout, le(1234), 0},
		{"TCP_DEFER_ACCEPT off", 2, 1, linux.SolTCP, linux.TCPDeferAccept, nil, 0},
		{"TCP_LINGER2", 2, 1, linux.SolTCP, linux.TCPLinger2, le(5), 0},
		{"TCP_CONGESTION", 2, 1, linux.SolTCP, linux.TCPCongestion, []byte("reno"), 16},
		{"TCP_CONGESTION unknown", 2, 1, linux.SolTCP, linux.TCPCongestion, []byte("none"), 0},
		{"TCP_ unknown", 2, 1, linux.SolTCP, 999, le(1), 0},
		{"IP_TTL", 2, 1, linux.SolIP, linux.IPTTL, le(9), 0},
		{"IP_TTL one byte", 2, 2, linux.SolIP, linux.IPTTL, []byte{9}, 1},
		{"IP_TTL 0", 2, 1, linux.SolIP, linux.IPTTL, le(0), 0},
		{"IP_TTL 256", 2, 1, linux.SolIP, linux.IPTTL, le(256), 0},
		{"IP_TTL default", 2, 1, linux.SolIP, linux.IPTTL, nil, 0},
		{"IP_TOS", 2, 2, linux.SolIP, linux.IPTos, le(0x10), 0},
		{"IP_PKTINFO", 2, 2, linux.SolIP, linux.IPPktinfo, le(1), 0},
		{"IP_RECVTTL", 2, 2, linux.SolIP, linux.IPRecvttl, le(1), 0},
		{"IP_MULTICAST_TTL", 2, 2, linux.SolIP, linux.IPMulticastTTL, le(3), 0},
		{"IP_MULTICAST_TTL default", 2, 2, linux.SolIP, linux.IPMulticastTTL, nil, 0},
		{"IP_MULTICAST_TTL 256", 2, 2, linux.SolIP, linux.IPMulticastTTL, le(256), 0},
		{"IP_MULTICAST_LOOP", 2, 2, linux.SolIP, linux.IPMulticastLoop, le(0), 0},
		{"IP_MULTICAST_LOOP default", 2, 2, linux.SolIP, linux.IPMulticastLoop, nil, 0},
		{"IP_MULTICAST_IF", 2, 2, linux.SolIP, linux.IPMulticastIf, []byte{127, 0, 0, 1}, 0},
		{"IP_ADD_MEMBERSHIP short", 2, 2, linux.SolIP, linux.IPAddMembership, le(1), 0},
		{"IP_ADD_MEMBERSHIP unicast", 2, 2, linux.SolIP, linux.IPAddMembership, le(0x0100007f, 0, 1), 0},
		{"IP_ unknown", 2, 2, linux.SolIP, 999, le(1), 0},
		{"IPV6_V6ONLY", 10, 1, linux.SolIPv6, linux.IPv6V6only, le(1), 0},
		{"IPV6_V6ONLY on IPv4", 2, 1, linux.SolIPv6, linux.IPv6V6only, le(1), 0},
		{"IPV6_UNICAST_HOPS", 10, 2, linux.SolIPv6, linux.IPv6UnicastHops, le(5), 0},
		{"IPV6_UNICAST_HOPS -1", 10, 2, linux.SolIPv6, linux.IPv6UnicastHops, le(-1), 0},
		{"IPV6_UNICAST_HOPS 256", 10, 2, linux.SolIPv6, linux.IPv6UnicastHops, le(256), 0},
		{"IPV6_TCLASS", 10, 2, linux.SolIPv6, linux.IPv6Tclass, le(0x20), 0},
		{"IPV6_RECVPKTINFO", 10, 2, linux.SolIPv6, linux.IPv6Recvpktinfo, le(1), 0},
		{"IPV6_RECVTCLASS", 10, 2, linux.SolIPv6, linux.IPv6Recvtclass, le(1), 0},
		{"IPV6_RECVHOPLIMIT", 10, 2, linux.SolIPv6, linux.IPv6Recvhoplimit, le(1), 0},
		{"IPV6_MULTICAST_HOPS", 10, 2, linux.SolIPv6, linux.IPv6MulticastHops, le(3), 0},
		{"IPV6_MULTICAST_LOOP", 10, 2, linux.SolIPv6, linux.IPv6MulticastLoop, le(0), 0},
		{"IPV6_JOIN_GROUP short", 10, 2, linux.SolIPv6, linux.IPv6AddMembership, le(1), 0},
		{"a level unknown", 2, 1, 999, 1, le(1), 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fd, err := unix.Socket(test.family, test.kind|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				t.Skipf("the host has no such socket: %v", err)
			}
			defer unix.Close(fd)
			k := open(t, w.a, test.family, test.kind, 0)
			if test.set != nil {
				got := k.SetOption(test.level, test.opt, test.set)
				err := unix.SetsockoptString(fd, test.level, test.opt, string(test.set))
				if err == unix.EPERM {
					t.Skip("the host lets only root set this")
				}
				var want linux.Errno
				if e, ok := err.(unix.Errno); ok {
					want = linux.Errno(e)
				}
				if got != want {
					t.Fatalf("SetOption: errno %d, Linux %d", got, want)
				}
				if got != 0 {
					return
				}
			}
			size := test.size
			if size == 0 {
				size = 4
			}
			b := make([]byte, size)
			n, got := k.Option(test.level, test.opt, b)
			host := make([]byte, size)
			length, want := getsockopt(fd, test.level, test.opt, host)
			if got != linux.Errno(want) {
				t.Fatalf("Option: errno %d, Linux %d", got, want)
			}
			if want == 0 && (n != length || !bytes.Equal(b[:n], host[:length])) {
				t.Errorf("Option = %x, Linux %x", b[:n], host[:length])
			}
		})
	}
}

func TestTCPInfo(t *testing.T) {
	w := newWorld(t, nil)
	client, server := pair(t, w.a, w.b, addrB)
	client.send(noise(100000))
	server.recv(make([]byte, 100000))
	var b [232]byte
	n, e := client.Option(linux.SolTCP, linux.TCPInfo, b[:])
	if e != 0 || n < 92 {
		t.Fatalf("TCP_INFO = %d bytes, errno %d", n, e)
	}
	if b[0] != 1 {
		t.Errorf("tcpi_state = %d, want 1 (ESTABLISHED)", b[0])
	}
	if rtt := binary.LittleEndian.Uint32(b[68:]); rtt == 0 || rtt > 1e6 {
		t.Errorf("tcpi_rtt = %d us", rtt)
	}
	if cwnd := binary.LittleEndian.Uint32(b[80:]); cwnd == 0 {
		t.Error("tcpi_snd_cwnd = 0") // 10 and more, and less after a segment that seemed lost
	}
	if mtu := binary.LittleEndian.Uint32(b[60:]); mtu != 1500 {
		t.Errorf("tcpi_pmtu = %d, want 1500", mtu)
	}
	name := make([]byte, 16)
	if _, e := client.Option(linux.SolTCP, linux.TCPCongestion, name); e != 0 || string(bytes.TrimRight(name, "\x00")) != "cubic" {
		t.Errorf("TCP_CONGESTION = %q, errno %d, want cubic", name, e)
	}
}

// TestInherit: a connection has its listener's options.
func TestInherit(t *testing.T) {
	w := newWorld(t, nil)
	l, p := listen(t, w.b, addrB, 5)
	l.set(linux.SolTCP, linux.TCPNodelay, 1)
	l.set(linux.SolSocket, linux.SoKeepalive, 1)
	l.set(linux.SolTCP, linux.TCPKeepidle, 33)
	l.set(linux.SolIP, linux.IPTTL, 7)
	client := open(t, w.a, inet.Family4, inet.Stream, 0)
	if e := client.connect(port(addrB, p)); e != 0 {
		t.Fatalf("Connect: errno %d", e)
	}
	server := l.accept()
	for _, test := range []struct{ level, name, want int }{
		{linux.SolTCP, linux.TCPNodelay, 1}, {linux.SolSocket, linux.SoKeepalive, 1},
		{linux.SolTCP, linux.TCPKeepidle, 33}, {linux.SolIP, linux.IPTTL, 7},
		{linux.SolSocket, linux.SoAcceptconn, 0},
	} {
		if got := server.option(test.level, test.name); got != test.want {
			t.Errorf("option %d of level %d = %d, want %d", test.name, test.level, got, test.want)
		}
	}
	if got := l.option(linux.SolSocket, linux.SoAcceptconn); got != 1 {
		t.Errorf("SO_ACCEPTCONN of the listener = %d, want 1", got)
	}
}

// TestCork: what is corked stays, and leaves together.
func TestCork(t *testing.T) {
	for _, test := range []struct {
		name         string
		first, flush func(k *sock)
	}{
		{
			"TCP_CORK",
			func(k *sock) { k.set(linux.SolTCP, linux.TCPCork, 1); k.send([]byte("ab")) },
			func(k *sock) { k.set(linux.SolTCP, linux.TCPCork, 0) },
		},
		{
			"MSG_MORE",
			func(k *sock) { k.Send([]byte("ab"), inet.More, nil) },
			func(k *sock) { k.send([]byte("c")) },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, nil)
			client, server := pair(t, w.a, w.b, addrB)
			client.set(linux.SolTCP, linux.TCPNodelay, 1)
			test.first(client)
			// Something else goes to and fro meanwhile, but not the data.
			exchangeOne(t, w)
			if in, _ := server.Queued(); in != 0 {
				t.Errorf("%d bytes came in spite of the cork", in)
			}
			test.flush(client)
			b := make([]byte, 10)
			if n, e := server.recv(b); n < 2 || e != 0 {
				t.Errorf("Recv = %d, errno %d", n, e)
			}
		})
	}
}

// exchangeOne makes a round trip between the stacks.
func exchangeOne(t *testing.T, w *world) {
	t.Helper()
	server := bound(t, w.b, addrB)
	client := open(t, w.a, inet.Family4, inet.Datagram, 0)
	client.sendTo([]byte("x"), server.local())
	_, i, _ := server.recvFrom(make([]byte, 1), 0)
	server.sendTo([]byte("y"), i.From)
	client.recv(make([]byte, 1))
}
