package stats

import (
	"golang.org/x/perf/benchmath"
)

// Confidence is the level of every interval in the harness.
const Confidence = 0.95

// Summary is the centre of a sample with its confidence interval.
type Summary struct {
	N          int
	Center     float64
	Lo, Hi     float64 // infinite when the sample is too small for an interval
	Confidence float64 // actual level, at least the one asked for
	Warnings   []string
}

// Median returns the median of values with its order-statistic interval. No
// assumption is made about the distribution. An empty sample gives N = 0 and a
// warning.
func Median(values []float64, confidence float64) Summary {
	return summarize(benchmath.AssumeNothing, values, confidence)
}

// Exact returns the one value that all of values have: for quantities without a
// distribution, such as the size of an image. It warns when they differ.
func Exact(values []float64) Summary {
	return summarize(benchmath.AssumeExact, values, Confidence)
}

func summarize(a benchmath.Assumption, values []float64, confidence float64) Summary {
	if len(values) == 0 {
		return Summary{Warnings: []string{"no values"}}
	}
	s := a.Summary(newSample(values), confidence)
	return Summary{
		N: len(values), Center: s.Center, Lo: s.Lo, Hi: s.Hi, Confidence: s.Confidence,
		Warnings: texts(s.Warnings),
	}
}

// newSample copies values, because benchmath sorts in place.
func newSample(values []float64) *benchmath.Sample {
	t := benchmath.DefaultThresholds
	return benchmath.NewSample(append([]float64(nil), values...), &t)
}

func texts(errs []error) []string {
	var out []string
	for _, e := range errs {
		out = append(out, e.Error())
	}
	return out
}
