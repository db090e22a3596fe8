package compare

import (
	"math"
	"slices"

	"unibench/harness/noise"
	"unibench/harness/stats"
)

// judge corrects p over the primary rows and gives every row its verdict.
func (r *Result) judge(o Options) {
	var family []int
	var p []float64
	for i := range r.Rows {
		if row := &r.Rows[i]; row.Primary && !row.Exact {
			family = append(family, i)
			p = append(p, float64(r.P(row)))
		}
	}
	r.Tests = len(family)
	adjusted := p
	if o.Correct == Holm {
		adjusted = stats.Holm(p)
	}
	for k, i := range family {
		r.Rows[i].PAdjusted = Number(adjusted[k])
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		row.Verdict = r.verdict(row)
		if row.Primary && o.Asked && row.Floor.OK() && noise.Factor*float64(row.Floor) > o.Min {
			r.noisyFloor = append(r.noisyFloor, row.Name())
		}
	}
}

// tests is the number of tests that the best p of a row must survive.
func (r *Result) tests(row *Row) int {
	if row.Primary && r.Correction == Holm {
		return r.Tests
	}
	return 1
}

// intervalNeeds is the number of trials below which no interval says anything: the
// median has none, and a bootstrap of so few values is too narrow. A difference may
// be shown with fewer, that there is none may not.
const intervalNeeds = 6

func (r *Result) verdict(row *Row) Verdict {
	if row.Exact {
		if row.Old.Median == row.New.Median && row.Old.Lo == row.New.Lo && row.Old.Hi == row.New.Hi {
			return Same
		}
		return direction(row)
	}
	if r.LeastP(row)*float64(r.tests(row)) >= r.Alpha {
		return Few
	}
	p := r.P(row)
	if row.Primary {
		p = row.PAdjusted
	}
	shown := float64(p) < r.Alpha
	if !row.Ratio.OK() { // the old median is zero
		switch {
		case shown && row.New.Median != row.Old.Median:
			return direction(row)
		case min(row.Old.N, row.New.N) < intervalNeeds:
			return Few
		case row.Old.Lo == row.New.Lo && row.Old.Hi == row.New.Hi:
			return Same
		}
		return Noisy
	}
	if shown && math.Abs(float64(row.Ratio)-1) >= float64(row.Threshold) {
		return direction(row)
	}
	if min(row.Old.N, row.New.N) < intervalNeeds {
		return Few
	}
	if row.Lo >= 1-row.Threshold && row.Hi <= 1+row.Threshold { // false for NaN
		return Same
	}
	return Noisy
}

// direction says which way a row that differs went.
func direction(row *Row) Verdict {
	old, new := row.Old.Median, row.New.Median
	if row.Ratio.OK() && !row.Exact { // which need not be that of the medians
		old, new = 1, row.Ratio
	}
	up := new > old
	switch {
	case row.Better == "" || new == old:
		return Changed
	case up == (row.Better == "higher"):
		return Improvement
	}
	return Regression
}

// Outcome is what the primary metrics come to.
func (r *Result) Outcome() Outcome {
	switch {
	case len(r.Primaries(Regression)) > 0:
		return Worse
	case len(r.Primaries(Few)) > 0:
		return Insufficient
	case len(r.Primaries(Noisy)) > 0 || len(r.noisyFloor) > 0:
		return TooNoisy
	}
	return Fine
}

// OutcomeWith is what the primary metrics would come to if that noise floor were the
// one that is known.
func (r *Result) OutcomeWith(floor *noise.File) Outcome {
	with := *r
	with.Rows = slices.Clone(r.Rows)
	with.noisyFloor = nil
	for i := range with.Rows {
		row := &with.Rows[i]
		row.apply(floor, r, r.Min)
		row.Verdict = r.verdict(row)
	}
	return with.Outcome()
}

// NoisyFloor names the primary rows whose noise floor is too high for the threshold
// that was asked for.
func (r *Result) NoisyFloor() []string { return r.noisyFloor }

// Primaries names the primary rows with a verdict.
func (r *Result) Primaries(v Verdict) []string {
	var out []string
	for i := range r.Rows {
		if r.Rows[i].Primary && r.Rows[i].Verdict == v {
			out = append(out, r.Rows[i].Name())
		}
	}
	return out
}
