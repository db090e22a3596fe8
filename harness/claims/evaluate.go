package claims

import (
	"cmp"
	"fmt"
	"slices"

	"unibench/harness/record"
	"unibench/harness/report"
)

// Outcome is what stored results say about a claim or one of its queries.
type Outcome string

// The outcomes.
const (
	Confirmed    Outcome = "confirmed"
	NotConfirmed Outcome = "not confirmed"
	CannotTest   Outcome = "cannot be tested here"
	NoRun        Outcome = "no stored run"
	NoBenchmark  Outcome = "not tested yet: no benchmark"
)

// Outcomes lists every outcome.
func Outcomes() []Outcome {
	return []Outcome{Confirmed, NotConfirmed, CannotTest, NoRun, NoBenchmark}
}

// Verdict is what the results of one host class say about a claim.
type Verdict struct {
	Claim     *Claim    `json:"claim"`
	HostClass string    `json:"host_class,omitempty"` // empty: no class has data
	Outcome   Outcome   `json:"outcome"`              // in words
	Why       string    `json:"why,omitempty"`
	Findings  []Finding `json:"findings,omitempty"` // one per query
}

// Finding is the answer to one query.
type Finding struct {
	Query    *Query        `json:"query"`
	Outcome  Outcome       `json:"outcome"`
	Why      string        `json:"why,omitempty"` // for all but Confirmed
	Run      string        `json:"run,omitempty"` // folder below the results root
	Value    report.Number `json:"value"`
	Lo       report.Number `json:"lo"` // of the interval; the value where there is no distribution
	Hi       report.Number `json:"hi"`
	N        int           `json:"n"` // trials on the target
	Estimate string        `json:"estimate,omitempty"`
}

// Interval writes the interval of f for a reader; empty where there is none.
func (f *Finding) Interval() string {
	if f.N == 0 || f.Lo == f.Hi {
		return ""
	}
	return fmt.Sprintf("[%s, %s]", f.Query.Show(float64(f.Lo)), f.Query.Show(float64(f.Hi)))
}

// Reports computes the report of each run once per base.
type Reports struct {
	made map[reportKey]*report.Report
}

type reportKey struct {
	run  *record.Data
	base string
}

// Of returns the report of d with base, that of the run if empty.
func (r *Reports) Of(d *record.Data, base string) (*report.Report, error) {
	if base == "" {
		base = d.Run.Base
	}
	key := reportKey{d, base}
	if rep, ok := r.made[key]; ok {
		return rep, nil
	}
	rep, err := report.New(d, report.Options{Base: base})
	if err != nil {
		return nil, err
	}
	if r.made == nil {
		r.made = make(map[reportKey]*report.Report)
	}
	r.made[key] = rep
	return rep, nil
}

// Evaluate answers claims from runs: a verdict for each claim and each host class that
// has data for one of its queries, in the order of the claims, then of the classes; one
// verdict without a class for a claim that no class has data for. Runs with a planted
// slowdown are no results, and those that look at a regression again were not made by
// chance: both are left out.
func Evaluate(list []Claim, runs []*record.Data, reports *Reports) ([]Verdict, error) {
	runs = slices.DeleteFunc(slices.Clone(runs), func(d *record.Data) bool { return d.Run.Planted != nil || d.Run.Confirms != "" })
	slices.SortStableFunc(runs, func(a, b *record.Data) int { return b.Run.Start.Compare(a.Run.Start) })
	var classes []string
	for _, d := range runs {
		if !slices.Contains(classes, d.Run.HostClass) {
			classes = append(classes, d.Run.HostClass)
		}
	}
	slices.Sort(classes)
	var out []Verdict
	for i := range list {
		c := &list[i]
		if c.Untested != "" {
			out = append(out, Verdict{Claim: c, Outcome: NoBenchmark, Why: c.Untested})
			continue
		}
		found := false
		for _, class := range classes {
			v, err := judge(c, class, runs, reports)
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(v.Findings, func(f Finding) bool { return f.N > 0 }) {
				out, found = append(out, v), true
			}
		}
		if !found {
			v, err := judge(c, "", nil, reports)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
	}
	return out, nil
}

// judge answers one claim from the runs of one class, newest first.
func judge(c *Claim, class string, runs []*record.Data, reports *Reports) (Verdict, error) {
	v := Verdict{Claim: c, HostClass: class, Outcome: Confirmed, Why: c.cannot(class)}
	for i := range c.Queries {
		f, err := answer(&c.Queries[i], class, runs, reports)
		if err != nil {
			return Verdict{}, err
		}
		v.Findings = append(v.Findings, f)
	}
	if class != "" && v.Why != "" {
		v.Outcome = CannotTest
		return v, nil
	}
	// The worst finding decides: a claim is not confirmed by a part of it.
	rank := []Outcome{Confirmed, NoRun, NotConfirmed}
	worst := slices.MaxFunc(v.Findings, func(a, b Finding) int {
		return cmp.Compare(slices.Index(rank, a.Outcome), slices.Index(rank, b.Outcome))
	})
	v.Outcome, v.Why = worst.Outcome, worst.Why
	return v, nil
}

// answer finds the newest run of the class that has the data.
func answer(q *Query, class string, runs []*record.Data, reports *Reports) (Finding, error) {
	for _, d := range runs {
		run := &d.Run
		if run.Apart() || run.HostClass != class || run.Suite != q.Suite || !slices.Contains(run.Targets, q.Target) ||
			q.Statistic == Ratio && !slices.Contains(run.Targets, q.Base) {
			continue
		}
		r, err := reports.Of(d, q.Base)
		if err != nil {
			return Finding{}, err
		}
		if f, ok := look(q, r); ok {
			f.Run, f.Estimate = run.Dir(), run.Estimate
			return f, nil
		}
	}
	return Finding{Query: q, Outcome: NoRun, Why: fmt.Sprintf("no run of suite %s has %s", q.Suite, q)}, nil
}

// look reads the number from a report.
func look(q *Query, r *report.Report) (Finding, bool) {
	for _, row := range r.Rows {
		if row.Benchmark != q.Benchmark || row.Unit != q.Unit {
			continue
		}
		for _, c := range row.Cells {
			if c.Target != q.Target || c.N == 0 {
				continue
			}
			f := Finding{Query: q, N: c.N, Value: c.Center, Lo: c.Lo, Hi: c.Hi}
			if q.Statistic == Ratio {
				if c.Versus == nil {
					return Finding{}, false
				}
				f.Value, f.Lo, f.Hi = c.Versus.Ratio, c.Versus.Lo, c.Versus.Hi
			}
			if row.Exact { // no distribution, so no interval
				f.Lo, f.Hi = f.Value, f.Value
			}
			f.decide()
			return f, true
		}
	}
	return Finding{}, false
}

// decide compares the interval with the range.
func (f *Finding) decide() {
	lo, hi := f.Query.bounds()
	value := float64(f.Value)
	switch {
	case !f.Value.OK() || !f.Lo.OK() || !f.Hi.OK():
		f.Outcome, f.Why = NotConfirmed, "too few trials for an interval"
	case value < lo || value > hi:
		f.Outcome, f.Why = NotConfirmed, fmt.Sprintf("%s is %s, wanted is %s", f.Query, f.Query.Show(value), f.Query.Wanted())
	case float64(f.Lo) < lo || float64(f.Hi) > hi:
		f.Outcome, f.Why = NotConfirmed, fmt.Sprintf("the interval of %s reaches over the bound: %s, wanted is %s", f.Query, f.Interval(), f.Query.Wanted())
	default:
		f.Outcome = Confirmed
	}
}
