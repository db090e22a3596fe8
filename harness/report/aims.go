package report

import (
	"fmt"
	"slices"

	"unibench/harness/record"
)

// aims compares what was measured with what the suite says its targets are built
// for. The medians decide; where the interval holds the limit, the text says so.
// Aims of what was not measured are left out.
func aims(d *record.Data, r *Report) []string {
	var out []string
	for _, a := range d.Run.Aims {
		col := slices.Index(r.Targets, a.Target)
		if col < 0 {
			continue
		}
		for _, row := range r.Rows {
			if row.Benchmark != a.Benchmark || row.Unit != a.Unit {
				continue
			}
			if text := judge(a, row.Cells[col], r.Base); text != "" {
				out = append(out, text)
			}
		}
	}
	return out
}

func judge(a record.Aim, c Cell, base string) string {
	value, lo, hi := c.Center, c.Lo, c.Hi
	show := func(v float64) string { return FormatValue(v, a.Unit) }
	what := fmt.Sprintf("%s %s of %s", a.Benchmark, a.Unit, a.Target)
	if a.Ratio {
		if c.Versus == nil {
			return ""
		}
		value, lo, hi = c.Versus.Ratio, c.Versus.Lo, c.Versus.Hi
		show, what = FormatRatio, what+" to "+base
	}
	if c.N == 0 || !value.OK() {
		return ""
	}
	verdict := "met"
	if float64(value) > a.AtMost {
		verdict = "missed"
	}
	text := fmt.Sprintf("%s: %s is %s, at most %s wanted", verdict, what, show(float64(value)), show(a.AtMost))
	if a.Doc != "" {
		text += " (" + a.Doc + ")"
	}
	if !lo.OK() || !hi.OK() || float64(lo) <= a.AtMost && float64(hi) > a.AtMost {
		text += "; not certain, the interval reaches to both sides"
	}
	return text
}
