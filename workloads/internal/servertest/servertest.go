// Package servertest runs the programs of package server in tests and talks to
// them.
package servertest

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"unibench/workloads/internal/server"
)

// limit ends a test whose server does not answer.
const limit = 20 * time.Second

// Start returns the address of a server on a free port, which ends with the test:
// with status 0, or the test fails.
func Start(t testing.TB, p server.Program, args ...string) (addr string) {
	t.Helper()
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	status := make(chan int, 1)
	var stderr bytes.Buffer
	go func() {
		status <- p(ctx, w, &stderr, append([]string{"-addr", "127.0.0.1:0"}, args...))
		w.Close()
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "listening on ")
	if err != nil || !ok {
		cancel()
		r.Close()
		t.Fatalf("first line %q, %v; status %d: %s", line, err, <-status, stderr.String())
	}
	t.Cleanup(func() {
		cancel()
		if s := <-status; s != 0 {
			t.Errorf("status %d: %s", s, stderr.String())
		}
	})
	return addr
}

// Dial connects to a server. The connection ends with the test.
func Dial(t testing.TB, network, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// Ask sends data on a connection of its own, whose side it then ends, and returns
// all that comes back meanwhile and after.
func Ask(t testing.TB, addr string, data []byte) []byte {
	t.Helper()
	conn := Dial(t, "tcp", addr).(*net.TCPConn)
	defer conn.Close()
	sent := make(chan error, 1)
	go func() {
		_, err := conn.Write(data)
		if err == nil {
			err = conn.CloseWrite()
		}
		sent <- err
	}()
	got, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	return got
}

// A Case is a command line and the exit status that it leads to.
type Case struct {
	Args []string
	Want int
}

// Arguments checks the exit status of what every server refuses, and of more.
func Arguments(t *testing.T, p server.Program, more ...Case) {
	t.Helper()
	for _, tt := range append([]Case{
		{[]string{"-h"}, 0},
		{[]string{"-nonsense"}, 2},
		{[]string{"more"}, 2},
		{[]string{"-addr", "nowhere"}, 1},
	}, more...) {
		if got := p(t.Context(), io.Discard, io.Discard, tt.Args); got != tt.Want {
			t.Errorf("run(%q) = %d, want %d", tt.Args, got, tt.Want)
		}
	}
}
