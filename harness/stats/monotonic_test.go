package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"unibench/harness/stats"
)

func TestMonotonicTrend(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values []float64
		share  float64
		p      float64 // NaN: not looked at
	}{
		{"empty", nil, math.NaN(), 1},
		{"one", []float64{1}, math.NaN(), 1},
		{"three rise", []float64{1, 2, 3}, 1, 1},
		{"flat", []float64{5, 5, 5, 5, 5}, 0, 1},
		{"zero", []float64{0, 0, 0, 0, 0}, math.NaN(), 1},
		// S = 45 of 45 pairs, variance 10*9*25/18 = 125: z = 44/11.18.
		{"ten rise", []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 9 / 5.5, math.Erfc(44 / math.Sqrt(125) / math.Sqrt2)},
		{"ten fall", []float64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, -9 / 5.5, math.Erfc(44 / math.Sqrt(125) / math.Sqrt2)},
		// One tie of two: S = 5, variance (4*3*13 - 2*1*9)/18 = 138/18.
		{"ties", []float64{1, 2, 2, 3}, 3 * 7. / 12 / 2, math.Erfc(4 / math.Sqrt(138./18) / math.Sqrt2)},
		{"one outlier", []float64{10, 10.1, 9.9, 10, 90, 10, 10.1, 9.9, 10}, 0, math.NaN()},
	} {
		got := stats.MonotonicTrend(tt.values)
		if !near(got.Share, tt.share) || !math.IsNaN(tt.p) && !near(got.P, tt.p) {
			t.Errorf("%s: %+v, want share %v, p %v", tt.name, got, tt.share, tt.p)
		}
	}
}

func near(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) < 1e-9
}

// TestMonotonicTrendLevel: noise without a trend is called one as often as the level
// says.
func TestMonotonicTrendLevel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const rounds = 2000
	red := 0
	for range rounds {
		v := make([]float64, 12)
		for i := range v {
			v[i] = 1 + rng.NormFloat64()
		}
		if stats.MonotonicTrend(v).P < 0.05 {
			red++
		}
	}
	if share := float64(red) / rounds; share < 0.02 || share > 0.065 {
		t.Errorf("%.3f of trendless samples show a trend at 0.05", share)
	}
}

func TestBeside(t *testing.T) {
	sample := []float64{10, 11, 12, 13, 14} // quartiles 11 and 13
	for v, want := range map[float64]stats.Label{12: stats.Inside, 16: stats.Inside, 16.1: stats.Mild, 7.9: stats.Mild, 19.1: stats.Extreme, 4.9: stats.Extreme} {
		if got := stats.Beside(sample, v); got != want {
			t.Errorf("Beside(%v) = %v, want %v", v, got, want)
		}
	}
	if stats.Beside(sample[:4], 1e9) != stats.Inside {
		t.Error("four values have fences")
	}
}
