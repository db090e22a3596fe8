package stats

import (
	"math"
	"slices"
)

// Monotonic is a trend of values in their order.
type Monotonic struct {
	Share float64 // change from the first to the last by the Theil-Sen slope, as a share of the median
	P     float64 // two-sided, of the Mann-Kendall test; 1 for fewer than 4 values
}

// minTrend is the number of values below which no trend can be shown.
const minTrend = 4

// MonotonicTrend looks for a trend without a distribution: the slope is the median of
// those of all pairs (Theil 1950, Sen 1968), the test counts pairs that rise and fall
// (Mann 1945, Kendall 1975; normal approximation with continuity and tie correction).
func MonotonicTrend(values []float64) Monotonic {
	n := len(values)
	m := Monotonic{P: 1, Share: math.NaN()}
	if n < 2 {
		return m
	}
	var slopes []float64
	rising := 0
	for i := range values {
		for j := i + 1; j < n; j++ {
			d := values[j] - values[i]
			slopes = append(slopes, d/float64(j-i))
			switch {
			case d > 0:
				rising++
			case d < 0:
				rising--
			}
		}
	}
	middle := Quantile(values, 0.5)
	if middle == 0 {
		return m
	}
	m.Share = Quantile(slopes, 0.5) * float64(n-1) / middle
	if n < minTrend {
		return m
	}
	pairs := func(k float64) float64 { return k * (k - 1) * (2*k + 5) }
	variance := pairs(float64(n))
	for _, t := range ties(values) {
		variance -= pairs(float64(t))
	}
	if variance <= 0 {
		return m
	}
	z := max(0, math.Abs(float64(rising))-1) / math.Sqrt(variance/18)
	m.P = min(1, math.Erfc(z/math.Sqrt2))
	return m
}

// ties returns how many values share each value that is there more than once.
func ties(values []float64) []int {
	s := slices.Sorted(slices.Values(values))
	var out []int
	run := 1
	for i := 1; i <= len(s); i++ {
		if i < len(s) && s[i] == s[i-1] {
			run++
			continue
		}
		if run > 1 {
			out = append(out, run)
		}
		run = 1
	}
	return out
}
