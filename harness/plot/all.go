package plot

import (
	"unibench/harness/record"
	"unibench/harness/report"
)

// All returns the figures that are stored with a run: those of Groups without the
// distributions of units, which show the same samples once more.
func All(d *record.Data, r *report.Report, latencies Latencies) ([]*Figure, error) {
	groups, err := Groups(d, r, latencies)
	var out []*Figure
	for _, g := range groups {
		if g.Kind != KindDistribution {
			out = append(out, g.Figures...)
		}
	}
	return out, err
}
