package compare

import (
	"errors"
	"fmt"
	"math"
	"time"

	"unibench/harness/noise"
	"unibench/harness/record"
	"unibench/harness/stats"
)

// ErrNoPrimary means that no row is primary, so that nothing could ever regress.
var ErrNoPrimary = errors.New("no primary metric to decide by")

// New compares two runs. Errors: a *Mismatch, ErrNoPrimary.
func New(old, new *record.Data, o Options) (*Result, error) {
	allowed, err := match(old, new, o.Allow)
	if err != nil {
		return nil, err
	}
	return assess(old, new, o, allowed, how{pair: paired(old, new)})
}

// how is how the two sides ran.
type how struct {
	pair bool // the blocks pair
	arms bool // and in each the sides ran next to each other
}

// assess gives every row its numbers and its verdict; allowed are differences of the
// runs that were accepted.
func assess(old, new *record.Data, o Options, allowed []string, h how) (*Result, error) {
	o = o.withDefaults()
	r := &Result{
		Suite: new.Run.Suite, HostClass: new.Run.HostClass, Old: refOf(&old.Run), New: refOf(&new.Run),
		Alpha: o.Alpha, Min: o.Min, Correction: o.Correct, Seed: mix(old.Run.Seed, new.Run.Seed), Paired: h.pair, Test: Unpaired, arms: h.arms,
	}
	if h.pair && h.arms {
		r.Test = Blocked
	}
	w := &warnings{}
	floor := o.Floor
	r.noFloor = floor.Missing(r.HostClass, r.Suite, o.Now)
	if r.noFloor != "" {
		floor = nil
	}
	for _, p := range common(old, new) {
		for _, u := range new.Run.Units {
			before, ok := old.Run.Unit(u.Name)
			if !ok || before.Better != u.Better || before.Exact != u.Exact {
				continue
			}
			a, b := valuesOf(old, p, u.Name), valuesOf(new, p, u.Name)
			if len(a.all) == 0 || len(b.all) == 0 {
				continue
			}
			row := Row{Benchmark: p.benchmark, Target: p.target, Unit: u.Name, Better: u.Better, Exact: u.Exact}
			row.Primary = u.Primary || before.Primary
			if o.Primary != nil {
				row.Primary = o.Primary.MatchString(row.Name())
			}
			fill(&row, a, b, r, o, w)
			g, ok := row.apply(floor, r, o.Min)
			if n := min(row.Old.N, row.New.N); row.Primary && ok && n < g.Trials {
				w.add(row.Name(), fmt.Sprintf("the noise floor was measured with %d trials on each side, and of fewer, as here, medians lie further apart by chance: "+
					"run with -count %d, or measure the floor anew with bench selftest -trials %d", g.Trials, g.Trials, n))
			}
			r.Rows = append(r.Rows, row)
		}
	}
	r.judge(o)
	primaries := 0
	for i := range r.Rows {
		if r.Rows[i].Primary {
			primaries++
		}
	}
	if primaries == 0 {
		return nil, ErrNoPrimary
	}
	r.Notes = notes(old, new, r, o, allowed, w)
	return r, nil
}

func refOf(r *record.Run) Ref {
	return Ref{Start: r.Start.UTC().Format(time.RFC3339), Commit: r.Commit, Dirty: r.Dirty, Go: r.Keys.Go}
}

// mix makes one seed of two; the order matters, as it does for the ratio.
func mix(a, b uint64) uint64 { return a*0x9e3779b97f4a7c15 + b }

func nan() Number { return Number(math.NaN()) }

// fill computes everything about a row but its verdict.
func fill(row *Row, a, b values, r *Result, o Options, w *warnings) {
	row.Ratio, row.Lo, row.Hi = nan(), nan(), nan()
	row.PU, row.PBlocked, row.PAdjusted = nan(), nan(), nan()
	if row.Exact {
		x, y := stats.Exact(a.all), stats.Exact(b.all)
		row.Old, row.New = sideOf(x), sideOf(y)
		w.add(row.Name(), x.Warnings...)
		w.add(row.Name(), y.Warnings...)
		if x.Center != 0 {
			row.Ratio = Number(y.Center / x.Center)
		}
		return
	}
	x, y := stats.Median(a.all, stats.Confidence), stats.Median(b.all, stats.Confidence)
	row.Old, row.New = sideOf(x), sideOf(y)
	test := stats.MannWhitney(a.all, b.all)
	row.PU = Number(test.P)
	var ratio stats.Ratio
	var blocked stats.Test
	if r.Paired {
		pairs := blocks(a, b)
		of := stats.MedianRatio
		if r.arms {
			of = stats.MedianOfRatios
		}
		ratio = of(pairs, stats.Confidence, o.Rounds, r.Seed)
		blocked = stats.SignedRank(stats.Diffs(pairs))
		row.PBlocked = Number(blocked.P)
	} else {
		ratio = stats.MedianRatioApart(a.all, b.all, stats.Confidence, o.Rounds, r.Seed)
	}
	row.Ratio, row.Lo, row.Hi = Number(ratio.Value), Number(ratio.Lo), Number(ratio.Hi)
	if row.Primary {
		w.add(row.Name(), x.Warnings...)
		w.add(row.Name(), y.Warnings...)
		w.add(row.Name(), ratio.Warnings...)
		w.add(row.Name(), blocked.Warnings...)
		if r.Paired && !r.arms && (test.P < o.Alpha) != (blocked.P < o.Alpha) {
			w.add(row.Name(), "the unpaired and the blocked test disagree")
		}
	}
}

// apply sets the noise floor of a row, null where none is known, and with it the
// threshold from which on a change counts.
func (row *Row) apply(floor *noise.File, of *Result, least float64) (noise.Floor, bool) {
	row.Floor, row.Threshold = nan(), nan()
	g, ok := floor.Lookup(of.Suite, row.Benchmark, row.Target, row.Unit)
	switch {
	case ok && of.arms:
		row.Floor = Number(g.Share)
	case ok:
		row.Floor = Number(g.Apart)
	}
	if row.Exact {
		return g, ok
	}
	row.Threshold = Number(least)
	if ok {
		row.Threshold = max(row.Threshold, noise.Factor*row.Floor)
	}
	return g, ok
}

func sideOf(s stats.Summary) Side {
	return Side{N: s.N, Median: Number(s.Center), Lo: Number(s.Lo), Hi: Number(s.Hi)}
}
