package compare

import (
	"fmt"
	"math"

	"unibench/harness/record"
	"unibench/harness/report"
	"unibench/harness/stats"
)

// canaries warns when the host itself ran at another speed in the two runs: when the
// medians of their canaries differ by the least change that counts, or more.
func canaries(old, new *record.Data, threshold float64) []string {
	a, b := canary(old), canary(new)
	if !(a > 0 && b > 0) || math.Abs(b/a-1) < threshold {
		return nil
	}
	return []string{fmt.Sprintf("the host ran at another speed: the canary, a fixed loop of the harness, took %s in the old run and %s in the new (%+.1f %%); "+
		"a difference of that size may be the host's: run both in turns (bench run -baseline)",
		report.FormatValue(a, "ns"), report.FormatValue(b, "ns"), 100*(b/a-1))}
}

// canary is the median of a run's, NaN if none are stored.
func canary(d *record.Data) float64 {
	var ns []float64
	for _, c := range d.Canaries() {
		ns = append(ns, c.NS)
	}
	return stats.Quantile(ns, 0.5)
}
