package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"unibench/workloads/internal/servertest"
	"unibench/workloads/internal/stream"
)

func TestServer(t *testing.T) {
	addr := servertest.Start(t, run)
	const n = 1_000_000
	p := stream.NewPattern(5)
	var data []byte
	for len(data) < n {
		data = append(data, p.At(int64(len(data)), min(stream.ChunkBytes, n-len(data)))...)
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
			if got := servertest.Ask(t, addr, append([]byte(tt.line), tt.data...)); !bytes.Equal(got, tt.want) {
				t.Errorf("got %d bytes that end with %q, want %d", len(got), got[max(0, len(got)-24):], len(tt.want))
			}
		})
	}
}

func TestArguments(t *testing.T) { servertest.Arguments(t, run) }
