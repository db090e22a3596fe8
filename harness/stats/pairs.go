package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// MedianOfRatios is MedianRatio for blocks whose two sides ran next to each other: the
// median of the ratios within blocks, not the ratio of the medians over all of them. What
// the host does for longer than a pair takes is then in neither the ratio nor its interval.
// A block of several values counts by their geometric mean. Values that are not positive
// have no such ratio: with any of them it is MedianRatio, and a warning says so.
func MedianOfRatios(blocks []Block, confidence float64, rounds int, seed uint64) Ratio {
	base, other := pool(blocks)
	if slices.ContainsFunc(append(base, other...), func(v float64) bool { return !(v > 0) }) {
		r := MedianRatio(blocks, confidence, rounds, seed)
		r.Warnings = append(r.Warnings, "a value is 0 or less: the ratio is that of the medians, not the median of ratios of neighbours")
		return r
	}
	diffs := Diffs(blocks)
	r := Ratio{Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN(), Confidence: confidence, Blocks: len(diffs)}
	if lost := len(blocks) - r.Blocks; lost > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d of %d blocks are incomplete", lost, len(blocks)))
	}
	if r.Blocks == 0 {
		r.Warnings = append(r.Warnings, "no ratio: no block has both sides")
		return r
	}
	r.Value = math.Exp(Quantile(diffs, 0.5))
	if !r.enough() {
		return r
	}
	rng := rand.New(rand.NewPCG(seed, uint64(len(diffs))))
	sample := make([]float64, rounds)
	drawn := make([]float64, len(diffs))
	for i := range sample {
		for k := range drawn {
			drawn[k] = diffs[rng.IntN(len(diffs))]
		}
		slices.Sort(drawn)
		sample[i] = math.Exp(sortedQuantile(drawn, 0.5))
	}
	r.bootstrap(sample, rounds)
	return r
}
