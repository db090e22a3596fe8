package plot

import (
	"unibench/harness/record"
	"unibench/harness/report"
)

// All returns the usual figures of a run, per benchmark: a strip of each primary
// unit and, where there are events, the phases. What nothing measured has no
// figure.
func All(d *record.Data, r *report.Report) ([]*Figure, error) {
	var out []*Figure
	for _, row := range r.Rows {
		if !row.Primary {
			continue
		}
		f, err := Strip(d, r, row.Benchmark, row.Unit, Auto)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	seen := make(map[string]bool)
	for _, row := range r.Phases {
		if seen[row.Benchmark] {
			continue
		}
		seen[row.Benchmark] = true
		f, err := Phases(d, r, row.Benchmark)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}
