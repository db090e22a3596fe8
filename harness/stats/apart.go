package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// MedianRatioApart is MedianRatio for sides that were not measured together: values
// of each are drawn on their own, so the interval covers the noise within each side
// and nothing that changed between them as a whole. Both sides need two values;
// Blocks is 0.
func MedianRatioApart(base, other []float64, confidence float64, rounds int, seed uint64) Ratio {
	r := Ratio{Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN(), Confidence: confidence}
	base, other = slices.Clone(base), slices.Clone(other)
	value, ok := medianRatio(base, other)
	if !ok {
		r.Warnings = append(r.Warnings, "no ratio: a side has no values or the base is zero")
		return r
	}
	r.Value = value
	n := min(len(base), len(other))
	if n < 2 {
		r.Warnings = append(r.Warnings, "no interval for the ratio: a side has fewer than 2 values")
		return r
	}
	if n < minBlocks {
		r.Warnings = append(r.Warnings, fmt.Sprintf("interval of the ratio rests on %d values only: want %d or more", n, minBlocks))
	}
	rng := rand.New(rand.NewPCG(seed, uint64(len(base))<<32|uint64(len(other))))
	var sample []float64
	b, o := make([]float64, len(base)), make([]float64, len(other))
	for range rounds {
		draw(rng, b, base)
		draw(rng, o, other)
		if v, ok := medianRatio(b, o); ok {
			sample = append(sample, v)
		}
	}
	r.bootstrap(sample, rounds)
	return r
}

// draw fills to with values of from, with replacement.
func draw(rng *rand.Rand, to, from []float64) {
	for i := range to {
		to[i] = from[rng.IntN(len(from))]
	}
}
