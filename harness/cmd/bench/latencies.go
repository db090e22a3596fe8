package main

import (
	"path/filepath"
	"slices"

	"unibench/harness/hist"
	"unibench/harness/plot"
	"unibench/harness/record"
	"unibench/harness/report"
	"unibench/harness/suite"
)

// latencies merges the histograms of the complete trials of a run, for figures. A
// trial without a histogram has none to merge.
func latencies(d *record.Data, r *report.Report) (plot.Latencies, error) {
	out := make(plot.Latencies)
	for _, b := range d.Run.Benchmarks {
		for _, target := range r.Targets {
			curve := plot.Curve{Target: target}
			var sum hist.Sum
			for _, t := range d.Measured(b.Name, target) {
				added, err := addLog(&sum, filepath.Join(d.Dir, filepath.FromSlash(suite.HistFile(t.Slot))))
				if err != nil {
					return nil, err
				}
				if added {
					curve.Trials++
				}
			}
			if curve.Points, curve.Count = sum.Curve(), sum.Count(); len(curve.Points) > 0 {
				out[b.Name] = append(out[b.Name], curve)
			}
		}
	}
	return out, nil
}

// addLog adds the latencies of one trial: those from the time a request was due
// where there are such, else the others.
func addLog(sum *hist.Sum, name string) (added bool, err error) {
	intervals, err := readLog(name)
	if err != nil || len(intervals) == 0 {
		return false, err
	}
	tag := suite.TagUncorrected
	if slices.ContainsFunc(intervals, func(i hist.Interval) bool { return i.Tag == suite.TagCorrected }) {
		tag = suite.TagCorrected
	}
	for _, i := range intervals {
		if i.Tag != tag {
			continue
		}
		if err := sum.Add(i); err != nil {
			return added, &record.DataError{Path: name, Reason: "not a histogram log", Err: err}
		}
		added = true
	}
	return added, nil
}
