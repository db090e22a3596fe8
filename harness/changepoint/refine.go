package changepoint

import (
	"math"
	"slices"
)

// settle moves each cut to the best place near it.
func settle(x []float64, cuts []Change, o Options) {
	for i := range cuts {
		from, to := neighbours(cuts, i, len(x))
		from, to = max(from, cuts[i].At-o.Window), min(to, cuts[i].At+o.Window)
		if to-from < 2*o.MinSegment {
			continue
		}
		at, _ := best(x[from:to], o.MinSegment)
		cuts[i].At = from + at
	}
}

// neighbours returns where the segments before and after cut i begin and end.
func neighbours(cuts []Change, i, n int) (from, to int) {
	from, to = 0, n
	if i > 0 {
		from = cuts[i-1].At
	}
	if i+1 < len(cuts) {
		to = cuts[i+1].At
	}
	return from, to
}

// standardErrors is how many standard errors a step must have.
const standardErrors = 4

// drop takes out the weakest step until every one is strong enough. x are the scaled
// values.
func drop(values, x []float64, cuts []Change, o Options) []Change {
	sigma := noise(x)
	for {
		weakest, strength := -1, 1.0
		for i := range cuts {
			from, to := neighbours(cuts, i, len(values))
			at := cuts[i].At
			from, to = max(from, at-o.Window), min(to, at+o.Window)
			cuts[i].Before, cuts[i].After = median(values[from:at]), median(values[at:to])
			// A median of normal values has 1.25 times the error of their mean.
			limit := standardErrors * 1.25 * sigma * math.Sqrt(1/float64(at-from)+1/float64(to-at))
			s := min(times(share(cuts[i]), o.MinChange), times(math.Abs(median(x[at:to])-median(x[from:at])), limit))
			if s < strength {
				weakest, strength = i, s
			}
		}
		if weakest < 0 {
			return cuts
		}
		cuts = slices.Delete(cuts, weakest, weakest+1)
	}
}

// times returns how many limits v has; nothing has none of any limit.
func times(v, limit float64) float64 {
	switch {
	case v == 0:
		return 0
	case limit == 0:
		return math.Inf(1)
	}
	return v / limit
}

// share is a change relative to the level before.
func share(c Change) float64 {
	switch {
	case c.After == c.Before:
		return 0
	case c.Before == 0:
		return math.Inf(1)
	}
	return math.Abs(c.After/c.Before - 1)
}

// noise estimates the standard deviation of one value by the median distance of
// neighbours, to which steps and drift add next to nothing.
func noise(x []float64) float64 {
	var d []float64
	for i := range x[1:] {
		d = append(d, math.Abs(x[i+1]-x[i]))
	}
	// The median of |a-b| for normal a and b is 0.6745 times the deviation of a-b.
	return median(d) / (0.6745 * math.Sqrt2)
}

func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}
