package netlab_test

import (
	"io"
	"net"
	"testing"

	"unibench/harness/netlab"
)

// The bare link, without and with a relay that only copies: what any target's
// results include. Both ends run in this process, so nothing is pinned; see the
// suite for figures that are.

func links(b *testing.B, f func(b *testing.B, w *netlab.World)) {
	for _, l := range []struct {
		name string
		c    netlab.Config
	}{{"veth", netlab.Config{Link: netlab.Veth}}, {"relay", shaped(b, netlab.Veth, netlab.Shape{})}} {
		b.Run("link="+l.name, func(b *testing.B) { f(b, newWorld(b, l.c)) })
	}
}

// connect returns both ends of a TCP connection.
func connect(b *testing.B, w *netlab.World) (generator, sut net.Conn) {
	b.Helper()
	addr := net.JoinHostPort(netlab.SUT.Addr4().String(), "5201")
	l, err := w.Listen(limit(b), netlab.SUT, "tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	if generator, err = w.Dial(limit(b), netlab.Generator, "tcp", addr); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { generator.Close() })
	if sut, err = l.Accept(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { sut.Close() })
	return generator, sut
}

// BenchmarkRTT is one byte to the other side and back over TCP.
func BenchmarkRTT(b *testing.B) {
	links(b, func(b *testing.B, w *netlab.World) {
		generator, sut := connect(b, w)
		go io.CopyBuffer(struct{ io.Writer }{sut}, struct{ io.Reader }{sut}, make([]byte, 64))
		msg := make([]byte, 1)
		for b.Loop() {
			if _, err := generator.Write(msg); err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadFull(generator, msg); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkThroughput is one TCP stream with writes of 128 KiB.
func BenchmarkThroughput(b *testing.B) {
	links(b, func(b *testing.B, w *netlab.World) {
		generator, sut := connect(b, w)
		const chunk = 128 << 10
		received := make(chan int64, 1)
		go func() {
			n, _ := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{sut}, make([]byte, chunk))
			received <- n
		}()
		data := make([]byte, chunk)
		b.SetBytes(chunk)
		sent := int64(0)
		for b.Loop() {
			n, err := generator.Write(data)
			if err != nil {
				b.Fatal(err)
			}
			sent += int64(n)
		}
		generator.Close()
		if n := <-received; n != sent {
			b.Errorf("%d bytes came of %d", n, sent)
		}
	})
}

// BenchmarkNew is how long a world takes.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		w, err := netlab.New(b.Context(), netlab.Config{Link: netlab.Veth})
		if err != nil {
			b.Skip(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
