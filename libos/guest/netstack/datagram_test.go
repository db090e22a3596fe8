package netstack_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// bound makes a datagram socket with an address.
func bound(t testing.TB, s inet.Stack, a inet.Addr) *sock {
	t.Helper()
	k := open(t, s, int(a.Family), inet.Datagram, 0)
	if e := k.Bind(a); e != 0 {
		t.Fatalf("Bind(%v): errno %d", a, e)
	}
	return k
}

func (k *sock) sendTo(b []byte, to inet.Addr) {
	k.t.Helper()
	if n, e := k.Send(b, 0, &to); n != len(b) || e != 0 {
		k.t.Fatalf("Send(%d bytes) to %v = %d, errno %d", len(b), to, n, e)
	}
}

func TestDatagram(t *testing.T) {
	w := newWorld(t, nil)
	for _, test := range []struct {
		name string
		to   inet.Addr
		n    int
	}{
		{"IPv4", addrB, 100}, {"IPv6", addr6B, 100}, {"mapped", mappedB, 100},
		{"empty", addrB, 0}, {"fragmented", addrB, 9000}, {"fragmented IPv6", addr6B, 9000}, {"largest", addrB, 65507},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := bound(t, w.b, test.to)
			defer server.Close()
			client := open(t, w.a, int(test.to.Family), inet.Datagram, 0)
			defer client.Close()
			data := noise(test.n)
			client.sendTo(data, server.local())
			b := make([]byte, 70000)
			n, i, e := server.recvFrom(b, 0)
			if e != 0 || !bytes.Equal(b[:n], data) {
				t.Fatalf("Recv = %d, errno %d, want %d bytes", n, e, len(data))
			}
			if i.From.Port != client.local().Port || i.From.Family != test.to.Family || i.Size != test.n || i.Truncated {
				t.Errorf("Info = %+v, want it from port %d", i, client.local().Port)
			}
			server.sendTo([]byte("answer"), i.From)
			if n, e := client.recv(b); e != 0 || string(b[:n]) != "answer" {
				t.Errorf("answer = %q, errno %d", b[:n], e)
			}
		})
	}
	k := open(t, w.a, inet.Family4, inet.Datagram, 0)
	if _, e := k.Send(make([]byte, 65508), 0, &addrB); e != linux.EINVAL {
		t.Errorf("Send to port 0: errno %d, want EINVAL", e)
	}
	to := port(addrB, 9)
	if _, e := k.Send(make([]byte, 65508), 0, &to); e != linux.EMSGSIZE {
		t.Errorf("Send of 65508 bytes: errno %d, want EMSGSIZE", e)
	}
	if _, e := k.Send([]byte("x"), 0, nil); e != linux.EDESTADDRREQ {
		t.Errorf("Send to nobody: errno %d, want EDESTADDRREQ", e)
	}
}

