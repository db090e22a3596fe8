package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Rounds is the number of bootstrap samples behind a ratio's interval.
const Rounds = 10_000

// minBlocks is the number of blocks below which a bootstrap interval is a
// guess.
const minBlocks = 6

// Block holds what one block measured for the two sides of a comparison, as a
// rule one value each; a failed trial leaves its side empty.
type Block struct {
	Base, Other []float64
}

// Ratio is the effect size: how many times the base the other is.
type Ratio struct {
	Value      float64 // median of other by median of base, NaN when undefined
	Lo, Hi     float64
	Confidence float64
	Blocks     int // blocks with both sides
	Warnings   []string
}

// MedianRatio returns the ratio of the medians over all blocks with its
// percentile bootstrap interval. Whole blocks are drawn, so what both sides of a
// block share (drift, a busy neighbour) stays together. The same seed gives the
// same interval.
func MedianRatio(blocks []Block, confidence float64, rounds int, seed uint64) Ratio {
	base, other := pool(blocks)
	r := Ratio{Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN(), Confidence: confidence}
	for _, b := range blocks {
		if len(b.Base) > 0 && len(b.Other) > 0 {
			r.Blocks++
		}
	}
	if lost := len(blocks) - r.Blocks; lost > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d of %d blocks are incomplete", lost, len(blocks)))
	}
	value, ok := medianRatio(base, other)
	if !ok {
		r.Warnings = append(r.Warnings, "no ratio: a side has no values or the base is zero")
		return r
	}
	r.Value = value
	if !r.enough() {
		return r
	}
	r.bootstrap(resample(blocks, rounds, seed), rounds)
	return r
}

// enough reports whether there are blocks for an interval, and warns where it rests on
// few.
func (r *Ratio) enough() bool {
	if r.Blocks < 2 {
		r.Warnings = append(r.Warnings, "no interval for the ratio: fewer than 2 complete blocks")
		return false
	}
	if r.Blocks < minBlocks {
		r.Warnings = append(r.Warnings, fmt.Sprintf("interval of the ratio rests on %d blocks only: want %d or more", r.Blocks, minBlocks))
	}
	return true
}

// bootstrap takes the interval from the ratios of so many rounds, those that are
// undefined left out. It sorts sample.
func (r *Ratio) bootstrap(sample []float64, rounds int) {
	if len(sample) < rounds {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d of %d bootstrap samples had no ratio", rounds-len(sample), rounds))
	}
	if len(sample) == 0 {
		return
	}
	slices.Sort(sample)
	r.Lo = sortedQuantile(sample, (1-r.Confidence)/2)
	r.Hi = sortedQuantile(sample, (1+r.Confidence)/2)
}

// resample draws blocks with replacement and returns the ratios, those that are
// undefined left out.
func resample(blocks []Block, rounds int, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, uint64(len(blocks))))
	out := make([]float64, 0, rounds)
	var base, other []float64
	for range rounds {
		base, other = base[:0], other[:0]
		for range blocks {
			b := blocks[rng.IntN(len(blocks))]
			base = append(base, b.Base...)
			other = append(other, b.Other...)
		}
		if v, ok := medianRatio(base, other); ok {
			out = append(out, v)
		}
	}
	return out
}

// medianRatio sorts its arguments.
func medianRatio(base, other []float64) (float64, bool) {
	if len(base) == 0 || len(other) == 0 {
		return 0, false
	}
	slices.Sort(base)
	slices.Sort(other)
	b := sortedQuantile(base, 0.5)
	if b == 0 {
		return 0, false
	}
	return sortedQuantile(other, 0.5) / b, true
}

func pool(blocks []Block) (base, other []float64) {
	for _, b := range blocks {
		base = append(base, b.Base...)
		other = append(other, b.Other...)
	}
	return base, other
}

// Diffs returns one difference per complete block for SignedRank, other against
// base: of logarithms where every value is positive, so that a block that was
// slow as a whole weighs like the others, else of plain values.
func Diffs(blocks []Block) []float64 {
	base, other := pool(blocks)
	scale := math.Log
	if slices.ContainsFunc(append(base, other...), func(v float64) bool { return !(v > 0) }) {
		scale = func(v float64) float64 { return v }
	}
	mean := func(vs []float64) float64 {
		sum := 0.0
		for _, v := range vs {
			sum += scale(v)
		}
		return sum / float64(len(vs))
	}
	var out []float64
	for _, b := range blocks {
		if len(b.Base) > 0 && len(b.Other) > 0 {
			out = append(out, mean(b.Other)-mean(b.Base))
		}
	}
	return out
}

// GeoMean returns the geometric mean of ratios, the only mean that ratios have.
// Values that are not positive numbers have no logarithm: they are left out and
// counted in the warning. No values give NaN.
func GeoMean(ratios []float64) (float64, []string) {
	sum, n := 0.0, 0
	for _, r := range ratios {
		if r > 0 && !math.IsInf(r, 0) {
			sum += math.Log(r)
			n++
		}
	}
	var warnings []string
	if n < len(ratios) {
		warnings = append(warnings, fmt.Sprintf("%d of %d ratios are not positive and are left out of the geometric mean", len(ratios)-n, len(ratios)))
	}
	if n == 0 {
		return math.NaN(), warnings
	}
	return math.Exp(sum / float64(n)), warnings
}
