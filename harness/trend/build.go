package trend

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"unibench/harness/changepoint"
	"unibench/harness/noise"
	"unibench/harness/record"
	"unibench/harness/report"
	"unibench/harness/stats"
)

// Errors of New.
var (
	// ErrNothing means that no run or no series was chosen.
	ErrNothing = errors.New("no stored run is left to look at")
	// ErrSince means that no run is of the commit.
	ErrSince = errors.New("no stored run is of that commit")
)

// New makes the series of runs. Errors: ErrNothing, ErrSince.
func New(runs []*record.Data, o Options) (*History, error) {
	if o.Min == 0 {
		o.Min = DefaultMin
	}
	if o.Level == 0 {
		o.Level = changepoint.DefaultLevel
	}
	chosen, err := choose(runs, o)
	if err != nil {
		return nil, err
	}
	h := &History{Min: o.Min, Level: o.Level, Seed: o.Seed, Runs: len(chosen), each: o.Metric != nil}
	h.Series = collect(chosen, o)
	if len(h.Series) == 0 {
		return nil, fmt.Errorf("%w: of %d runs none has a value of what was asked for", ErrNothing, len(chosen))
	}
	floors := make(map[string]*noise.File)
	var expired []string
	for i := range h.Series {
		s := &h.Series[i]
		f, known := floors[s.HostClass]
		if !known && o.Floor != nil {
			f = o.Floor(s.HostClass)
			if f != nil && o.Now.After(f.Expires) {
				expired = append(expired, s.HostClass)
				f = nil
			}
			floors[s.HostClass] = f
		}
		s.detect(f, o)
	}
	h.Notes = h.notes(chosen, expired)
	return h, nil
}

// choose returns the runs of the suite and class since the commit, oldest first.
func choose(runs []*record.Data, o Options) ([]*record.Data, error) {
	var out []*record.Data
	for _, d := range runs {
		if d.Run.Apart() {
			continue
		}
		if (o.Suite == "" || d.Run.Suite == o.Suite) && (o.Class == "" || d.Run.HostClass == o.Class) {
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b *record.Data) int { return a.Run.Start.Compare(b.Run.Start) })
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: %d were found, none of that suite and host class", ErrNothing, len(runs))
	}
	if o.Since == "" {
		return out, nil
	}
	i := slices.IndexFunc(out, func(d *record.Data) bool { return strings.HasPrefix(d.Run.Commit, o.Since) })
	if i < 0 {
		return nil, fmt.Errorf("%w: %s; the oldest is of %s", ErrSince, o.Since, record.ShortCommit(out[0].Run.Commit, false))
	}
	return out[i:], nil
}

// key tells series apart.
type key struct{ suite, version, class, line, unit string }

