package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"unibench/harness/stats"
)

func TestLeastP(t *testing.T) {
	for _, c := range []struct {
		n1, n2 int
		want   float64
	}{{1, 1, 1}, {3, 3, 0.1}, {4, 4, 2. / 70}, {6, 6, 2. / 924}, {10, 10, 2. / 184756}, {3, 10, 2. / 286}} {
		got := stats.LeastP(c.n1, c.n2)
		if math.Abs(got-c.want) > 1e-9*c.want {
			t.Errorf("LeastP(%d, %d) = %v, want %v", c.n1, c.n2, got, c.want)
		}
		var a, b []float64
		for i := range c.n1 {
			a = append(a, float64(i))
		}
		for i := range c.n2 {
			b = append(b, float64(100+i))
		}
		if p := stats.MannWhitney(a, b).P; math.Abs(p-got) > 1e-9 {
			t.Errorf("samples of %d and %d that do not overlap: p = %v, LeastP = %v", c.n1, c.n2, p, got)
		}
	}
}

// TestMedianRatioApartCovers: the interval holds the true ratio about as often as
// it claims, and the same seed gives the same interval.
func TestMedianRatioApartCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const trials = 300
	hit := 0
	for k := range trials {
		var base, other []float64
		for range 15 {
			base = append(base, 100*math.Exp(0.05*rng.NormFloat64()))
			other = append(other, 120*math.Exp(0.05*rng.NormFloat64()))
		}
		r := stats.MedianRatioApart(base, other, stats.Confidence, 400, uint64(k))
		if again := stats.MedianRatioApart(base, other, stats.Confidence, 400, uint64(k)); again.Lo != r.Lo || again.Hi != r.Hi {
			t.Fatalf("seed %d gives [%v, %v], then [%v, %v]", k, r.Lo, r.Hi, again.Lo, again.Hi)
		}
		if r.Lo <= 1.2 && 1.2 <= r.Hi {
			hit++
		}
	}
	if share := float64(hit) / trials; share < 0.9 {
		t.Errorf("the interval holds the ratio in %.1f %% of the cases, want about 95", 100*share)
	}
}

func TestMedianRatioApartEdges(t *testing.T) {
	for _, c := range []struct {
		name        string
		base, other []float64
		value       float64
		interval    bool
		warnings    int
	}{
		{"no values", nil, []float64{1}, math.NaN(), false, 1},
		{"base of zero", []float64{0, 0}, []float64{1, 1}, math.NaN(), false, 1},
		{"one value", []float64{2}, []float64{4, 4}, 2, false, 1},
		{"few", []float64{2, 2}, []float64{4, 4, 4}, 2, true, 1},
		{"enough", []float64{2, 2, 2, 2, 2, 2}, []float64{4, 4, 4, 4, 4, 4}, 2, true, 0},
		{"base sometimes zero", []float64{0, 0, 1, 1, 1, 1, 1}, []float64{1, 1, 1, 1, 1, 1}, 1, true, 1},
	} {
		r := stats.MedianRatioApart(c.base, c.other, stats.Confidence, 1000, 1)
		if r.Value != c.value && !(math.IsNaN(r.Value) && math.IsNaN(c.value)) || math.IsNaN(r.Lo) == c.interval || len(r.Warnings) != c.warnings {
			t.Errorf("%s: %+v, want %v, an interval %v, %d warnings", c.name, r, c.value, c.interval, c.warnings)
		}
	}
}
