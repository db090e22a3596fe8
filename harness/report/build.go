package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"unibench/harness/record"
	"unibench/harness/stats"
)

// New computes the report of d. An unknown base is an error.
func New(d *record.Data, o Options) (*Report, error) {
	run := &d.Run
	base := o.Base
	if base == "" {
		base = run.Base
	}
	if !slices.Contains(run.Targets, base) {
		return nil, fmt.Errorf("report: base %q was not measured: choose one of %v", base, run.Targets)
	}
	r := &Report{
		Suite: run.Suite, HostClass: run.HostClass, VMM: run.Keys.VMM, CPU: run.Keys.CPU, Go: run.Keys.Go,
		Start: run.Start.UTC().Format(time.RFC3339), Commit: run.Commit, Dirty: run.Dirty,
		Seed: run.Seed, Order: run.Order, Estimate: run.Estimate, Base: base, Targets: []string{base},
	}
	for _, t := range run.Targets {
		if t != base {
			r.Targets = append(r.Targets, t)
		}
	}
	r.Blocks = len(begun(d, "", nil))
	warnings := &noteSet{}
	for _, b := range run.Benchmarks {
		for _, u := range byWeight(run.Units) {
			if row, ok := buildRow(d, r, b.Name, u, o, warnings); ok {
				r.Rows = append(r.Rows, row)
			}
		}
		if s, ok := sweep(d, r, b.Name, warnings); ok {
			r.Sweeps = append(r.Sweeps, s)
		}
		r.Phases = append(r.Phases, phaseRows(d, r.Targets, b.Name)...)
	}
	correct(r)
	r.Means = geoMeans(r, warnings)
	r.Missing = missing(d)
	r.Notes = notes(d, r, warnings)
	return r, nil
}

// Brief returns r without the rows of units that are details, and says which they
// are; r itself if there are none.
func (r *Report) Brief() *Report {
	var left []string
	short := *r
	short.Rows = nil
	for _, row := range r.Rows {
		if !row.Detail {
			short.Rows = append(short.Rows, row)
		} else if !slices.Contains(left, row.Unit) {
			left = append(left, row.Unit)
		}
	}
	if len(left) == 0 {
		return r
	}
	short.Notes = append(slices.Clone(r.Notes), Note{Kind: Method, Text: "not shown here, but in the stored tables: " + strings.Join(left, ", ")})
	return &short
}

// byWeight returns the units with the primary ones first.
func byWeight(units []record.Unit) []record.Unit {
	out := slices.Clone(units)
	slices.SortStableFunc(out, func(a, b record.Unit) int {
		switch {
		case a.Primary == b.Primary:
			return 0
		case a.Primary:
			return -1
		}
		return 1
	})
	return out
}

