package loadgen

import (
	"bytes"
	"math/rand/v2"
)

// patternPeriod is a prime, so that no power of two that a buffer on the way may
// have maps the pattern onto itself.
const patternPeriod = 65521

// pattern is an endless sequence of bytes, the same as that of the workload stream:
// byte(rng.Uint32()) for each byte of a period, where rng is NewPCG(seed, 65521).
// Slices of it need no copying.
type pattern struct {
	twice []byte // two periods
}

func newPattern(seed uint64) *pattern {
	rng := rand.New(rand.NewPCG(seed, patternPeriod))
	p := &pattern{twice: make([]byte, 2*patternPeriod)}
	for i := range patternPeriod {
		p.twice[i] = byte(rng.Uint32())
	}
	copy(p.twice[patternPeriod:], p.twice)
	return p
}

// at returns n bytes of the pattern from position pos on, at most a period.
func (p *pattern) at(pos int64, n int) []byte {
	off := int(pos % patternPeriod)
	return p.twice[off : off+min(n, patternPeriod)]
}

// check compares b with the pattern at pos and returns the number of equal bytes.
func (p *pattern) check(pos int64, b []byte) (equal int) {
	for equal < len(b) {
		want := p.at(pos+int64(equal), len(b)-equal)
		got := b[equal : equal+len(want)]
		if !bytes.Equal(got, want) {
			for i := range got {
				if got[i] != want[i] {
					return equal + i
				}
			}
		}
		equal += len(want)
	}
	return equal
}