// collect makes the series in the order of suites, classes, benchmarks, targets and
// units of the newest runs.
func collect(runs []*record.Data, o Options) []Series {
	at := make(map[key]int)
	var out []Series
	add := func(s Series, point func() (Point, bool)) {
		if o.Metric != nil && !o.Metric.MatchString(s.Name()) {
			return
		}
		p, ok := point()
		if !ok {
			return
		}
		k := key{s.Suite, s.Version, s.HostClass, s.Line, s.Unit}
		i, known := at[k]
		if !known {
			i = len(out)
			at[k] = i
			out = append(out, s)
		}
		out[i].Points = append(out[i].Points, p)
	}
	for _, d := range runs {
		for _, b := range d.Run.Benchmarks {
			for _, target := range d.Run.Targets {
				for _, u := range d.Run.Units {
					add(seriesOf(&d.Run, b, target, u), func() (Point, bool) { return pointOf(d, b.Name, target, u) })
				}
			}
			for _, u := range d.Run.Units {
				ratios(d, b, u, add)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Series) int {
		return cmp.Or(strings.Compare(a.Suite, b.Suite), strings.Compare(a.HostClass, b.HostClass), strings.Compare(a.Version, b.Version))
	})
	return out
}

// seriesOf is a series without points.
func seriesOf(r *record.Run, b record.Benchmark, target string, u record.Unit) Series {
	return Series{
		Suite: r.Suite, Version: r.SuiteVersion, HostClass: r.HostClass, Line: b.Line(target), Benchmark: b.Name, Target: target,
		Unit: u.Name, Better: u.Better, Primary: u.Primary, Exact: u.Exact, Doc: u.Doc,
	}
}

// pointIn is a point without its value.
func pointIn(d *record.Data, n int) Point {
	return Point{Start: d.Run.Start.UTC(), Commit: d.Run.Commit, Dirty: d.Run.Dirty, Go: d.Run.Keys.Go, N: n}
}

// pointOf is what one run measured.
func pointOf(d *record.Data, benchmark, target string, u record.Unit) (Point, bool) {
	var values []float64
	for _, t := range d.Measured(benchmark, target) {
		if v, ok := t.Values[u.Name]; ok {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return Point{}, false
	}
	var sum stats.Summary
	if u.Exact {
		sum = stats.Exact(values)
	} else {
		sum = stats.Median(values, stats.Confidence)
	}
	p := pointIn(d, sum.N)
	p.Median, p.Lo, p.Hi = Number(sum.Center), Number(sum.Lo), Number(sum.Hi)
	return p, true
}

// detect fills Min and Changes.
func (s *Series) detect(floor *noise.File, o Options) {
	nan := Number(math.NaN())
	s.Changes = []Change{} // JSON: a list, also of none
	if s.Exact {
		s.Min = nan
		for i := 1; i < len(s.Points); i++ {
			a, b := s.Points[i-1].Median, s.Points[i].Median
			if a != b {
				s.Changes = append(s.Changes, s.change(i, a, b, nan))
			}
		}
		return
	}
	s.Min = max(Number(o.Min), s.floor(floor))
	values := make([]float64, len(s.Points))
	for i, p := range s.Points {
		values[i] = float64(p.Median)
	}
	for _, c := range changepoint.Detect(values, changepoint.Options{Level: o.Level, MinChange: float64(s.Min), Seed: o.Seed}) {
		s.Changes = append(s.Changes, s.change(c.At, Number(c.Before), Number(c.After), Number(c.P)))
	}
}

func (s *Series) change(at int, before, now, p Number) Change {
	old, first := s.Points[at-1], s.Points[at]
	c := Change{
		At: at, Commit: first.Commit, After: old.Commit, Before: before, Now: now, Ratio: Number(math.NaN()), P: p, Verdict: Regression,
		SameCommit: old.Commit == first.Commit && old.Dirty == first.Dirty,
	}
	if before != 0 {
		c.Ratio = now / before
	}
	switch {
	case s.Better == "":
		c.Verdict = Changed
	case (now > before) == (s.Better == "higher"):
		c.Verdict = Improvement
	}
	return c
}

// notes are the lines below the tables.
func (h *History) notes(runs []*record.Data, expired []string) []report.Note {
	var out []report.Note
	add := func(k report.Kind, format string, args ...any) {
		out = append(out, report.Note{Kind: k, Text: fmt.Sprintf(format, args...)})
	}
	short, ratios := 0, 0
	for i := range h.Series {
		if s := &h.Series[i]; !s.Exact && len(s.Points) < needs() {
			short++
		}
		if h.Series[i].Base != "" {
			ratios++
		}
	}
	first, last := runs[0].Run.Start.UTC(), runs[len(runs)-1].Run.Start.UTC()
	add(report.Method, "%d runs from %s to %s, %d series; one point is one run: the median of its trials, +- the larger side of its %g %% interval",
		len(runs), first.Format(time.DateOnly), last.Format(time.DateOnly), len(h.Series), 100*stats.Confidence)
	add(report.Method, "change points by E-divisive with a permutation test at level %g, seed %d; a change counts from %.3g %% and %d noise floors on; "+
		"units without a distribution: any change", h.Level, h.Seed, 100*h.Min, noise.Factor)
	add(report.Method, "a change came in with the commit named, give or take one run, or with one before it that was not measured")
	if ratios > 0 {
		add(report.Method, "a series of a target/base is the ratio of their medians in each run, with its bootstrap interval over blocks: what the host did to both is not in it; "+
			"it changes when either of them does")
	}
	if short > 0 {
		add(report.Warning, "%d series have fewer than %d runs: no change can be found in them yet", short, needs())
	}
	for _, class := range expired {
		add(report.Warning, "the noise floor of %s has expired and is not used: measure it anew", class)
	}
	open := 0
	for _, d := range runs {
		if len(d.Pending()) > 0 {
			open++
		}
	}
	if open > 0 {
		add(report.Warning, "%d of the runs were interrupted and have fewer trials", open)
	}
	return out
}
