package e2e

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
)

// noise is n bytes that are the same for the same seed.
func noise(n int, seed uint64) []byte {
	b, rng := make([]byte, n), rand.NewPCG(seed, 1)
	for i := range b {
		b[i] = byte(rng.Uint64())
	}
	return b
}

// exchange sends data to an echo server and compares what comes back.
func exchange(t testing.TB, conn net.Conn, data []byte) {
	t.Helper()
	sent := make(chan error, 1)
	go func() {
		_, err := conn.Write(data)
		sent <- err
	}()
	got := make([]byte, len(data))
	n, err := io.ReadFull(conn, got)
	if err != nil {
		t.Fatalf("%d of %d bytes came back: %v", n, len(data), err)
	}
	if !bytes.Equal(got, data) {
		t.Fatalf("what came back of %d bytes differs", len(data))
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
}

// datagram sends one to an echo server until it comes back: UDP may lose it.
func datagram(t testing.TB, conn net.Conn, data []byte) {
	t.Helper()
	if _, err := conn.Write(data); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(data)+1)
	n, err := conn.Read(got)
	if err != nil || !bytes.Equal(got[:n], data) {
		t.Fatalf("a datagram of %d bytes came back with %d: %v", len(data), n, err)
	}
}

// burst sends datagrams without waiting for what comes back: a zero-copy server has
// many at once. It returns the number of their bytes. None gets lost: all fit into
// every queue on the way.
func burst(t testing.TB, conn net.Conn) (sum uint64) {
	t.Helper()
	const count, size = 64, 1000
	want := map[string]bool{}
	for i := range count {
		b := noise(size-i, uint64(1000+i))
		want[string(b)] = true
		if _, err := conn.Write(b); err != nil {
			t.Fatal(err)
		}
		sum += uint64(len(b))
	}
	got := make([]byte, size+1)
	for range count {
		n, err := conn.Read(got)
		if err != nil || !want[string(got[:n])] {
			t.Fatalf("%d datagrams of a burst have not come back; the last one with %d bytes, %v", len(want), n, err)
		}
		delete(want, string(got[:n]))
	}
	return sum
}

// TestEcho compares what comes back over TCP and UDP, IPv4 and IPv6, and how often
// the guest copied it: the program with package zerocopy does not, the plain one
// once each way.
func TestEcho(t *testing.T) {
	for _, c := range []struct {
		name, folder string
		copies       uint64
	}{{"plain", "echo", 1}, {"zero copy", "zc/echo", 0}} {
		for _, network := range []string{"tcp", "udp"} {
			t.Run(c.name+" "+network, func(t *testing.T) {
				start(t)
				s := plan{}.serve(t, program(t, workload(c.folder)))
				sum := uint64(0)
				for _, host := range []string{guestIP, guestIP6} {
					conn := s.dial(t, network, net.JoinHostPort(host, "7007"))
					// One byte, one that fills no segment, segments, fragments.
					sizes := []int{1, 100, 1400, 1473, 9000, 65507 - 20}
					if network == "tcp" {
						sizes = append(sizes, 1<<20, 3_000_001)
					} else {
						sizes = slices.Insert(sizes, 0, 0)
					}
					for i, n := range sizes {
						if network == "tcp" {
							exchange(t, conn, noise(n, uint64(i)))
						} else {
							datagram(t, conn, noise(n, uint64(i)))
						}
						sum += uint64(n)
					}
					if network == "udp" {
						sum += burst(t, conn)
					}
					conn.Close()
				}
				n := s.stop().Net
				if want := sum * c.copies; n.GuestCopiedIn != want || n.GuestCopiedOut != want {
					t.Errorf("the guest copied %d bytes in and %d out of %d, want %d", n.GuestCopiedIn, n.GuestCopiedOut, sum, want)
				}
			})
		}
	}
}

// TestManyEchoes has many connections at once that all move data both ways.
func TestManyEchoes(t *testing.T) {
	start(t)
	s := plan{flags: []string{"-cpus", "2"}}.serve(t, program(t, workload("echo")))
	done := make(chan bool)
	for i := range 50 {
		conn := s.dial(t, "tcp", guestIP+":7007")
		go func() {
			defer func() { done <- true }()
			data, got := noise(200_000+i, uint64(i)), make([]byte, 200_000+i)
			go conn.Write(data)
			if n, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, data) {
				t.Errorf("connection %d: %d of %d bytes came back, %v, equal: %v", i, n, len(data), err, bytes.Equal(got, data))
			}
		}()
	}
	for range 50 {
		<-done
	}
	s.stop()
}