func TestDatagramFlags(t *testing.T) {
	w := newWorld(t, nil)
	exchangeOne(t, w) // while ARP asks, gVisor may change the order of datagrams
	server := bound(t, w.b, addrB)
	client := open(t, w.a, inet.Family4, inet.Datagram, 0)
	if e := client.Connect(server.local()); e != 0 {
		t.Fatalf("Connect: errno %d", e)
	}
	if n, e := client.SendVector([][]byte{[]byte("0123"), nil, []byte("456"), []byte("789")}, 0, nil); n != 10 || e != 0 {
		t.Fatalf("SendVector = %d, errno %d", n, e)
	}
	client.send([]byte("second"))
	server.until(inet.Readable)
	b := make([]byte, 4)
	for _, test := range []struct {
		name  string
		flags int
		want  int
		data  string
		cut   bool
	}{
		{"peek", inet.Peek, 4, "0123", true},
		{"peek at the length", inet.Peek | inet.Truncate, 10, "0123", true},
		{"cut", 0, 4, "0123", true},
		{"the next one", inet.Truncate, 6, "seco", true},
	} {
		n, i, e := server.recvFrom(b, test.flags)
		if n != test.want || e != 0 || string(b) != test.data || i.Truncated != test.cut {
			t.Errorf("%s: Recv = %d, errno %d, %q, truncated %v; want %d, %q, %v", test.name, n, e, b, i.Truncated, test.want, test.data, test.cut)
		}
	}
	if _, e := server.Recv(b, 0, nil); e != linux.EAGAIN {
		t.Errorf("Recv of an empty queue: errno %d, want EAGAIN", e)
	}
	if in, _ := server.Queued(); in != 0 {
		t.Errorf("Queued() = %d, want 0", in)
	}
	// A connected socket takes nothing from others, and learns of refusals.
	other := open(t, w.b, inet.Family4, inet.Datagram, 0)
	other.sendTo([]byte("stray"), client.local())
	server.sendTo([]byte("right"), client.local())
	if n, e := client.recv(make([]byte, 10)); n != 5 || e != 0 {
		t.Errorf("connected Recv = %d, errno %d, want 5", n, e)
	}
	server.Close()
	client.send([]byte("to nobody"))
	client.until(inet.Failed)
	if _, e := client.Recv(b, 0, nil); e != linux.ECONNREFUSED {
		t.Errorf("Recv after a refusal: errno %d, want ECONNREFUSED", e)
	}
	if e := client.Connect(inet.Addr{}); e != 0 {
		t.Errorf("Connect to AF_UNSPEC: errno %d", e)
	}
	if _, e := client.Remote(); e != linux.ENOTCONN {
		t.Errorf("Remote after it: errno %d, want ENOTCONN", e)
	}
}

func TestDatagramShutdown(t *testing.T) {
	w := newWorld(t, nil)
	k := open(t, w.a, inet.Family4, inet.Datagram, 0)
	if e := k.Shutdown(inet.ShutRead); e != linux.ENOTCONN {
		t.Errorf("Shutdown of an unconnected socket: errno %d, want ENOTCONN", e)
	}
	k.Connect(port(addrB, 9))
	if e := k.Shutdown(inet.ShutRead | inet.ShutWrite); e != 0 {
		t.Fatalf("Shutdown: errno %d", e)
	}
	if n, e := k.Recv(make([]byte, 1), 0, nil); n != 0 || e != 0 {
		t.Errorf("Recv = %d, errno %d, want 0", n, e)
	}
	if _, e := k.Send([]byte("x"), 0, nil); e != linux.EPIPE {
		t.Errorf("Send: errno %d, want EPIPE", e)
	}
	if got, want := k.Ready(), uint32(inet.Readable|inet.Writable|inet.HungUp|inet.ReadShut); got != want {
		t.Errorf("Ready() = %#x, want %#x", got, want)
	}
}

// TestAncillary: what comes with a datagram.
func TestAncillary(t *testing.T) {
	w := newWorld(t, nil)
	for _, test := range []struct {
		name       string
		to         inet.Addr
		level      int
		set        []int // options of the receiver
		ttl, tos   int   // options of the sender
		setTTL     int
		wantTTL    uint8
		wantTOS    uint8
		wantIfaceN int
	}{
		{"IPv4", addrB, linux.SolIP, []int{linux.IPPktinfo, linux.IPRecvttl, linux.IPRecvtos}, linux.IPTTL, linux.IPTos, 33, 33, 0x48, 2},
		{"IPv6", addr6B, linux.SolIPv6, []int{linux.IPv6Recvpktinfo, linux.IPv6Recvhoplimit, linux.IPv6Recvtclass}, linux.IPv6UnicastHops, linux.IPv6Tclass, 34, 34, 0x48, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			unspec := unspec4
			if test.level == linux.SolIPv6 {
				unspec = unspec6
			}
			server := bound(t, w.b, unspec)
			for _, o := range test.set {
				if e := server.set(test.level, o, 1); e != 0 {
					t.Fatalf("SetOption(%d): errno %d", o, e)
				}
			}
			client := open(t, w.a, int(test.to.Family), inet.Datagram, 0)
			client.set(test.level, test.ttl, test.setTTL)
			client.set(test.level, test.tos, int(test.wantTOS))
			client.sendTo([]byte("x"), port(test.to, server.local().Port))
			_, i, e := server.recvFrom(make([]byte, 10), 0)
			if e != 0 || i.Local.IP != test.to.IP || i.Interface != test.wantIfaceN || i.TTL != test.wantTTL || i.TOS != test.wantTOS {
				t.Errorf("Info = %+v, errno %d", i, e)
			}
		})
	}
}

