package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
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

func ask(t *testing.T, addr, line string, data []byte) []byte {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Write(append([]byte(line), data...)); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestServer(t *testing.T) {
	addr := startServer(t)
	const n = 1_000_000
	p := newPattern(5)
	var data []byte
	for len(data) < n {
		data = append(data, p.at(int64(len(data)), min(chunkBytes, n-len(data)))...)
	}
	wrong := bytes.Clone(data)
	wrong[777_777]++
	for _, tt := range []struct {
		name, line string
		data       []byte
		want       []byte
	}{
		{"sink", "sink 5 0\n", data, fmt.Appendf(nil, "ok %020d\n", n)},
		{"checked", "sink 5 0 check\n", data, fmt.Appendf(nil, "ok %020d\n", n)},
		{"wrong byte", "sink 5 0 check\n", wrong, fmt.Appendf(nil, "no %020d\n", 777_777)},
		{"source", "source 5 1000000\n", nil, fmt.Appendf(bytes.Clone(data), "ok %020d\n", 0)},
		{"no such mode", "drain 5 0\n", nil, nil},
		{"no number", "sink x 0\n", nil, nil},
		{"no line", strings.Repeat("x", 100), nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ask(t, addr, tt.line, tt.data); !bytes.Equal(got, tt.want) {
				t.Errorf("got %d bytes that end with %q, want %d", len(got), got[max(0, len(got)-24):], len(tt.want))
			}
		})
	}
}

func TestArguments(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want int
	}{{[]string{"-h"}, 0}, {[]string{"-nonsense"}, 2}, {[]string{"more"}, 2}, {[]string{"-addr", "nowhere"}, 1}} {
		if got := run(t.Context(), io.Discard, io.Discard, tt.args); got != tt.want {
			t.Errorf("run(%q) = %d, want %d", tt.args, got, tt.want)
		}
	}
}
