package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
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

func TestTransfer(t *testing.T) {
	addr := startServer(t)
	for _, mode := range []string{sink, source, both} {
		t.Run(mode, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := run(t.Context(), &stdout, &stderr, []string{"-connect", addr, "-mode", mode, "-duration", "100ms", "-seed", "7"})
			if status != 0 || !strings.HasSuffix(stdout.String(), "verified\n") {
				t.Fatalf("client ended with %d: %s%s", status, stdout.String(), stderr.String())
			}
			if sent := !strings.HasPrefix(stdout.String(), "sent 0 "); sent != (mode != source) {
				t.Errorf("%s: %s", mode, stdout.String())
			}
			if got := !strings.Contains(stdout.String(), "received 0 "); got != (mode != sink) {
				t.Errorf("%s: %s", mode, stdout.String())
			}
		})
	}
}

// ask sends a request and data and returns all that comes back.
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

func TestProtocol(t *testing.T) {
	addr := startServer(t)
	p := newPattern(3)
	wrong := bytes.Clone(p.at(0, 1000))
	wrong[700]++
	for _, tt := range []struct {
		name, line string
		data       []byte
		want       string
	}{
		{"counted", "sink 3 0\n", []byte("anything"), "ok 00000000000000000008\n"},
		{"checked", "sink 3 0 check\n", p.at(0, 1000), "ok 00000000000000001000\n"},
		{"wrong", "sink 3 0 check\n", wrong, "no 00000000000000000700\n"},
		{"wrong but not checked", "sink 3 0\n", wrong, "ok 00000000000000001000\n"},
		{"source", "source 3 100000\n", nil, string(p.at(0, 100000)) + "ok 00000000000000000000\n"},
		{"both", "both 3 1000 check\n", p.at(0, 30), string(p.at(0, 1000)) + "ok 00000000000000000030\n"},
		{"unknown mode", "drain 3 0\n", nil, ""},
		{"long line", strings.Repeat("x", 1000), nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.want == "" {
				refused(t, addr, tt.line)
				return
			}
			if got := ask(t, addr, tt.line, tt.data); string(got) != tt.want {
				t.Errorf("answer of %d bytes ends in %q, want %d bytes, %q", len(got), last(string(got)), len(tt.want), last(tt.want))
			}
		})
	}
}

func last(s string) string { return s[max(0, len(s)-30):] }

// refused checks that a connection ends without an answer, if only by a reset.
func refused(t *testing.T, addr, line string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, line); err != nil {
		return
	}
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("request %q was answered", line)
	}
}

// flipper changes one byte of what passes.
type flipper struct {
	io.Reader
	at int
}

func (f *flipper) Read(b []byte) (int, error) {
	n, err := f.Reader.Read(b[:min(len(b), 777)])
	if f.at >= 0 && f.at < n {
		b[f.at]++
	}
	f.at -= n
	return n, err
}

func TestReadAnswerNoticesDamage(t *testing.T) {
	p := newPattern(5)
	text := append(bytes.Clone(p.at(0, 5000)), trailer(true, 12)...)
	for at := range 5000 {
		if a := readAnswer(&flipper{bytes.NewReader(text), at}, p); a.wrong != int64(at) || a.err != nil {
			t.Fatalf("damage at %d: readAnswer = %+v", at, a)
		}
	}
	if a := readAnswer(&flipper{bytes.NewReader(text), -1}, p); a.wrong != -1 || a.bytes != 5000 || a.number != 12 || !a.ok || a.err != nil {
		t.Errorf("readAnswer = %+v", a)
	}
	for n := range trailerBytes {
		if a := readAnswer(bytes.NewReader(text[:n]), p); a.err == nil {
			t.Errorf("readAnswer of %d bytes = %+v, want an error", n, a)
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
		{[]string{"-connect", "127.0.0.1:1", "-mode", "none"}, 1},
	} {
		if got := run(t.Context(), io.Discard, io.Discard, tt.args); got != tt.want {
			t.Errorf("run(%q) = %d, want %d", tt.args, got, tt.want)
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("sink 1 0\n")
	f.Add("both 18446744073709551615 9223372036854775807 check\n")
	f.Add("source 1 -1\n")
	f.Fuzz(func(t *testing.T, line string) {
		q, err := parseRequest(line)
		if err != nil {
			return
		}
		again, err := parseRequest(q.String())
		if err != nil || again != q {
			t.Errorf("parseRequest(%q) = %+v, and of its own form %q = %+v, %v", line, q, q.String(), again, err)
		}
	})
}
