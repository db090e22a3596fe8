package e2e

import (
	"strings"
	"testing"
)

// TestLoopback compares what package net shows on lo: of a namespace for the
// process, the unikernel's own, with an interface beside it and without.
func TestLoopback(t *testing.T) {
	for _, c := range []struct{ way, out string }{
		{"deadlines", "accept: deadline exceeded"},
		{"halfclose", "client: \"answer\" <nil>"},
		{"errors", "nobody listens: connection refused"},
		{"reuseport", "both serve: true true 200"},
		{"options", "idle 11 <nil>"},
		{"files", "by a duplicate"},
		{"copies", "1600000 <nil>\ntrue <nil>"},
		{"stacks", "few bytes: 0 bad\nsome bytes: 0 bad\nmany bytes: 0 bad\ndatagram: 0 bad\nfile: 0 bad\n"},
		{"packets", "65507 <nil> 65507 <nil> true"},
		{"control4", "\"datagram 0\" TTL 33 to 127.0.0.1 on lo from 127.0.0.1"},
		{"control6", "\"datagram 0\" limit 44 class 0x20 to ::1 on lo from ::1"},
		{"unix", "\"a descriptor\" \"through it\" <nil>"},
		{"http", "200 OK"},
		{"many", "300 connections"},
		{"slowreader", "600 times"},
		{"again", "dial: ok\ndial: ok\ndial: ok\ndial: ok\n"},
	} {
		t.Run(c.way, func(t *testing.T) {
			start(t)
			b := program(t, own("network"))
			j := way(c.way)
			j.in = newWorld(t)
			for _, flags := range [][]string{nil, {"-net", netFlag, "-cpus", "2"}} {
				j.flags = append(flags, "-mem", "128M")
				if o := j.compare(t, b); o.Status != 0 || !strings.Contains(o.Stdout, c.out) {
					t.Errorf("the process shows %+v, want status 0 and output with %q", o, c.out)
				}
			}
		})
	}
}

// resolved is what the program shows of the names in the test's zone.
const resolved = `[198.18.0.7 198.18.0.8 fd00::7] <nil>
[198.18.0.7 198.18.0.8] <nil>
two.example. <nil>
20 10000 <nil>
true
[two.example.] <nil>
[127.0.0.1 ::1] <nil>
443 <nil>
`

// TestResolve: Go's resolver asks the name server of -net, by UDP and, where the
// answer is too long, by TCP.
func TestResolve(t *testing.T) {
	start(t)
	b := program(t, own("network"))
	w := newWorld(t)
	asked := nameServer(t, w)
	j := way("resolve")
	j.in, j.flags = w, []string{"-net", netFlag}
	if o := j.asUnikernel(t, b); o.Status != 0 || o.Stdout != resolved {
		t.Errorf("resolve: %+v, want output %q", o, resolved)
	}
	if udp, tcp := asked.udp.Load(), asked.tcp.Load(); udp == 0 || tcp == 0 {
		t.Errorf("the name server was asked %d times by UDP and %d times by TCP", udp, tcp)
	}
}

// TestInterfaces has no process to compare with: what there is is up to -net.
func TestInterfaces(t *testing.T) {
	const lo = "1 lo 65536  up|loopback|running\n    127.0.0.1/8\n    ::1/128\n"
	for _, c := range []struct{ name, net, want string }{
		{"both", netFlag, lo + "2 eth0 1500 " + guestMAC + " up|broadcast|multicast|running\n    198.18.0.2/24\n    fe80::ff:fe00:2/64\n    fd00:198:18::2/64\nfrom 198.18.0.2\n"},
		{"MTU", "tap=t0,ip=198.18.0.2/16,mtu=1280,mac=" + guestMAC, lo + "2 eth0 1280 " + guestMAC + " up|broadcast|multicast|running\n    198.18.0.2/16\n    fe80::ff:fe00:2/64\nfrom 198.18.0.2\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start(t)
			b := program(t, own("network"))
			j := way("interfaces")
			j.in, j.flags = newWorld(t), []string{"-net", c.net}
			if o := j.asUnikernel(t, b); o.Status != 0 || o.Stdout != c.want {
				t.Errorf("interfaces: %+v, want output %q", o, c.want)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		start(t)
		o := way("interfaces").asUnikernel(t, program(t, own("network")))
		if o.Status != 1 || o.Stdout != lo || !strings.Contains(o.Stderr, "network is unreachable") {
			t.Errorf("interfaces: %+v, want status 1, lo and \"network is unreachable\"", o)
		}
	})
}

// TestUnreachable: dialing who does not answer ends in time, with and without a
// route to there.
func TestUnreachable(t *testing.T) {
	start(t)
	j := way("blackhole")
	j.in, j.flags = newWorld(t), []string{"-net", netFlag}
	if o := j.asUnikernel(t, program(t, own("network"))); o.Status != 0 || o.Stdout != "dial: deadline exceeded\ntrue\n" {
		t.Errorf("blackhole: %+v", o)
	}
}

// TestBadNetwork: what is wrong with -net or the interface is said, with the next
// step.
func TestBadNetwork(t *testing.T) {
	for _, c := range []struct {
		name, net string
		status    int
		text      string
	}{
		{"no such interface", "tap=t7,ip=198.18.0.2/24", 125, "network interface t7: find: no such device; create it first: ip tuntap add dev t7 mode tap vnet_hdr"},
		{"not a TAP", "tap=lo,ip=198.18.0.2/24", 125, "network interface lo: attach: "},
		{"queues", "tap=t0,ip=198.18.0.2/24,queues=2", 125, "it has to be a TAP interface with multi_queue for queues=2"},
		{"no address", "tap=t0,ip=198.18.0.2", 2, "ip: "},
		{"unknown key", "tap=t0,address=198.18.0.2/24", 2, "unknown key \"address\""},
		{"no such descriptor", "tapfd=77,ip=198.18.0.2/24", 125, "descriptor 77"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start(t)
			b := program(t, own("network"))
			j := way("interfaces")
			j.in, j.flags = newWorld(t), []string{"-net", c.net}
			if o := j.asUnikernel(t, b); o.Status != c.status || o.Stdout != "" || !strings.Contains(o.Stderr, c.text) {
				t.Errorf("uni run -net %s = %+v, want status %d and %q", c.net, o, c.status, c.text)
			}
		})
	}
	// Where /dev/net/tun is not there, as far as the monitor can see: in a mount
	// namespace with another /dev/net.
	t.Run("no tun", func(t *testing.T) {
		start(t)
		b := program(t, own("network"))
		j := way("interfaces")
		j.in, j.flags = newWorld(t), []string{"-net", netFlag}
		j.shell = `exec unshare --mount sh -c 'mount -t tmpfs none /dev/net && exec "$@"' sh "$@"`
		if o := j.asUnikernel(t, b); o.Status != 125 || !strings.Contains(o.Stderr, "this host has no TUN/TAP") {
			t.Errorf("without /dev/net/tun: %+v, want status 125 and an error that says so", o)
		}
	})
}
