package report

import (
	"fmt"
	"slices"
	"strings"

	"unibench/harness/record"
	"unibench/harness/stats"
)

// drift says how steady the host was by the canaries of the blocks that counted; ""
// for fewer than two.
func drift(d *record.Data) string {
	var ns []float64
	for _, c := range d.Canaries() {
		ns = append(ns, c.NS)
	}
	if len(ns) < 2 {
		return ""
	}
	const unit = "ns"
	text := fmt.Sprintf("host drift: the canary, a fixed loop of the harness before each block, took %s (median), from %s to %s, over %d blocks",
		FormatValue(stats.Quantile(ns, 0.5), unit), FormatValue(slices.Min(ns), unit), FormatValue(slices.Max(ns), unit), len(ns))
	t := stats.MonotonicTrend(ns)
	text += fmt.Sprintf("; slope %+.1f %% from the first to the last", 100*t.Share)
	if t.P < stats.Alpha {
		return text + fmt.Sprintf(", more than chance (Mann-Kendall p=%.2g)", t.P)
	}
	return text + fmt.Sprintf(", no more than chance (Mann-Kendall p=%.2g)", t.P)
}

// labels counts those of trials that counted.
func labels(d *record.Data) string {
	var order []string
	count := make(map[string]int)
	for i := range d.Trials {
		t := &d.Trials[i]
		if t.WarmUp || t.Status != record.Complete {
			continue
		}
		for _, l := range t.Labels {
			kind, _, _ := strings.Cut(l, ":")
			if count[kind] == 0 {
				order = append(order, kind)
			}
			count[kind]++
		}
	}
	if len(order) == 0 {
		return ""
	}
	slices.Sort(order)
	for i, kind := range order {
		order[i] = fmt.Sprintf("%s %d", kind, count[kind])
	}
	return "labels that trials got when they ended, none of which leaves a trial out: " + strings.Join(order, "; ")
}
