package compare

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Confirmation is what two sessions say about the regressions of the first, the
// second with another link layout of both builds.
type Confirmation struct {
	Confirmed []string // regressed in both
	Refuted   []string // no difference shown in the second, or better there
	Open      []string // the second cannot say: too noisy, or too few trials
	Outcome   Outcome
}

// Confirm looks for the regressions of first in second. A regression that is not
// there is not blamed on the change; what else the first session says stands.
func Confirm(first, second *Result) Confirmation {
	var c Confirmation
	verdicts := make(map[string]Verdict)
	for i := range second.Rows {
		verdicts[second.Rows[i].Name()] = second.Rows[i].Verdict
	}
	few := len(first.Primaries(Few)) > 0
	for _, name := range first.Primaries(Regression) {
		switch verdicts[name] {
		case Regression:
			c.Confirmed = append(c.Confirmed, name)
		case Same, Improvement:
			c.Refuted = append(c.Refuted, name)
		case Few:
			few = true
			c.Open = append(c.Open, name)
		default: // noisy, or not measured
			c.Open = append(c.Open, name)
		}
	}
	switch {
	case len(c.Confirmed) > 0:
		c.Outcome = Worse
	case few:
		c.Outcome = Insufficient
	case len(c.Open) > 0 || len(first.Primaries(Noisy)) > 0 || len(first.NoisyFloor()) > 0:
		c.Outcome = TooNoisy
	}
	return c
}

// Sentences say what came out.
func (c Confirmation) Sentences() []string {
	var out []string
	add := func(names []string, format string) {
		if len(names) > 0 {
			out = append(out, fmt.Sprintf(format, strings.Join(names, ", ")))
		}
	}
	add(c.Confirmed, "confirmed with another link layout: %s")
	add(c.Refuted, "not there with another link layout, so it is not blamed on the change: %s")
	add(c.Open, "the second session cannot say whether it is there with another link layout: %s")
	return out
}

// RegressedBenchmarks names the benchmarks with a primary metric that regressed.
func (r *Result) RegressedBenchmarks() []string {
	var out []string
	for i := range r.Rows {
		if row := &r.Rows[i]; row.Primary && row.Verdict == Regression && !slices.Contains(out, row.Benchmark) {
			out = append(out, row.Benchmark)
		}
	}
	return out
}

// Only returns an expression that matches these names alone.
func Only(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = regexp.QuoteMeta(n)
	}
	return "^(" + strings.Join(quoted, "|") + ")$"
}
