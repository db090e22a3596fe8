package zerocopy

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"testing"
)

func tcpPair(t *testing.T) (a, b *net.TCPConn) {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.DialTCP("tcp", nil, l.Addr().(*net.TCPAddr))
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); s.Close() })
	return c, s
}

// TestStream sends small and large messages through a stream and compares.
func TestStream(t *testing.T) {
	client, server := tcpPair(t)
	from, err := NewConn(client)
	if err != nil {
		t.Fatal(err)
	}
	to, err := NewConn(server)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{1})
	want := make([]byte, 3<<20)
	random.Read(want)
	sizes := []int{1, 0, 100, 16383, 16384, 1 << 20, 70_000}
	sent := make(chan error, 1)
	done := 0
	go func() {
		for rest, i := want, 0; len(rest) > 0; i++ {
			n := min(sizes[i%len(sizes)], len(rest))
			// Not from the test's own copy: what is handed over may change after Done.
			b := bytes.Clone(rest[:n])
			ms := []Message{{Data: b, Done: func() { done++; clear(b) }}}
			if err := from.Send(ms); err != nil {
				sent <- err
				return
			}
			rest = rest[n:]
		}
		client.CloseWrite()
		sent <- from.Wait()
	}()
	var got []byte
	for {
		ms := make([]Message, 4)
		n, err := to.Recv(ms)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ms[:n] {
			got = append(got, m.Data...)
			m.Release()
		}
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("received %d bytes that differ from the %d sent", len(got), len(want))
	}
	if done == 0 {
		t.Error("no Done was called")
	}
}

// TestEcho sends received datagrams back as they are.
func TestEcho(t *testing.T) {
	for _, network := range []string{"udp4", "udp6"} {
		loopback := net.IPv6loopback
		if network == "udp4" {
			loopback = net.IPv4(127, 0, 0, 1)
		}
		s, err := net.ListenUDP(network, &net.UDPAddr{IP: loopback})
		if err != nil {
			t.Logf("%s: %v", network, err)
			continue
		}
		defer s.Close()
		server, err := NewConn(s)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			ms := make([]Message, 16)
			for {
				n, err := server.Recv(ms)
				if err != nil || server.Send(ms[:n]) != nil {
					return
				}
			}
		}()
		c, err := net.DialUDP(network, nil, s.LocalAddr().(*net.UDPAddr))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		client, err := NewConn(c)
		if err != nil {
			t.Fatal(err)
		}
		for size := range 40 {
			want := bytes.Repeat([]byte{byte(size)}, size*100)
			if err := client.Send([]Message{{Data: want}}); err != nil {
				t.Fatal(err)
			}
			ms := make([]Message, 2)
			n, err := client.Recv(ms)
			if err != nil || n != 1 || !bytes.Equal(ms[0].Data, want) {
				t.Fatalf("%s: %d messages, %v; sent %d bytes, received %d", network, n, err, len(want), len(ms[0].Data))
			}
			if !ms[0].Lent() || ms[0].Addr.Port() != s.LocalAddr().(*net.UDPAddr).AddrPort().Port() {
				t.Errorf("%s: lent %t, from %v", network, ms[0].Lent(), ms[0].Addr)
			}
			ms[0].Release()
			ms[0].Release() // of nothing
		}
		if d := client.back.(*datagrams); len(d.pool.all) > 2*2 {
			t.Errorf("%d buffers for one datagram at a time", len(d.pool.all))
		}
	}
}

// TestFailedSend: what could not be sent is given back all the same.
func TestFailedSend(t *testing.T) {
	client, server := tcpPair(t)
	conn, err := NewConn(client)
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	client.Close()
	done := 0
	m := Message{Data: make([]byte, 1<<20), Done: func() { done++ }}
	if err := conn.Send([]Message{m, m}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("send on a closed connection: %v, want net.ErrClosed", err)
	}
	if done != 2 {
		t.Errorf("Done was called %d times, want 2", done)
	}
	if _, err := NewConn(&net.UnixConn{}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("unix connection: %v, want ErrUnsupported", err)
	}
}
