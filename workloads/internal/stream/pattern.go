package stream

import (
	"bytes"
	"math/rand/v2"
)

const (
	period = 65521 // bytes after which the pattern repeats, a prime
	// ChunkBytes is how much a pattern gives or checks at once, at the most.
	ChunkBytes = 128 << 10
)

// Pattern is an endless sequence of bytes. Pieces of it are never copied.
type Pattern struct {
	bytes []byte // of one period and a chunk
}

// NewPattern returns the pattern of that number.
func NewPattern(seed uint64) *Pattern {
	p := &Pattern{bytes: make([]byte, period+ChunkBytes)}
	rng := rand.New(rand.NewPCG(seed, period))
	for i := range period {
		p.bytes[i] = byte(rng.Uint32())
	}
	for i := period; i < len(p.bytes); i++ {
		p.bytes[i] = p.bytes[i-period]
	}
	return p
}

// At returns the n bytes at position pos, n up to ChunkBytes, to be read only.
func (p *Pattern) At(pos int64, n int) []byte {
	off := int(pos % period)
	return p.bytes[off : off+n]
}

// Check returns how many bytes of b, up to ChunkBytes, are those at position pos.
func (p *Pattern) Check(pos int64, b []byte) int {
	want := p.At(pos, len(b))
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
