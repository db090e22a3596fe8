package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// startServer returns the address of a server that ends with the test.
func startServer(t *testing.T) string {
	t.Helper()
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	status := make(chan int, 1)
	var stderr bytes.Buffer
	go func() {
		status <- run(ctx, w, &stderr, []string{"-addr", "127.0.0.1:0"})
		w.Close()
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "listening on ")
	if err != nil || !ok {
		t.Fatalf("first line %q, %v; %s", line, err, stderr.String())
	}
	t.Cleanup(func() {
		cancel()
		if s := <-status; s != 0 {
			t.Errorf("status %d: %s", s, stderr.String())
		}
	})
	return addr
}

func dial(t *testing.T, network, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

func TestTCP(t *testing.T) {
	addr := startServer(t)
	idle := dial(t, "tcp", addr) // must not keep the server from ending
	if _, err := io.WriteString(idle, "x"); err != nil {
		t.Fatal(err)
	}
	conn := dial(t, "tcp", addr)
	sent := bytes.Repeat([]byte("0123456789abcdef!"), 100_000)
	go func() {
		conn.Write(sent)
		conn.(*net.TCPConn).CloseWrite()
	}()
	got, err := io.ReadAll(conn)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("got %d bytes back of %d, %v", len(got), len(sent), err)
	}
}

func TestUDP(t *testing.T) {
	conn := dial(t, "udp", startServer(t))
	for _, size := range []int{0, 1, 1472, 9000, 65507} {
		sent := bytes.Repeat([]byte{byte(size)}, size)
		if _, err := conn.Write(sent); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 64<<10)
		n, err := conn.Read(b)
		if err != nil || !bytes.Equal(b[:n], sent) {
			t.Errorf("datagram of %d bytes came back with %d, %v", size, n, err)
		}
	}
}

func TestArguments(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want int
	}{
		{[]string{"-h"}, 0},
		{[]string{"-nonsense"}, 2},
		{[]string{"more"}, 2},
		{[]string{"-addr", "nowhere"}, 1},
	} {
		if got := run(t.Context(), io.Discard, io.Discard, tt.args); got != tt.want {
			t.Errorf("run(%q) = %d, want %d", tt.args, got, tt.want)
		}
	}
}
