package report

import (
	"fmt"
	"slices"
	"strings"

	"unibench/harness/record"
	"unibench/harness/stats"
)

// noteSet collects warnings; the same words from several places become one
// line that names the places.
type noteSet struct {
	texts  []string
	places map[string][]string
}

func (s *noteSet) add(place string, texts []string) {
	if s.places == nil {
		s.places = make(map[string][]string)
	}
	for _, t := range texts {
		if _, ok := s.places[t]; !ok {
			s.texts = append(s.texts, t)
		}
		if !slices.Contains(s.places[t], place) {
			s.places[t] = append(s.places[t], place)
		}
	}
}

// maxPlaces is the number of places that one line names.
const maxPlaces = 3

func (s *noteSet) lines() []string {
	var out []string
	for _, t := range s.texts {
		p := s.places[t]
		names := strings.Join(p[:min(len(p), maxPlaces)], ", ")
		if len(p) > maxPlaces {
			names += fmt.Sprintf(" and %d more", len(p)-maxPlaces)
		}
		out = append(out, t+": "+names)
	}
	return out
}

// notes returns every line below the tables: method, fairness, host, warnings.
func notes(d *record.Data, r *Report, w *noteSet) []Note {
	var out []Note
	add := func(k Kind, texts ...string) {
		for _, t := range texts {
			out = append(out, Note{Kind: k, Text: t})
		}
	}
	add(Reading, readings(r)...)
	add(Reading, leaving(r)...)
	add(Aim, aims(d, r)...)
	add(Method, method(d, r)...)
	add(Method, d.Run.Remarks...)
	for _, q := range d.Run.Fairness.Inequalities {
		s := q.Rule + ": " + q.Detail
		if len(q.Targets) > 0 {
			s = q.Rule + " (" + strings.Join(q.Targets, ", ") + "): " + q.Detail
		}
		add(Fairness, s)
	}
	if len(d.Run.Fairness.Inequalities) == 0 {
		add(Fairness, "no inequality between the targets is known")
	}
	if r.Estimate != "" {
		add(HostFact, "these numbers are estimates: "+r.Estimate)
	}
	add(HostFact, d.Host.Limits()...)
	if s := drift(d); s != "" {
		add(HostFact, s)
	}
	add(Warning, d.Warnings...)
	add(Warning, trialWarnings(d)...)
	add(Warning, w.lines()...)
	return out
}

// method says how to read the numbers.
func method(d *record.Data, r *Report) []string {
	out := []string{fmt.Sprintf(
		"one value is one fresh start; %d blocks, order %s within a block, seed %d, warm-up blocks left out: %d",
		r.Blocks, orNone(r.Order), r.Seed, d.Run.WarmUp)}
	out = append(out, fmt.Sprintf(
		"+- is the larger side of the %g %% interval of the median; [a, b] is the %g %% bootstrap interval of the ratio to %s, over blocks",
		100*stats.Confidence, 100*stats.Confidence, r.Base))
	if tests := primaryTests(r); tests > 0 {
		out = append(out, fmt.Sprintf(
			"* primary metric: p by Mann-Whitney, Holm-corrected over %d tests; all other rows are exploratory, p uncorrected", tests))
	} else {
		out = append(out, "p by Mann-Whitney; no primary metric was compared, so every row is exploratory")
	}
	if d.Run.Baseline != nil {
		out = append(out, "the two builds are compared in tables/baseline.*, neighbour by neighbour, which decides; here each of them is a target, by its median")
	}
	if s := direction(r.Rows); s != "" {
		out = append(out, s)
	}
	for _, s := range []string{outliers(r), labels(d)} {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func orNone(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func primaryTests(r *Report) int {
	n := 0
	for _, row := range r.Rows {
		for _, c := range row.Cells {
			if c.Versus != nil && c.Versus.PHolm.OK() {
				n++
			}
		}
	}
	return n
}

// direction says which way is better.
func direction(rows []Row) string {
	byBetter := make(map[string][]string)
	for _, r := range rows {
		if !slices.Contains(byBetter[r.Better], r.Unit) {
			byBetter[r.Better] = append(byBetter[r.Better], r.Unit)
		}
	}
	higher, lower := byBetter["higher"], byBetter["lower"]
	neither := ""
	if len(byBetter[""]) > 0 {
		neither = "; neither way: " + strings.Join(byBetter[""], ", ")
	}
	switch {
	case len(higher) == 0 && len(lower) == 0:
		return ""
	case len(higher) == 0:
		return "lower is better" + neither
	case len(lower) == 0:
		return "higher is better" + neither
	}
	return "lower is better; higher for " + strings.Join(higher, ", ") + neither
}

// outliers counts the labelled values of primary rows.
func outliers(r *Report) string {
	mild, extreme := 0, 0
	for _, row := range r.Rows {
		for _, c := range row.Cells {
			if row.Primary {
				mild += c.Mild
				extreme += c.Extreme
			}
		}
	}
	if mild+extreme == 0 {
		return ""
	}
	return fmt.Sprintf("values beyond Tukey's fences in primary rows: %d mild, %d extreme; all are kept", mild, extreme)
}

// trialWarnings returns the warnings of trials with the number of trials that
// gave each, in order of first appearance.
func trialWarnings(d *record.Data) []string {
	var order []string
	count := make(map[string]int)
	for i := range d.Trials {
		for _, w := range d.Trials[i].Warnings {
			line := fmt.Sprintf("%s on %s: %s", d.Trials[i].Benchmark, d.Trials[i].Target, firstLine(w))
			if count[line] == 0 {
				order = append(order, line)
			}
			count[line]++
		}
	}
	for i, line := range order {
		if n := count[line]; n > 1 {
			order[i] = fmt.Sprintf("%s (%d trials)", line, n)
		}
	}
	return order
}
