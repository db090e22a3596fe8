package plot

import (
	"unibench/harness/record"
	"unibench/harness/report"
)

// All returns the usual figures of a run: the bars of all rates and times of operations, and per
// benchmark a strip of each primary unit, the distribution of its latencies
// where there are histograms, its sweep and its phases. What nothing measured has
// no figure.
func All(d *record.Data, r *report.Report, latencies Latencies) ([]*Figure, error) {
	var out []*Figure
	var failed error
	add := func(f *Figure, err error) {
		if err != nil && failed == nil {
			failed = err
		}
		out = append(out, f)
	}
	for _, unit := range []string{"req/s", "goodput-B/s", "ns/op"} {
		if comparable(r, unit) {
			add(Bars(d, r, unit))
		}
	}
	for _, row := range r.Rows {
		if row.Primary && measured(row) {
			add(Strip(d, r, row.Benchmark, row.Unit, Auto))
		}
	}
	for _, b := range d.Run.Benchmarks {
		if curves := latencies[b.Name]; len(curves) > 0 {
			add(LatencyECDF(d, r, b.Name, curves))
			add(Percentiles(d, r, b.Name, curves))
		}
	}
	for _, s := range r.Sweeps {
		add(Sweep(d, r, s))
	}
	seen := make(map[string]bool)
	for _, row := range r.Phases {
		if !seen[row.Benchmark] {
			seen[row.Benchmark] = true
			add(Phases(d, r, row.Benchmark))
		}
	}
	return out, failed
}

// measured reports whether a row has a value at all.
func measured(row report.Row) bool {
	for _, c := range row.Cells {
		if c.N > 0 {
			return true
		}
	}
	return false
}
