package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"unibench/workloads/internal/servertest"
	"unibench/workloads/internal/stream"
)

func TestTransfer(t *testing.T) {
	addr := servertest.Start(t, run)
	for _, mode := range []string{stream.Sink, stream.Source, stream.Both} {
		t.Run(mode, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := run(t.Context(), &stdout, &stderr, []string{"-connect", addr, "-mode", mode, "-duration", "100ms", "-seed", "7"})
			if status != 0 || !strings.HasSuffix(stdout.String(), "verified\n") {
				t.Fatalf("client ended with %d: %s%s", status, stdout.String(), stderr.String())
			}
			if sent := !strings.HasPrefix(stdout.String(), "sent 0 "); sent != (mode != stream.Source) {
				t.Errorf("%s: %s", mode, stdout.String())
			}
			if got := !strings.Contains(stdout.String(), "received 0 "); got != (mode != stream.Sink) {
				t.Errorf("%s: %s", mode, stdout.String())
			}
		})
	}
}

func TestProtocol(t *testing.T) {
	addr := servertest.Start(t, run)
	p := stream.NewPattern(3)
	wrong := bytes.Clone(p.At(0, 1000))
	wrong[700]++
	for _, tt := range []struct {
		name, line string
		data       []byte
		want       string
	}{
		{"counted", "sink 3 0\n", []byte("anything"), "ok 00000000000000000008\n"},
		{"checked", "sink 3 0 check\n", p.At(0, 1000), "ok 00000000000000001000\n"},
		{"wrong", "sink 3 0 check\n", wrong, "no 00000000000000000700\n"},
		{"wrong but not checked", "sink 3 0\n", wrong, "ok 00000000000000001000\n"},
		{"source", "source 3 100000\n", nil, string(p.At(0, 100000)) + "ok 00000000000000000000\n"},
		{"both", "both 3 1000 check\n", p.At(0, 30), string(p.At(0, 1000)) + "ok 00000000000000000030\n"},
		{"unknown mode", "drain 3 0\n", nil, ""},
		{"long line", strings.Repeat("x", 1000), nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.want == "" {
				refused(t, addr, tt.line)
				return
			}
			if got := servertest.Ask(t, addr, append([]byte(tt.line), tt.data...)); string(got) != tt.want {
				t.Errorf("answer of %d bytes ends in %q, want %d bytes, %q", len(got), last(string(got)), len(tt.want), last(tt.want))
			}
		})
	}
}

func last(s string) string { return s[max(0, len(s)-30):] }

// refused checks that a connection ends without an answer, if only by a reset.
func refused(t *testing.T, addr, line string) {
	t.Helper()
	conn := servertest.Dial(t, "tcp", addr)
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
	p := stream.NewPattern(5)
	text := append(bytes.Clone(p.At(0, 5000)), stream.Trailer(true, 12)...)
	for at := range 5000 {
		if a := readAnswer(&flipper{bytes.NewReader(text), at}, p); a.wrong != int64(at) || a.err != nil {
			t.Fatalf("damage at %d: readAnswer = %+v", at, a)
		}
	}
	if a := readAnswer(&flipper{bytes.NewReader(text), -1}, p); a.wrong != -1 || a.bytes != 5000 || a.number != 12 || !a.ok || a.err != nil {
		t.Errorf("readAnswer = %+v", a)
	}
	for n := range stream.TrailerBytes {
		if a := readAnswer(bytes.NewReader(text[:n]), p); a.err == nil {
			t.Errorf("readAnswer of %d bytes = %+v, want an error", n, a)
		}
	}
}

func TestArguments(t *testing.T) {
	servertest.Arguments(t, run, servertest.Case{Args: []string{"-connect", "127.0.0.1:1", "-mode", "none"}, Want: 1})
}
