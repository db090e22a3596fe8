package main

import (
	"bytes"
	"math/rand/v2"
)

const (
	period     = 65521     // bytes after which the pattern repeats, a prime
	chunkBytes = 128 << 10 // most that one read or write moves
)

// pattern is an endless sequence of bytes. Pieces of it are never copied.
type pattern struct {
	bytes []byte // of one period and a chunk
}

func newPattern(seed uint64) *pattern {
	p := &pattern{bytes: make([]byte, period+chunkBytes)}
	rng := rand.New(rand.NewPCG(seed, period))
	for i := range period {
		p.bytes[i] = byte(rng.Uint32())
	}
	for i := period; i < len(p.bytes); i++ {
		p.bytes[i] = p.bytes[i-period]
	}
	return p
}

// at returns the n bytes at position pos, n up to chunkBytes, to be read only.
func (p *pattern) at(pos int64, n int) []byte {
	off := int(pos % period)
	return p.bytes[off : off+n]
}

// check returns how many bytes of b, up to chunkBytes, are those at position pos.
func (p *pattern) check(pos int64, b []byte) int {
	want := p.at(pos, len(b))
	if bytes.Equal(b, want) {
		return len(b)
	}
	for i := range b {
		if b[i] != want[i] {
			return i
		}
	}
	return len(b)
}
