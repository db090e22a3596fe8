package stats

import (
	"math"
	"sort"
)

// ascending returns the indices of the numbers in p from least to greatest,
// NaN left out; equal ones keep their order.
func ascending(p []float64) []int {
	var order []int
	for i, v := range p {
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return p[order[a]] < p[order[b]] })
	return order
}

// doubledRanks ranks the sizes of the differences that are not zero and reports
// their signs, in no particular order. Ties share a mean rank, which may end in
// .5; ranks are doubled so that they stay whole numbers.
func doubledRanks(diffs []float64) (ranks []int, positive []bool) {
	var size []float64
	for _, d := range diffs {
		if d != 0 && !math.IsNaN(d) {
			size = append(size, math.Abs(d))
			positive = append(positive, d > 0)
		}
	}
	ranks = make([]int, len(size))
	order := ascending(size)
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && size[order[j]] == size[order[i]] {
			j++
		}
		for _, k := range order[i:j] { // ranks i+1..j, their mean doubled
			ranks[k] = i + 1 + j
		}
		i = j
	}
	return ranks, positive
}