func TestBroadcastAndMulticast(t *testing.T) {
	w := newWorld(t, nil)
	server := bound(t, w.b, port(unspec4, 5353))
	b := make([]byte, 100)

	client := open(t, w.a, inet.Family4, inet.Datagram, 0)
	to := port(ip4(198, 18, 0, 255), 5353)
	if _, e := client.Send([]byte("all"), 0, &to); e != linux.EACCES {
		t.Errorf("broadcast without SO_BROADCAST: errno %d, want EACCES", e)
	}
	client.set(linux.SolSocket, linux.SoBroadcast, 1)
	client.sendTo([]byte("all"), to)
	if n, e := server.recv(b); string(b[:n]) != "all" {
		t.Errorf("broadcast: %q, errno %d", b[:n], e)
	}
	client.sendTo([]byte("everyone"), port(ip4(255, 255, 255, 255), 5353))
	if n, e := server.recv(b); string(b[:n]) != "everyone" {
		t.Errorf("limited broadcast: %q, errno %d", b[:n], e)
	}

	group := [4]byte{224, 0, 0, 251}
	mreqn := append(group[:], 0, 0, 0, 0, 2, 0, 0, 0)
	if e := server.SetOption(linux.SolIP, linux.IPAddMembership, mreqn); e != 0 {
		t.Fatalf("IP_ADD_MEMBERSHIP: errno %d", e)
	}
	if e := server.SetOption(linux.SolIP, linux.IPAddMembership, mreqn); e != linux.EADDRINUSE {
		t.Errorf("IP_ADD_MEMBERSHIP again: errno %d, want EADDRINUSE", e)
	}
	client.SetOption(linux.SolIP, linux.IPMulticastIf, append(make([]byte, 4), addrA.IP[:4]...))
	client.sendTo([]byte("group"), port(ip4(224, 0, 0, 251), 5353))
	if n, e := server.recv(b); string(b[:n]) != "group" {
		t.Errorf("multicast: %q, errno %d", b[:n], e)
	}
	if e := server.SetOption(linux.SolIP, linux.IPDropMembership, mreqn); e != 0 {
		t.Errorf("IP_DROP_MEMBERSHIP: errno %d", e)
	}
	if e := server.SetOption(linux.SolIP, linux.IPDropMembership, mreqn); e != linux.EADDRNOTAVAIL {
		t.Errorf("IP_DROP_MEMBERSHIP again: errno %d, want EADDRNOTAVAIL", e)
	}

	server6 := bound(t, w.b, port(unspec6, 5354))
	group6 := inet.Addr{Family: inet.Family6, Port: 5354, Zone: 2, IP: [16]byte{0: 0xff, 1: 2, 15: 0xfb}}
	request := binary.LittleEndian.AppendUint32(group6.IP[:16:16], 2)
	if e := server6.SetOption(linux.SolIPv6, linux.IPv6AddMembership, request); e != 0 {
		t.Fatalf("IPV6_JOIN_GROUP: errno %d", e)
	}
	client6 := open(t, w.a, inet.Family6, inet.Datagram, 0)
	client6.sendTo([]byte("group6"), group6)
	if n, e := server6.recv(b); string(b[:n]) != "group6" {
		t.Errorf("IPv6 multicast: %q, errno %d", b[:n], e)
	}
}

