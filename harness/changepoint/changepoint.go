// Package changepoint finds the places where a series of values changes its level,
// by E-divisive with means: Matteson and James, "A nonparametric approach for
// multiple change point analysis of multivariate data", JASA 109 (2014), with what
// benchmark histories need besides (after Fleming and others, "Hunter", ICPE 2023).
//
//  1. Bisect. Of all ways to cut a segment, the one with the greatest energy distance
//     between its two parts is tested by permutation: p is the share of shuffled
//     segments that can be cut as well. While p is at most the level, both parts are
//     cut further.
//  2. Settle. Each cut moves to the best place between its neighbours, at most Window
//     values away, because the first cuts were made while later ones were unknown.
//  3. Drop. A step is there at once, a drift is not: the medians of up to Window values
//     before and after a cut must differ by MinChange, and by four standard errors,
//     by the noise between neighbours in the series. The weakest step goes first, then
//     its neighbours are looked at again. So drift that is slow against the window,
//     and a single odd value, are no change.
//
// Distances are of logarithms where every value is positive. There is no model of
// the noise beyond that the values of one level could be exchanged: where the noise
// of neighbours is alike, p is too small, and MinChange should be above it. The same
// seed gives the same answer. The package reads nothing and prints nothing.
package changepoint

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Defaults of Options.
const (
	DefaultLevel        = 0.01
	DefaultPermutations = 499
	DefaultMinSegment   = 3
	DefaultWindow       = 8
)

// Options tune Detect. The zero value is the default, with any size of change.
type Options struct {
	Level        float64 // of the permutation test of each cut
	Permutations int     // shuffles behind a p
	MinSegment   int     // least number of values between two changes, at least 2
	Window       int     // values that count as near
	MinChange    float64 // least change of the level, as a share of the old one
	Seed         uint64
}

func (o Options) withDefaults() Options {
	if o.Level <= 0 {
		o.Level = DefaultLevel
	}
	if o.Permutations <= 0 {
		o.Permutations = DefaultPermutations
	}
	if o.MinSegment < 2 {
		o.MinSegment = DefaultMinSegment
	}
	if o.Window < o.MinSegment {
		o.Window = max(DefaultWindow, o.MinSegment)
	}
	return o
}

// Needs is the number of values from which on a change can be found.
func (o Options) Needs() int { return 2 * o.withDefaults().MinSegment }

// Change is one change of the level.
type Change struct {
	At     int     // index of the first value of the new level
	Before float64 // median of the values near it
	After  float64
	P      float64 // of the permutation test
}

// Detect returns the changes in values in their order. Values that are not finite
// make the answer empty: the caller has to leave them out.
func Detect(values []float64, o Options) []Change {
	o = o.withDefaults()
	if slices.ContainsFunc(values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
		return nil
	}
	if len(values) < 2*o.MinSegment {
		return nil
	}
	x := scale(values)
	var cuts []Change
	bisect(x, 0, o, &cuts)
	slices.SortFunc(cuts, func(a, b Change) int { return a.At - b.At })
	for range 2 {
		settle(x, cuts, o)
	}
	return drop(values, x, cuts, o)
}

// scale returns the logarithms of positive values, else the values.
func scale(values []float64) []float64 {
	out := slices.Clone(values)
	if slices.ContainsFunc(values, func(v float64) bool { return v <= 0 }) {
		return out
	}
	for i, v := range out {
		out[i] = math.Log(v)
	}
	return out
}

// bisect cuts the segment x, whose first value has index from, and its parts.
func bisect(x []float64, from int, o Options, cuts *[]Change) {
	if len(x) < 2*o.MinSegment {
		return
	}
	at, q := best(x, o.MinSegment)
	p := permuted(x, q, from, o)
	if p > o.Level {
		return
	}
	*cuts = append(*cuts, Change{At: from + at, P: p})
	bisect(x[:at], from, o, cuts)
	bisect(x[at:], from+at, o, cuts)
}

// permuted returns the share of shuffles of x, itself counted as one, that can be
// cut as well as q. It stops as soon as that is above the level for certain.
func permuted(x []float64, q float64, from int, o Options) float64 {
	rng := rand.New(rand.NewPCG(o.Seed, uint64(from)<<32|uint64(len(x))))
	y, far := slices.Clone(x), distances(x)
	reached, total := 1, o.Permutations+1
	// Sums in another order round differently: what is equal must count.
	limit := q - 1e-9*math.Abs(q)
	for range o.Permutations {
		rng.Shuffle(len(y), func(i, j int) {
			y[i], y[j] = y[j], y[i]
			far[i], far[j] = far[j], far[i]
		})
		if _, again := bestOf(y, far, o.MinSegment); again >= limit {
			reached++
		}
		if float64(reached) > o.Level*float64(total) {
			return 1
		}
	}
	return float64(reached) / float64(total)
}

// distances returns, for each value, the sum of its distances to all others.
func distances(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		for _, w := range x {
			out[i] += math.Abs(v - w)
		}
	}
	return out
}

// best returns the cut of x with the greatest weighted energy distance
//
//	mn/(m+n) * (2 mean|a-b| - mean|a-a'| - mean|b-b'|)
//
// between the m values before it and the n values from it on, and that distance.
func best(x []float64, least int) (at int, q float64) { return bestOf(x, distances(x), least) }

// bestOf is best with the distances known, which stay the same when x is shuffled:
// then moving one value over the cut needs only its distances to one side.
func bestOf(x, far []float64, least int) (at int, q float64) {
	var within, across, beyond float64 // sums of distances left, over the cut, right
	for _, d := range far {
		beyond += d / 2
	}
	q = math.Inf(-1)
	for k, v := range x[:len(x)-1] {
		left := 0.0
		for _, w := range x[:k] {
			left += math.Abs(v - w)
		}
		right := far[k] - left
		within += left
		beyond -= right
		across += right - left
		m, n := float64(k+1), float64(len(x)-k-1)
		if k+1 < least || len(x)-k-1 < least {
			continue
		}
		e := 2*across/(m*n) - within/(m*(m-1)/2) - beyond/(n*(n-1)/2)
		if e *= m * n / (m + n); e > q {
			at, q = k+1, e
		}
	}
	return at, q
}
