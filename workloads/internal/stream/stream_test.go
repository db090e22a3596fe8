package stream_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"unibench/workloads/internal/stream"
)

// TestPattern holds the pattern against its definition, a byte at a time.
func TestPattern(t *testing.T) {
	const seed, period = 7, 65521
	p := stream.NewPattern(seed)
	rng := rand.New(rand.NewPCG(seed, period))
	model := make([]byte, period)
	for i := range model {
		model[i] = byte(rng.Uint32())
	}
	for _, pos := range []int64{0, 1, period - 1, period, 10*period + 12345, 1 << 40} {
		want := make([]byte, stream.ChunkBytes)
		for i := range want {
			want[i] = model[(pos+int64(i))%period]
		}
		got := p.At(pos, len(want))
		if !bytes.Equal(got, want) {
			t.Errorf("At(%d, %d) differs", pos, len(want))
		}
		if n := p.Check(pos, want); n != len(want) {
			t.Errorf("Check(%d) = %d, want all %d", pos, n, len(want))
		}
		for _, at := range []int{0, 1, 70000, len(want) - 1} {
			want[at]++
			if n := p.Check(pos, want); n != at {
				t.Errorf("Check(%d) = %d, want %d", pos, n, at)
			}
			want[at]--
		}
	}
}

func TestParseRequest(t *testing.T) {
	for _, tt := range []struct {
		line string
		want stream.Request
	}{
		{"sink 1 0\n", stream.Request{Mode: stream.Sink, Seed: 1}},
		{"source 18446744073709551615 5\n", stream.Request{Mode: stream.Source, Seed: 1<<64 - 1, Bytes: 5}},
		{"both 2 9223372036854775807 check\n", stream.Request{Mode: stream.Both, Seed: 2, Bytes: 1<<63 - 1, Check: true}},
	} {
		got, err := stream.ParseRequest(tt.line)
		if err != nil || got != tt.want || got.String() != tt.line {
			t.Errorf("ParseRequest(%q) = %+v, %v, want %+v", tt.line, got, err, tt.want)
		}
	}
	for _, line := range []string{
		"", "\n", "sink 1 0", "sink 1\n", "drain 1 0\n", "sink x 0\n", "sink -1 0\n", "source 1 -1\n", "source 1 9223372036854775808\n",
		"sink 1 5\n", "sink 1 0 checked\n", "sink  1 0\n", "sink 1 0 check more\n",
		"sink 1 00000000000000000000000000000000000000000000000000000000000\n",
	} {
		if got, err := stream.ParseRequest(line); !errors.Is(err, stream.ErrRequest) {
			t.Errorf("ParseRequest(%q) = %+v, %v, want %v", line, got, err, stream.ErrRequest)
		}
	}
}

func TestTrailer(t *testing.T) {
	for _, ok := range []bool{true, false} {
		for _, n := range []int64{0, 7, 1<<63 - 1} {
			text := stream.Trailer(ok, n)
			got, right, err := stream.ParseTrailer([]byte(text))
			if len(text) != stream.TrailerBytes || got != n || right != ok || err != nil {
				t.Errorf("ParseTrailer(%q) = %d, %v, %v", text, got, right, err)
			}
		}
	}
	for _, text := range []string{"", "ok 0\n", "ko 00000000000000000000\n", "ok 00000000000000000000 ", "ok 0000000000000000000x\n"} {
		if _, _, err := stream.ParseTrailer([]byte(text)); err == nil {
			t.Errorf("ParseTrailer(%q) succeeded", text)
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("sink 1 0\n")
	f.Add("both 18446744073709551615 9223372036854775807 check\n")
	f.Add("source 1 -1\n")
	f.Fuzz(func(t *testing.T, line string) {
		q, err := stream.ParseRequest(line)
		if err != nil {
			return
		}
		again, err := stream.ParseRequest(q.String())
		if err != nil || again != q {
			t.Errorf("stream.ParseRequest(%q) = %+v, and of its own form %q = %+v, %v", line, q, q.String(), again, err)
		}
	})
}
