package compare

import (
	"math"

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
			p = append(p, float64(row.PU))
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
		row.Verdict = verdict(row, o.Alpha, r.tests(row))
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

func verdict(row *Row, alpha float64, tests int) Verdict {
	if row.Exact {
		if row.Old.Median == row.New.Median && row.Old.Lo == row.New.Lo && row.Old.Hi == row.New.Hi {
			return Same
		}
		return direction(row)
	}
	if stats.LeastP(row.Old.N, row.New.N)*float64(tests) >= alpha {
		return Few
	}
	p := row.PU
	if row.Primary {
		p = row.PAdjusted
	}
	shown := float64(p) < alpha
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
	up := row.New.Median > row.Old.Median
	switch {
	case row.Better == "" || row.New.Median == row.Old.Median:
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
