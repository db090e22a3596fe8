package report

import (
	"fmt"
	"slices"

	"unibench/harness/stats"
)

// Side says which of two targets a finding is for.
type Side string

// The sides.
const (
	Ahead  Side = "ahead"          // the target is better than the base
	Behind Side = "behind"         // the base is better
	Open   Side = "no difference"  // none is shown
	Apart  Side = "differs"        // a difference of a unit without a better side
	Untold Side = "without a test" // exact, or too few trials for an interval
)

// Finding is one primary comparison as a sentence.
type Finding struct {
	Benchmark, Unit, Target string
	Side                    Side
	Text                    string
}

// Summary is what the primary rows support, in sentences.
type Summary struct {
	Lead     []string // one per compared target, or why there is none
	Findings []Finding
}

// Summary puts the primary comparisons into words. A target is ahead or behind only
// where the corrected test finds a difference and the interval of the ratio leaves 1
// out; otherwise the sentence says that no difference is shown.
func (r *Report) Summary() Summary {
	var s Summary
	for col, target := range r.Targets {
		count := make(map[Side]int)
		n := 0
		for _, row := range r.Rows {
			v := row.Cells[col].Versus
			if !row.Primary || v == nil || !v.Ratio.OK() {
				continue
			}
			f := Finding{Benchmark: row.Benchmark, Unit: row.Unit, Target: target, Side: v.side(row)}
			f.Text = v.sentence(row, f.Side, target, r.Base)
			s.Findings = append(s.Findings, f)
			count[f.Side]++
			n++
		}
		if n > 0 {
			s.Lead = append(s.Lead, lead(target, r.Base, n, count))
		}
	}
	// By benchmark first: what readers look for.
	slices.SortStableFunc(s.Findings, func(a, b Finding) int { return r.place(a) - r.place(b) })
	if len(s.Findings) == 0 {
		s.Lead = append(s.Lead, "Nothing is said about which target is better: no primary unit was measured on two targets.")
	}
	return s
}

// place is the row of a finding.
func (r *Report) place(f Finding) int {
	return slices.IndexFunc(r.Rows, func(row Row) bool { return row.Benchmark == f.Benchmark && row.Unit == f.Unit })
}

func lead(target, base string, n int, count map[Side]int) string {
	text := fmt.Sprintf("Of %d primary comparisons of %s with %s,", n, target, base)
	if n == 1 {
		text = fmt.Sprintf("In the one primary comparison of %s with %s,", target, base)
	}
	first := true
	for _, p := range []struct {
		side  Side
		words string
	}{
		{Ahead, target + " is ahead"}, {Behind, base + " is ahead"}, {Apart, "they differ"},
		{Open, "no difference is shown"}, {Untold, "the data allow no test"},
	} {
		k := count[p.side]
		if k == 0 {
			continue
		}
		if !first {
			text += ";"
		}
		first = false
		text += " " + p.words
		if n > 1 {
			text += fmt.Sprintf(" in %d", k)
		}
	}
	return text + "."
}

// side judges one comparison as readings does, and says why there is no test.
func (v *Comparison) side(row Row) Side {
	switch sign := v.sign(); {
	case row.Exact || !v.PHolm.OK() || !v.Lo.OK() || !v.Hi.OK():
		return Untold
	case sign == 0:
		return Open
	case row.Better == "":
		return Apart
	case sign > 0 == (row.Better == "higher"):
		return Ahead
	}
	return Behind
}

func (v *Comparison) sentence(row Row, side Side, target, base string) string {
	better := ""
	if row.Better != "" {
		better = " (" + row.Better + " is better)"
	}
	ratio := fmt.Sprintf("%s of %s is %s times that of %s", row.Unit+better, target, Significant(float64(v.Ratio)), base)
	if v.Lo.OK() && v.Hi.OK() {
		ratio += fmt.Sprintf(", %g %% interval %s to %s", 100*stats.Confidence, Significant(float64(v.Lo)), Significant(float64(v.Hi)))
	}
	if v.PHolm.OK() {
		ratio += ", corrected " + FormatP(v.PHolm)
	}
	switch side {
	case Ahead:
		return fmt.Sprintf("%s: %s is ahead of %s. %s.", row.Benchmark, target, base, ratio)
	case Behind:
		return fmt.Sprintf("%s: %s is ahead of %s. %s.", row.Benchmark, base, target, ratio)
	case Apart:
		return fmt.Sprintf("%s: %s and %s differ. %s.", row.Benchmark, target, base, ratio)
	case Open:
		return fmt.Sprintf("%s: no difference is shown between %s and %s. %s.", row.Benchmark, target, base, ratio)
	}
	why := "too few trials for an interval"
	if row.Exact {
		why = "a quantity without a distribution"
	}
	return fmt.Sprintf("%s: no test, %s. %s.", row.Benchmark, why, ratio)
}
