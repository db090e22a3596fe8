package report

import (
	"unibench/harness/record"
	"unibench/harness/stats"
)

// phaseRows returns the events of a benchmark that at least one target reports.
func phaseRows(d *record.Data, targets []string, benchmark string) []PhaseRow {
	var out []PhaseRow
	for _, event := range d.Run.Phases {
		row := PhaseRow{Benchmark: benchmark, Event: event}
		any := false
		for _, target := range targets {
			c := phaseCell(d, benchmark, target, event)
			any = any || c.N > 0
			row.Cells = append(row.Cells, c)
		}
		if any {
			out = append(out, row)
		}
	}
	return out
}

func phaseCell(d *record.Data, benchmark, target, event string) PhaseCell {
	var at, step []float64
	for _, t := range d.Measured(benchmark, target) {
		for _, p := range t.Phases {
			if p.Name == event {
				at = append(at, float64(p.AtNS))
			}
		}
		for _, i := range t.Intervals(d.Run.Phases) {
			if i.To == event {
				step = append(step, float64(i.NS))
			}
		}
	}
	return PhaseCell{
		Target: target, N: len(at),
		AtNS: Number(stats.Quantile(at, 0.5)), StepNS: Number(stats.Quantile(step, 0.5)),
	}
}
