package plot

import (
	"slices"

	"unibench/harness/record"
	"unibench/harness/report"
)

// Kind says what a group of figures shows.
type Kind string

// The kinds, in the order of Groups.
const (
	KindRatios       Kind = "Ratios"
	KindBars         Kind = "Rates and times"
	KindSamples      Kind = "Samples"
	KindDistribution Kind = "Distributions"
	KindLatency      Kind = "Latency"
	KindSweep        Kind = "Load"
	KindPhases       Kind = "Phases"
)

// Group is the figures of one kind.
type Group struct {
	Kind    Kind
	Figures []*Figure
}

// Groups returns every figure of a run by kind: the forest plot of the primary ratios;
// the bars of all rates and times of operations; per benchmark the samples and the
// distribution of each primary unit, its latencies where there are histograms, its
// sweep and its phases. What nothing measured has no figure.
func Groups(d *record.Data, r *report.Report, latencies Latencies) ([]Group, error) {
	var out []Group
	var failed error
	add := func(k Kind, f *Figure, err error) {
		if err != nil {
			if failed == nil {
				failed = err
			}
			return
		}
		if n := len(out); n == 0 || out[n-1].Kind != k {
			out = append(out, Group{Kind: k})
		}
		g := &out[len(out)-1]
		g.Figures = append(g.Figures, f)
	}
	if len(forestRows(r)) > 0 {
		f, err := Forest(d, r)
		add(KindRatios, f, err)
	}
	for _, unit := range []string{"req/s", "goodput-B/s", "ns/op"} {
		if comparable(r, unit) {
			f, err := Bars(d, r, unit)
			add(KindBars, f, err)
		}
	}
	for _, row := range r.Rows {
		if row.Primary && measured(row) {
			f, err := Strip(d, r, row.Benchmark, row.Unit, Auto)
			add(KindSamples, f, err)
		}
	}
	for _, row := range r.Rows {
		if row.Primary && measured(row) {
			f, err := ECDF(d, r, row.Benchmark, row.Unit, Auto)
			add(KindDistribution, f, err)
		}
	}
	for _, b := range d.Run.Benchmarks {
		if curves := latencies[b.Name]; len(curves) > 0 {
			f, err := LatencyECDF(d, r, b.Name, curves)
			add(KindLatency, f, err)
			f, err = Percentiles(d, r, b.Name, curves)
			add(KindLatency, f, err)
		}
	}
	for _, s := range r.Sweeps {
		if !slices.Contains(s.Units, tailUnit) {
			continue // states and no loads: their ratio is among the units
		}
		f, err := Sweep(d, r, s)
		add(KindSweep, f, err)
	}
	seen := make(map[string]bool)
	for _, row := range r.Phases {
		if !seen[row.Benchmark] {
			seen[row.Benchmark] = true
			f, err := Phases(d, r, row.Benchmark)
			add(KindPhases, f, err)
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
