package netstack_test

import (
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"gvisor.dev/gvisor/pkg/tcpip/link/pipe"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
	"unibench/libos/guest/netstack"
)

// Each benchmark has both ends of the connection on the processors of the
// benchmark: an operation is the work of two stacks, and nothing of a device.

// piped makes two stacks whose links call each other.
func piped(b *testing.B) (x, y *netstack.Stack) {
	linkX, linkY := pipe.New(tcpip.LinkAddress(macA[:]), tcpip.LinkAddress(macB[:]), 1514)
	x, err := netstack.New(netstack.Config{NIC: ethernet.New(linkX), Info: info(macA, addrA, addr6A)})
	if err != nil {
		b.Fatal(err)
	}
	y, err = netstack.New(netstack.Config{NIC: ethernet.New(linkY), Info: info(macB, addrB, addr6B)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { x.Close(); y.Close() })
	return x, y
}

// worlds are the ways between client and server.
func worlds(b *testing.B, f func(b *testing.B, from, to inet.Stack, addr inet.Addr)) {
	b.Run("loopback", func(b *testing.B) {
		s, err := netstack.New(netstack.Config{})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(s.Close)
		f(b, s, s, loop4)
	})
	b.Run("wire", func(b *testing.B) {
		x, y := piped(b)
		f(b, x, y, addrB)
	})
}

// BenchmarkTCPEcho is a round trip of one byte.
func BenchmarkTCPEcho(b *testing.B) {
	worlds(b, func(b *testing.B, from, to inet.Stack, addr inet.Addr) {
		client, server := pair(b, from, to, addr)
		client.set(linux.SolTCP, linux.TCPNodelay, 1)
		server.set(linux.SolTCP, linux.TCPNodelay, 1)
		go func() {
			buf := make([]byte, 100)
			for {
				n, e := server.recv(buf)
				if n == 0 || e != 0 || server.send(buf[:n]) != 0 {
					return
				}
			}
		}()
		buf := []byte{1}
		b.ReportAllocs()
		for b.Loop() {
			client.send(buf)
			if n, e := client.recv(buf); n != 1 || e != 0 {
				b.Fatalf("Recv = %d, errno %d", n, e)
			}
		}
		client.Close()
	})
}

// BenchmarkTCPStream sends 64 KiB at a time.
func BenchmarkTCPStream(b *testing.B) {
	worlds(b, func(b *testing.B, from, to inet.Stack, addr inet.Addr) {
		client, server := pair(b, from, to, addr)
		buf := make([]byte, 64<<10)
		b.SetBytes(int64(len(buf)))
		b.ReportAllocs()
		done := make(chan int)
		go func() {
			total, buf := 0, make([]byte, 64<<10)
			for {
				n, e := server.recv(buf)
				if n == 0 || e != 0 {
					done <- total
					return
				}
				total += n
			}
		}()
		n := 0
		for b.Loop() {
			if e := client.send(buf); e != 0 {
				b.Fatalf("Send: errno %d", e)
			}
			n += len(buf)
		}
		client.Shutdown(inet.ShutWrite)
		if got := <-done; got != n {
			b.Fatalf("%d bytes came of %d", got, n)
		}
	})
}

// BenchmarkUDPEcho is a round trip of one datagram of one byte, on one goroutine.
func BenchmarkUDPEcho(b *testing.B) {
	worlds(b, func(b *testing.B, from, to inet.Stack, addr inet.Addr) {
		server := bound(b, to, addr)
		client := open(b, from, inet.Family4, inet.Datagram, 0)
		to4 := server.local()
		buf := []byte{1}
		b.ReportAllocs()
		for b.Loop() {
			client.sendTo(buf, to4)
			_, i, e := server.recvFrom(buf, 0)
			if e != 0 {
				b.Fatalf("Recv: errno %d", e)
			}
			server.sendTo(buf, i.From)
			if _, e := client.recv(buf); e != 0 {
				b.Fatalf("Recv: errno %d", e)
			}
		}
	})
}

// BenchmarkConnect opens and closes connections.
func BenchmarkConnect(b *testing.B) {
	worlds(b, func(b *testing.B, from, to inet.Stack, addr inet.Addr) {
		l, p := listen(b, to, addr, 100)
		b.ReportAllocs()
		for b.Loop() {
			client := open(b, from, inet.Family4, inet.Stream, 0)
			if e := client.connect(port(addr, p)); e != 0 {
				b.Fatalf("Connect: errno %d", e)
			}
			server := l.accept()
			client.Close()
			server.Close()
		}
	})
}
