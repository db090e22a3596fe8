package stats_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unibench/harness/stats"
)

// noisy returns n blocks whose other side is factor times the base, with noise
// of the given relative size on each value.
func noisy(n int, factor, noise float64, seed uint64) []stats.Block {
	rng := rand.New(rand.NewPCG(seed, 0))
	out := make([]stats.Block, n)
	for i := range out {
		out[i].Base = []float64{100 * (1 + noise*rng.NormFloat64())}
		out[i].Other = []float64{100 * factor * (1 + noise*rng.NormFloat64())}
	}
	return out
}

func TestMedianRatio(t *testing.T) {
	exact := noisy(10, 3, 0, 1)
	if r := stats.MedianRatio(exact, 0.95, 1000, 1); !cmp.Equal([]float64{r.Value, r.Lo, r.Hi}, []float64{3, 3, 3}, approx()) || r.Blocks != 10 || r.Warnings != nil {
		t.Errorf("ratio without noise = %+v, want exactly 3", r)
	}
	blocks := noisy(10, 3, 0.02, 1)
	a := stats.MedianRatio(blocks, 0.95, 1000, 7)
	if b := stats.MedianRatio(blocks, 0.95, 1000, 7); !cmp.Equal(a, b) {
		t.Errorf("same seed, other interval: %+v and %+v", a, b)
	}
	if !(a.Lo <= a.Value && a.Value <= a.Hi && a.Lo > 2.8 && a.Hi < 3.2) {
		t.Errorf("ratio = %+v, want about 3", a)
	}
}

// TestMedianRatioExactBootstrap compares the interval with the whole bootstrap
// distribution, which for three blocks has 27 equally likely samples.
func TestMedianRatioExactBootstrap(t *testing.T) {
	blocks := []stats.Block{
		{Base: []float64{1}, Other: []float64{2}},
		{Base: []float64{2}, Other: []float64{3}},
		{Base: []float64{4}, Other: []float64{11}},
	}
	var all []float64
	for i := range 27 {
		draw := []stats.Block{blocks[i%3], blocks[i/3%3], blocks[i/9]}
		var base, other []float64
		for _, b := range draw {
			base, other = append(base, b.Base...), append(other, b.Other...)
		}
		slices.Sort(base)
		slices.Sort(other)
		all = append(all, other[1]/base[1])
	}
	r := stats.MedianRatio(blocks, 0.5, 100_000, 1)
	slices.Sort(all)
	lo, hi := all[27/4], all[27*3/4] // neither lies at a step of the distribution
	if r.Value != 1.5 || r.Lo != lo || r.Hi != hi || len(r.Warnings) != 1 {
		t.Errorf("ratio = %+v, want 1.5 [%v, %v] and a warning", r, lo, hi)
	}
}

// TestMedianRatioCoverage draws many experiments with a known ratio: the 95 %
// interval must hold it most of the time. The seed is fixed, so the count is too.
func TestMedianRatioCoverage(t *testing.T) {
	hit := 0
	for seed := range uint64(200) {
		r := stats.MedianRatio(noisy(12, 2, 0.1, seed), 0.95, 300, seed)
		if r.Lo <= 2 && 2 <= r.Hi {
			hit++
		}
	}
	if hit < 180 {
		t.Errorf("interval held the true ratio %d times of 200, want 180 or more", hit)
	}
}

func TestMedianRatioDamaged(t *testing.T) {
	full := stats.Block{Base: []float64{2}, Other: []float64{4}}
	for name, c := range map[string]struct {
		in   []stats.Block
		want float64
		warn string
	}{
		"no blocks":  {nil, math.NaN(), "no ratio"},
		"zero base":  {[]stats.Block{{Base: []float64{0}, Other: []float64{1}}}, math.NaN(), "no ratio"},
		"one side":   {[]stats.Block{{Base: []float64{1}}}, math.NaN(), "incomplete"},
		"one block":  {[]stats.Block{full}, 2, "fewer than 2"},
		"incomplete": {[]stats.Block{full, full, full, full, full, full, {Base: []float64{2}}}, 2, "1 of 7"},
	} {
		r := stats.MedianRatio(c.in, 0.95, 100, 1)
		if !cmp.Equal(r.Value, c.want, approx()) || !strings.Contains(strings.Join(r.Warnings, ";"), c.warn) {
			t.Errorf("%s: ratio = %+v, want %v with %q", name, r, c.want, c.warn)
		}
	}
}

func TestDiffs(t *testing.T) {
	got := stats.Diffs([]stats.Block{
		{Base: []float64{1}, Other: []float64{math.E}},
		{Base: []float64{5}},
		{Base: []float64{1, math.Exp(2)}, Other: []float64{1}},
	})
	if diff := cmp.Diff([]float64{1, -1}, got, approx()); diff != "" {
		t.Errorf("Diffs of positive values are of logarithms:\n%s", diff)
	}
	got = stats.Diffs([]stats.Block{{Base: []float64{0}, Other: []float64{3}}, {Base: []float64{5}, Other: []float64{3}}})
	if diff := cmp.Diff([]float64{3, -2}, got, approx()); diff != "" {
		t.Errorf("Diffs with a zero are plain:\n%s", diff)
	}
}

func TestGeoMean(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want float64
		warn int
	}{
		{[]float64{2, 8}, 4, 0}, {[]float64{0.5, 2}, 1, 0}, {[]float64{3}, 3, 0},
		{nil, math.NaN(), 0}, {[]float64{0, 4}, 4, 1}, {[]float64{math.NaN()}, math.NaN(), 1},
	} {
		got, warnings := stats.GeoMean(c.in)
		if !cmp.Equal(got, c.want, approx()) || len(warnings) != c.warn {
			t.Errorf("GeoMean(%v) = %v, %v, want %v, %d warnings", c.in, got, warnings, c.want, c.warn)
		}
	}
}
