package stats

import (
	"fmt"
	"math"

	"golang.org/x/perf/benchmath"
)

// Alpha is the level below which a test counts as a difference.
const Alpha = 0.05

// Test is the outcome of a two-sided test.
type Test struct {
	P        float64
	N1, N2   int // values that entered the test, per side
	Warnings []string
}

// MannWhitney tests whether two samples come from one distribution, without
// using their pairing. Equal to the p-value of benchstat.
func MannWhitney(a, b []float64) Test {
	if len(a) == 0 || len(b) == 0 {
		return Test{P: 1, N1: len(a), N2: len(b), Warnings: []string{"no values"}}
	}
	c := benchmath.AssumeNothing.Compare(newSample(a), newSample(b))
	return Test{P: c.P, N1: c.N1, N2: c.N2, Warnings: texts(c.Warnings)}
}

// maxExact is the number of differences up to which SignedRank counts all sign
// patterns; beyond it, the normal approximation is good to four digits.
const maxExact = 300

// SignedRank is the blocked test: Wilcoxon's signed-rank test over one
// difference per block. It is the permutation test that swaps the two targets
// within each block, on ranks. Differences of zero say nothing and are left
// out; equal sizes share their mean rank. Up to 300 differences p is exact.
func SignedRank(diffs []float64) Test {
	ranks, positive := doubledRanks(diffs)
	n := len(ranks)
	t := Test{P: 1, N1: n, N2: n}
	if n < len(diffs) {
		t.Warnings = append(t.Warnings, fmt.Sprintf("%d of %d blocks show no difference and are left out of the blocked test", len(diffs)-n, len(diffs)))
	}
	if n == 0 {
		return t
	}
	total, w := 0, 0
	for i, r := range ranks {
		total += r
		if positive[i] {
			w += r
		}
	}
	low := min(w, total-w)
	if n > maxExact {
		t.P = normalTail(ranks, total, low)
	} else {
		t.P = exactTail(ranks, total, low)
	}
	if least := math.Ldexp(1, 1-n); least > Alpha {
		t.Warnings = append(t.Warnings, fmt.Sprintf("%d blocks cannot show a difference at level %v: the blocked test needs 6", n, Alpha))
	}
	return t
}

// exactTail returns the two-sided probability of a rank sum at most low, or as
// far above the middle, when each sign is a fair coin.
func exactTail(ranks []int, total, low int) float64 {
	if 2*low >= total {
		return 1
	}
	prob := make([]float64, total+1)
	prob[0] = 1
	top := 0
	for _, r := range ranks {
		top += r
		for s := top; s >= 0; s-- {
			p := prob[s] / 2
			if s >= r {
				p += prob[s-r] / 2
			}
			prob[s] = p
		}
	}
	tail := 0.0
	for s := 0; s <= low; s++ {
		tail += prob[s]
	}
	return min(1, 2*tail)
}

// normalTail is exactTail by the normal approximation with continuity
// correction. Ranks are doubled, so half a rank is 1.
func normalTail(ranks []int, total, low int) float64 {
	variance := 0.0
	for _, r := range ranks {
		variance += float64(r) * float64(r) / 4
	}
	z := (float64(total)/2 - float64(low) - 1) / math.Sqrt(variance)
	return min(1, math.Erfc(max(0, z)/math.Sqrt2))
}

// Holm adjusts the p-values of one family for their number (Holm 1979): each
// result is compared with alpha directly. NaN stays NaN and does not count.
func Holm(p []float64) []float64 {
	out := make([]float64, len(p))
	order := ascending(p)
	running := 0.0
	for i := range out {
		out[i] = math.NaN()
	}
	for k, i := range order {
		running = max(running, min(1, p[i]*float64(len(order)-k)))
		out[i] = running
	}
	return out
}

// LeastP is the smallest p-value that MannWhitney can give for samples of n1 and n2
// values: that of two samples that do not overlap. A family of m tests by Holm
// can only ever fire where m times this is below the level.
func LeastP(n1, n2 int) float64 {
	a, _ := math.Lgamma(float64(n1 + n2 + 1))
	b, _ := math.Lgamma(float64(n1 + 1))
	c, _ := math.Lgamma(float64(n2 + 1))
	return min(1, 2*math.Exp(b+c-a))
}
