package stats_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unibench/harness/stats"
)

// TestMedianOfRatios: a host whose speed changes between blocks is in neither the ratio
// nor its interval.
func TestMedianOfRatios(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	blocks := noisy(40, 1.05, 0.01, 3)
	for i := range blocks {
		speed := math.Exp(0.05 * rng.NormFloat64())
		blocks[i].Base[0] *= speed
		blocks[i].Other[0] *= speed
	}
	r := stats.MedianOfRatios(blocks, 0.95, 1000, 7)
	if !(r.Lo <= r.Value && r.Value <= r.Hi && r.Lo > 1.04 && r.Hi < 1.06) || r.Blocks != 40 || r.Warnings != nil {
		t.Errorf("ratio %+v, want 1.05 and a narrow interval", r)
	}
	if apart := stats.MedianRatio(blocks, 0.95, 1000, 7); apart.Hi-apart.Lo < 1.5*(r.Hi-r.Lo) {
		t.Errorf("the ratio of medians %+v is no wider: the test shows nothing", apart)
	}
	if again := stats.MedianOfRatios(blocks, 0.95, 1000, 7); !cmp.Equal(r, again) {
		t.Errorf("same seed, other interval: %+v and %+v", r, again)
	}
}

func TestMedianOfRatiosValues(t *testing.T) {
	block := func(base, other float64) stats.Block {
		return stats.Block{Base: []float64{base}, Other: []float64{other}}
	}
	one := stats.Block{Base: []float64{4}}
	for _, tt := range []struct {
		name    string
		blocks  []stats.Block
		value   float64
		blocked int
		warning string
	}{
		{"median", []stats.Block{block(1, 2), block(10, 30), block(5, 20)}, 3, 3, "rests on 3 blocks only"},
		{"several values", []stats.Block{{Base: []float64{1, 4}, Other: []float64{8}}}, 4, 1, "no interval"},
		{"a side is missing", []stats.Block{block(1, 2), one, block(1, 2)}, 2, 2, "1 of 3 blocks are incomplete"},
		{"no pair", []stats.Block{one}, math.NaN(), 0, "no block has both sides"},
		{"zeros", []stats.Block{block(0, 0), block(2, 3), block(4, 6)}, 1.5, 3, "a value is 0 or less"},
	} {
		r := stats.MedianOfRatios(tt.blocks, 0.95, 200, 1)
		if !cmp.Equal(r.Value, tt.value, approx()) || r.Blocks != tt.blocked || !strings.Contains(strings.Join(r.Warnings, "\n"), tt.warning) {
			t.Errorf("%s: %+v, want %v of %d blocks, and %q", tt.name, r, tt.value, tt.blocked, tt.warning)
		}
	}
}