// begun returns the measured blocks with at least one trial, of any status, of
// the benchmark on one of the targets; "" and nil stand for all.
func begun(d *record.Data, benchmark string, targets []string) []int {
	var out []int
	for i := range d.Trials {
		t := &d.Trials[i]
		if t.WarmUp || benchmark != "" && t.Benchmark != benchmark ||
			targets != nil && !slices.Contains(targets, t.Target) {
			continue
		}
		out = append(out, t.Block)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sample is what one target measured of one unit: all values and by block.
type sample struct {
	values  []float64
	byBlock map[int][]float64
}

func sampleOf(d *record.Data, benchmark, target, unit string) sample {
	s := sample{byBlock: make(map[int][]float64)}
	for _, t := range d.Measured(benchmark, target) {
		if v, ok := t.Values[unit]; ok {
			s.values = append(s.values, v)
			s.byBlock[t.Block] = append(s.byBlock[t.Block], v)
		}
	}
	return s
}

// buildRow reports false when no target measured the unit.
func buildRow(d *record.Data, r *Report, benchmark string, u record.Unit, o Options, w *noteSet) (Row, bool) {
	row := Row{Benchmark: benchmark, Unit: u.Name, Better: u.Better, Primary: u.Primary, Exact: u.Exact, Detail: u.Detail}
	any := false
	base := sampleOf(d, benchmark, r.Base, u.Name)
	for _, target := range r.Targets {
		s := sampleOf(d, benchmark, target, u.Name)
		any = any || len(s.values) > 0 || len(gaps(d, benchmark, target)[u.Name]) > 0
		where := fmt.Sprintf("%s %s on %s", benchmark, u.Name, target)
		cell := buildCell(target, u, s, where, w)
		cell.Gap = cell.N == 0 && len(gaps(d, benchmark, target)[u.Name]) > 0
		if target != r.Base && len(s.values) > 0 && slices.ContainsFunc(base.values, func(v float64) bool { return v != 0 }) {
			blocks := pair(begun(d, benchmark, []string{r.Base, target}), base, s)
			cell.Versus = compare(u, blocks, base, s, o, r.Seed, where, w)
		}
		row.Cells = append(row.Cells, cell)
	}
	return row, any
}

func buildCell(target string, u record.Unit, s sample, where string, w *noteSet) Cell {
	c := Cell{Target: target}
	if len(s.values) == 0 {
		return c
	}
	var sum stats.Summary
	if u.Exact {
		sum = stats.Exact(s.values)
	} else {
		sum = stats.Median(s.values, stats.Confidence)
		for _, l := range stats.Tukey(s.values) {
			switch l {
			case stats.Mild:
				c.Mild++
			case stats.Extreme:
				c.Extreme++
			}
		}
	}
	w.add(where, sum.Warnings)
	c.N, c.Confidence = sum.N, sum.Confidence
	c.Center, c.Lo, c.Hi = Number(sum.Center), Number(sum.Lo), Number(sum.Hi)
	return c
}

func pair(blocks []int, base, other sample) []stats.Block {
	out := make([]stats.Block, len(blocks))
	for i, b := range blocks {
		out[i] = stats.Block{Base: base.byBlock[b], Other: other.byBlock[b]}
	}
	return out
}

func compare(u record.Unit, blocks []stats.Block, base, other sample, o Options, seed uint64, where string, w *noteSet) *Comparison {
	nan := Number(math.NaN())
	c := &Comparison{Ratio: nan, Lo: nan, Hi: nan, PU: nan, PBlocked: nan, PHolm: nan}
	if u.Exact { // no distribution, so neither interval nor test
		if b := stats.Exact(base.values).Center; b != 0 {
			c.Ratio = Number(stats.Exact(other.values).Center / b)
		}
		return c
	}
	ratio := stats.MedianRatio(blocks, stats.Confidence, o.rounds(), seed)
	c.Ratio, c.Lo, c.Hi = Number(ratio.Value), Number(ratio.Lo), Number(ratio.Hi)
	test := stats.MannWhitney(base.values, other.values)
	blocked := stats.SignedRank(stats.Diffs(blocks))
	c.PU, c.PBlocked = Number(test.P), Number(blocked.P)
	w.add(where, ratio.Warnings)
	if u.Primary {
		w.add(where, test.Warnings)
		w.add(where, blocked.Warnings)
		if (test.P < stats.Alpha) != (blocked.P < stats.Alpha) {
			w.add(where, []string{fmt.Sprintf("the unpaired test (p=%.3g) and the blocked test (p=%.3g) disagree", test.P, blocked.P)})
		}
	}
	return c
}

// correct fills PHolm: one family of all primary rows and compared targets.
func correct(r *Report) {
	var family []*Comparison
	var p []float64
	for i := range r.Rows {
		for j := range r.Rows[i].Cells {
			if v := r.Rows[i].Cells[j].Versus; v != nil && r.Rows[i].Primary && v.PU.OK() {
				family = append(family, v)
				p = append(p, float64(v.PU))
			}
		}
	}
	for i, q := range stats.Holm(p) {
		family[i].PHolm = Number(q)
	}
}

// geoMeans returns the means of the primary units when there is more than one
// benchmark to take a mean over.
func geoMeans(r *Report, w *noteSet) []Mean {
	var out []Mean
	seen := make(map[string]bool)
	for _, first := range r.Rows {
		if !first.Primary || seen[first.Unit] {
			continue
		}
		seen[first.Unit] = true
		for col, target := range r.Targets {
			var ratios []float64
			for _, row := range r.Rows {
				if v := row.Cells[col].Versus; row.Unit == first.Unit && v != nil {
					ratios = append(ratios, float64(v.Ratio))
				}
			}
			if len(ratios) > 1 {
				g, warnings := stats.GeoMean(ratios)
				w.add(first.Unit+" on "+target, warnings)
				out = append(out, Mean{Unit: first.Unit, Target: target, Ratio: Number(g), Count: len(ratios)})
			}
		}
	}
	return out
}
