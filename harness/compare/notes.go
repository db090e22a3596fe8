package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"unibench/harness/noise"
	"unibench/harness/record"
	"unibench/harness/report"
	"unibench/harness/stats"
)

// warnings collects texts with the places that they hold for.
type warnings struct {
	texts  []string
	places map[string][]string
}

func (w *warnings) add(where string, texts ...string) {
	if w.places == nil {
		w.places = make(map[string][]string)
	}
	for _, t := range texts {
		if w.places[t] == nil {
			w.texts = append(w.texts, t)
		}
		if !slices.Contains(w.places[t], where) {
			w.places[t] = append(w.places[t], where)
		}
	}
}

func (w *warnings) lines() []string {
	var out []string
	for _, t := range w.texts {
		out = append(out, t+": "+some(w.places[t]))
	}
	return out
}

// maxNames is how many names one line has.
const maxNames = 3

// some lists the first of names.
func some(names []string) string {
	s := strings.Join(names[:min(len(names), maxNames)], ", ")
	if more := len(names) - maxNames; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

// Kind of the first note.
const result report.Kind = "result"

// notes are the lines below the tables.
func notes(old, new *record.Data, r *Result, o Options, allowed []string, w *warnings) []report.Note {
	var out []report.Note
	add := func(k report.Kind, texts ...string) {
		for _, t := range texts {
			out = append(out, report.Note{Kind: k, Text: t})
		}
	}
	add(result, r.summary()...)
	add(report.Method, r.method()...)
	for _, s := range []string{old.Run.Estimate, new.Run.Estimate} {
		if s != "" {
			add(report.HostFact, "these numbers are estimates: "+s)
			break
		}
	}
	if !r.Paired {
		add(report.HostFact, "the two runs did not take turns, so whatever changed on the host between them counts as a change: "+
			"where it matters, confirm a difference by running both again")
	}
	if new.Run.Baseline == nil { // builds of one run share their canaries
		add(report.Warning, canaries(old, new, o.Min)...)
	}
	if r.noFloor != "" {
		add(report.Warning, r.noFloor)
	}
	for _, s := range allowed {
		add(report.Warning, "allowed: "+s)
	}
	add(report.Warning, configs(&old.Run, &new.Run)...)
	add(report.Warning, old.Warnings...)
	add(report.Warning, new.Warnings...)
	add(report.Warning, w.lines()...)
	return out
}

// summary says what came out, and what to do about rows that say nothing.
func (r *Result) summary() []string {
	var parts []string
	total := 0
	for _, v := range []Verdict{Regression, Improvement, Changed, Same, Noisy, Few} {
		if n := len(r.Primaries(v)); n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", v, n))
			total += n
		}
	}
	out := []string{fmt.Sprintf("%d primary metrics: %s", total, strings.Join(parts, ", "))}
	if noisy := r.Primaries(Noisy); len(noisy) > 0 {
		s := "too noisy: the interval reaches beyond the threshold, so a change of that size cannot be excluded; " +
			"run with more trials (-count) on a quieter host"
		if reach := r.reach(); !math.IsInf(reach, 0) {
			s += fmt.Sprintf(", or accept changes up to -min %.0f%%", math.Ceil(100*reach))
		}
		out = append(out, s)
	}
	if len(r.noisyFloor) > 0 {
		out = append(out, fmt.Sprintf("%d noise floors of this host class are above the threshold of %.3g %% that was asked for: %s",
			noise.Factor, 100*r.Min, some(r.noisyFloor)))
	}
	return out
}

// reach is how far from 1 the intervals of noisy primary rows go.
func (r *Result) reach() float64 {
	far := 0.0
	for i := range r.Rows {
		row := &r.Rows[i]
		if !row.Primary || row.Verdict != Noisy {
			continue
		}
		if !row.Lo.OK() || !row.Hi.OK() {
			return math.Inf(1)
		}
		far = max(far, 1-float64(row.Lo), float64(row.Hi)-1)
	}
	return far
}

func (r *Result) method() []string {
	ratio, over := "new/old", "trials"
	if r.Paired {
		over = "pairs of blocks"
	}
	if r.arms {
		ratio, over = "new/old is the median over blocks of the ratio of the two trials next to each other and", "blocks"
	}
	p := fmt.Sprintf("* primary metric: p by %s, Holm-corrected over %d tests", r.Test, r.Tests)
	if r.Correction == None {
		p = "* primary metric: p by " + r.Test + ", not corrected for the number of tests"
	}
	threshold := fmt.Sprintf("a difference has p < %.3g and counts from the greater of %.3g %% and %d noise floors on", r.Alpha, 100*r.Min, noise.Factor)
	if r.noFloor != "" {
		threshold = fmt.Sprintf("a difference has p < %.3g and counts from %.3g %% on", r.Alpha, 100*r.Min)
	}
	out := []string{
		fmt.Sprintf("+- is the larger side of the %g %% interval of the median; %s has its %g %% bootstrap interval over %s, seed %d",
			100*stats.Confidence, ratio, 100*stats.Confidence, over, r.Seed),
		p + "; all other rows are exploratory, p uncorrected, and decide nothing",
		threshold + "; no difference shown: the whole interval of the ratio is within that",
	}
	if slices.ContainsFunc(r.Rows, func(row Row) bool { return row.Exact }) {
		out = append(out, "units without a distribution have no p: any change is an event")
	}
	return out
}

// failures names what has trials that did not count.
func failures(which string, d *record.Data) []string {
	w := &warnings{}
	count := make(map[record.Status]int)
	for i := range d.Trials {
		if t := &d.Trials[i]; t.Status != record.Complete && !t.WarmUp {
			count[t.Status]++
			w.add(t.Benchmark+" on "+t.Target, t.Status.String())
		}
	}
	var out []string
	for _, s := range record.Statuses() {
		if count[s] > 0 {
			out = append(out, fmt.Sprintf("the %s run has %d trials that do not count (%s): %s", which, count[s], s, some(w.places[s.String()])))
		}
	}
	return out
}

// volatile are the parts of a configuration that may differ without any effect on
// what a trial is.
func volatile() []string {
	return []string{"suite", "run", "targets", "count", "warmup", "seed", "order"}
}

// configs names the other parts that differ.
func configs(a, b *record.Run) []string {
	var x, y map[string]json.RawMessage
	// A configuration that is absent or no object has no parts.
	_ = json.Unmarshal(a.Config, &x)
	_ = json.Unmarshal(b.Config, &y)
	var keys []string
	for _, m := range []map[string]json.RawMessage{x, y} {
		for k := range m {
			if !slices.Contains(volatile(), k) && !equalJSON(x[k], y[k]) && !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	slices.Sort(keys)
	var out []string
	for _, k := range keys {
		out = append(out, fmt.Sprintf("the runs were configured differently: %s", k))
	}
	if a.Keys.Go != b.Keys.Go {
		out = append(out, fmt.Sprintf("built with %s and %s", orNone(a.Keys.Go), orNone(b.Keys.Go)))
	}
	return out
}

func equalJSON(a, b json.RawMessage) bool {
	var x, y bytes.Buffer
	if json.Compact(&x, a) != nil || json.Compact(&y, b) != nil {
		return bytes.Equal(a, b)
	}
	return bytes.Equal(x.Bytes(), y.Bytes())
}
