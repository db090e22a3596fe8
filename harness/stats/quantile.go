package stats

import (
	"math"
	"slices"
)

// Quantile returns the q-quantile of values, 0 <= q <= 1, by linear
// interpolation between order statistics (type 7 of Hyndman and Fan). An empty
// sample or a q outside the range gives NaN.
func Quantile(values []float64, q float64) float64 {
	if len(values) == 0 || !(q >= 0 && q <= 1) {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(values))
	return sortedQuantile(s, q)
}

func sortedQuantile(s []float64, q float64) float64 {
	at := q * float64(len(s)-1)
	i := int(at)
	if i+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[i] + (at-float64(i))*(s[i+1]-s[i])
}

// Label says where a value lies beside Tukey's fences.
type Label int

// Labels of Tukey.
const (
	Inside  Label = iota
	Mild          // beyond 1.5 interquartile ranges from the quartiles
	Extreme       // beyond 3
)

// minFences is the sample size below which fences say nothing.
const minFences = 5

// Tukey labels each value, in the order given. Labels are for the reader: no
// value is ever dropped for one. Samples under five are all Inside.
func Tukey(values []float64) []Label {
	out := make([]Label, len(values))
	beside := fences(values)
	for i, v := range values {
		out[i] = beside(v)
	}
	return out
}

// Beside labels a value by the fences of a sample that need not hold it.
func Beside(values []float64, v float64) Label { return fences(values)(v) }

// fences returns what labels values by those of a sample.
func fences(values []float64) func(v float64) Label {
	if len(values) < minFences {
		return func(float64) Label { return Inside }
	}
	s := slices.Sorted(slices.Values(values))
	q1, q3 := sortedQuantile(s, 0.25), sortedQuantile(s, 0.75)
	iqr := q3 - q1
	return func(v float64) Label {
		switch far := max(q1-v, v-q3); {
		case far > 3*iqr:
			return Extreme
		case far > 1.5*iqr:
			return Mild
		}
		return Inside
	}
}
