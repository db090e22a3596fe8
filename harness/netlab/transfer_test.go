package netlab_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"unibench/harness/netlab"
)

// transfer sends n random bytes from the generator to the system under test and
// fails unless exactly they arrive.
func transfer(t testing.TB, w *netlab.World, n int64) {
	t.Helper()
	addr := net.JoinHostPort(netlab.SUT.Addr4().String(), "5201")
	l, err := w.Listen(limit(t), netlab.SUT, "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			got <- err.Error()
			return
		}
		defer conn.Close()
		h := sha256.New()
		k, err := io.Copy(h, conn)
		got <- fmt.Sprintf("%d bytes, %x, %v", k, h.Sum(nil), err)
	}()
	conn, err := w.Dial(limit(t), netlab.Generator, "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	rng := rand.NewChaCha8([32]byte{1})
	h := sha256.New()
	if _, err := io.Copy(conn, io.TeeReader(io.LimitReader(rng, n), h)); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if got, want := <-got, fmt.Sprintf("%d bytes, %x, <nil>", n, h.Sum(nil)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTransfer(t *testing.T) {
	transfer(t, newWorld(t, netlab.Config{Link: netlab.Veth}), 8<<20)
}

// TestShapes sends TCP, with the offloads of both sides on, through wires of all
// kinds.
func TestShapes(t *testing.T) {
	for _, tt := range []struct {
		name  string
		shape netlab.Shape
		bytes int64
	}{
		{"plain", netlab.Shape{}, 32 << 20},
		{"delay", netlab.Shape{Delay: time.Millisecond}, 8 << 20},
		{"loss", netlab.Shape{Loss: 0.02, Seed: 1}, 4 << 20},
		{"reorder", netlab.Shape{Delay: time.Millisecond, Reorder: 0.1, Seed: 2}, 4 << 20},
		{"rate", netlab.Shape{Rate: 200e6, Queue: 50}, 4 << 20},
		{"all", netlab.Shape{Delay: time.Millisecond, Loss: 0.01, Reorder: 0.05, Rate: 500e6, Seed: 3}, 2 << 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, shaped(t, netlab.Veth, tt.shape))
			start := time.Now()
			transfer(t, w, tt.bytes)
			took := time.Since(start)
			got, err := w.StopRelay()
			if err != nil {
				t.Fatal(err)
			}
			s := got.ToSUT
			t.Logf("%d bytes in %v: %+v", tt.bytes, took, got)
			if s.Malformed != 0 || s.Refused != 0 || s.Bytes < tt.bytes {
				t.Errorf("relay counted %+v", s)
			}
			if s.Frames > 0 && s.Bytes/s.Frames > netlab.DefaultMTU+14 {
				t.Errorf("frames of %d bytes on average on a wire of %d", s.Bytes/s.Frames, netlab.DefaultMTU)
			}
			if lost := s.Lost > 0; lost != (tt.shape.Loss > 0) {
				t.Errorf("%d frames lost of %d at a loss of %v", s.Lost, s.Frames, tt.shape.Loss)
			}
			if reordered := s.Reordered > 0; reordered != (tt.shape.Reorder > 0) {
				t.Errorf("%d frames reordered of %d", s.Reordered, s.Frames)
			}
			// A wire is never faster than its rate.
			if r := tt.shape.Rate; r > 0 && took < time.Duration(tt.bytes*8*int64(time.Second)/r) {
				t.Errorf("%d bytes took %v at %d bit/s", tt.bytes, took, r)
			}
		})
	}
}

// TestDatagrams sends one large write that the wire must split (UDP_SEGMENT).
func TestDatagrams(t *testing.T) {
	w := newWorld(t, shaped(t, netlab.Veth, netlab.Shape{}))
	addr := net.JoinHostPort(netlab.SUT.Addr6().String(), "7007")
	var server net.PacketConn
	err := w.Do(netlab.SUT, func() (err error) {
		server, err = net.ListenPacket("udp", addr)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	conn, err := w.Dial(limit(t), netlab.Generator, "udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sent := make([]byte, 10_000)
	rand.NewChaCha8([32]byte{2}).Read(sent)
	const segment = 1200
	if err := segmentUDP(conn.(*net.UDPConn), segment); err != nil {
		t.Skipf("UDP segmentation: %v", err)
	}
	if _, err := conn.Write(sent); err != nil {
		t.Fatal(err)
	}
	server.SetDeadline(time.Now().Add(10 * time.Second))
	var got []byte
	b := make([]byte, 65536)
	for len(got) < len(sent) {
		n, _, err := server.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		if want := min(segment, len(sent)-len(got)); n != want {
			t.Errorf("datagram of %d bytes, want %d", n, want)
		}
		got = append(got, b[:n]...)
	}
	if !bytes.Equal(got, sent) {
		t.Error("other bytes came than were sent")
	}
	s, err := w.StopRelay()
	if err != nil || s.ToSUT.Frames < 9 || s.ToSUT.Malformed != 0 {
		t.Errorf("relay counted %+v, %v", s, err)
	}
}

// segmentUDP lets the kernel split each write (udp(7)).
func segmentUDP(conn *net.UDPConn, size int) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_SEGMENT, size) })
	return errors.Join(err, failed)
}