// TestPing: the stack answers, and a program can ask with either kind of socket.
func TestPing(t *testing.T) {
	w := newWorld(t, nil)
	for _, test := range []struct {
		name           string
		kind, protocol int
		to             inet.Addr
		request, reply byte
	}{
		{"datagram", inet.Datagram, 1, addrB, 8, 0},
		{"datagram IPv6", inet.Datagram, 58, addr6B, 128, 129},
		{"raw", inet.Raw, 1, addrB, 8, 0},
		{"raw IPv6", inet.Raw, 58, addr6B, 128, 129},
		{"loopback", inet.Datagram, 1, loop4, 8, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := open(t, w.a, int(test.to.Family), test.kind, test.protocol)
			defer k.Close()
			echo := []byte{test.request, 0, 0, 0, 0x12, 0x34, 0, 7, 'h', 'i'}
			if test.kind == inet.Raw && test.protocol == 1 {
				binary.BigEndian.PutUint16(echo[2:], ^sum(echo))
			}
			k.sendTo(echo, test.to)
			b := make([]byte, 100)
			for { // a raw socket sees other messages, too
				n, i, e := k.recvFrom(b, 0)
				if e != 0 {
					t.Fatalf("Recv: errno %d", e)
				}
				got := b[:n]
				if test.kind == inet.Raw && test.protocol == 1 {
					got = got[20:]
				}
				if got[0] != test.reply {
					continue
				}
				if i.From.IP != test.to.IP || string(got[6:]) != "\x00\x07hi" {
					t.Errorf("reply %x from %v", got, i.From)
				}
				return
			}
		})
	}
}

// sum is the Internet checksum (RFC 1071) before its complement.
func sum(b []byte) uint16 {
	var n uint32
	for i := 0; i+1 < len(b); i += 2 {
		n += uint32(b[i])<<8 | uint32(b[i+1])
	}
	return uint16(n) + uint16(n>>16)
}

// TestPacketSocket: frames as they are on the wire.
func TestPacketSocket(t *testing.T) {
	w := newWorld(t, nil)
	const experiment = 0x88b5
	receive := open(t, w.b, inet.FamilyPacket, inet.Raw, experiment)
	if e := receive.Bind(inet.Addr{Family: inet.FamilyPacket, Port: experiment, Zone: 2}); e != 0 {
		t.Fatalf("Bind: errno %d", e)
	}
	send := open(t, w.a, inet.FamilyPacket, inet.Datagram, experiment)
	to := inet.Addr{Family: inet.FamilyPacket, Port: experiment, Zone: 2}
	copy(to.IP[:], macB[:])
	send.sendTo([]byte("frame"), to)
	b := make([]byte, 100)
	n, i, e := receive.recvFrom(b, 0)
	want := string(macB[:]) + string(macA[:]) + "\x88\xb5frame"
	if e != 0 || string(b[:n]) != want {
		t.Errorf("received %q, errno %d, want %q", b[:n], e, want)
	}
	if i.From.Port != experiment || i.Interface != 2 || [6]byte(i.From.IP[:]) != macA {
		t.Errorf("Info = %+v", i)
	}
}

func TestSocketErrors(t *testing.T) {
	w := newWorld(t, nil)
	for _, test := range []struct {
		family, kind, protocol int
		want                   linux.Errno
	}{
		{1, inet.Stream, 0, linux.EAFNOSUPPORT},
		{inet.Family4, inet.Stream, 17, linux.EPROTONOSUPPORT},
		{inet.Family4, inet.Datagram, 6, linux.EPROTONOSUPPORT},
		{inet.Family4, inet.Datagram, 58, linux.EPROTONOSUPPORT},
		{inet.Family6, inet.Datagram, 1, linux.EPROTONOSUPPORT},
		{inet.Family4, inet.Raw, 0, linux.EPROTONOSUPPORT},
		{inet.Family4, 5, 0, linux.ESOCKTNOSUPPORT},
		{inet.FamilyPacket, inet.Stream, 3, linux.ESOCKTNOSUPPORT},
	} {
		if _, e := w.a.Socket(test.family, test.kind, test.protocol); e != test.want {
			t.Errorf("Socket(%d, %d, %d): errno %d, want %d", test.family, test.kind, test.protocol, e, test.want)
		}
	}
}
