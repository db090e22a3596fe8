// Package selftest judges the gate itself: what it says about two builds that are the
// same (A/A), and about one that was slowed down on purpose.
//
// Summarise takes the comparisons of a number of sessions, each of which had both arms
// in the same blocks. Of an A/A test it counts how often the gate was red, how often any
// row showed a difference, and how far the arms were from each other: the Quantile of
// |ratio - 1| over the sessions is the noise floor of a benchmark, target and unit. The
// Quantile of the same of the medians of any two sessions is the floor for runs that are
// compared without having been run in turns: the host changed between them. Noise
// makes the file of package noise of both. Each session is then judged once more with the
// floor that the other sessions of its suite give, as the gate does where a floor is
// stored: its own share in the floor would hide what it is. Of sessions with a planted
// slowdown it counts how often the gate was red and which metrics it named.
//
// A floor holds for as many trials as it was measured with, or more. Rows without a
// distribution have none and are no comparisons, nor are rows with too few trials for
// their test to fire.
//
// Where a slowdown is planted is a matter of the suite: the launcher holds back the start
// of programs that end by themselves, programs that are led make themselves slower, and
// the network of servers delays. Real time passes in each of them; no number is changed.
//
// The package measures nothing and reads no files.
package selftest

import (
	"fmt"
	"math"
	"slices"
	"time"

	"unibench/harness/compare"
	"unibench/harness/noise"
	"unibench/harness/record"
	"unibench/harness/report"
	"unibench/harness/stats"
)

// Quantile is the share of A/A comparisons that stay within the noise floor.
const Quantile = 0.95

// MinRepetitions is the number of repetitions below which no floor is written: the
// quantile of fewer is but their largest value, and that too small.
const MinRepetitions = 5

// Life is how long a floor holds: hosts change.
const Life = 30 * 24 * time.Hour

// Wanted is the share of repetitions in which a planted slowdown must be found.
const Wanted = 0.9

// Session is one repetition.
type Session struct {
	Result *compare.Result
	Folder string // of the run
	Failed int    // trials without a result, which are no part of Result
}

// Summary is what all repetitions of all suites came to.
type Summary struct {
	HostClass string          `json:"host_class"`
	Alpha     float64         `json:"alpha"`
	Min       float64         `json:"min"`
	Planted   *record.Planted `json:"planted,omitempty"`
	Suites    []Suite         `json:"suites"`
	Rows      []Row           `json:"rows"`
}

// Calm is the share of A/A sessions in which the gate must say that nothing changed,
// once the noise floor is known.
const Calm = 0.95

// Suite is one suite over all its repetitions.
type Suite struct {
	Suite       string    `json:"suite"`
	Repetitions int       `json:"repetitions"`
	Floor       bool      `json:"floor"`                // its sessions were judged with a stored noise floor
	Gate        Outcomes  `json:"gate"`                 // as the sessions were judged
	Floored     *Outcomes `json:"with_floor,omitempty"` // of an A/A test: with the noise floor of the other sessions
	Failed      int       `json:"failed_trials"`
	Runs        []string  `json:"runs"`
}

// Outcomes counts those of the gate.
type Outcomes struct {
	Red   int `json:"red"` // a regression of a primary metric
	Fine  int `json:"fine"`
	Noisy int `json:"too_noisy"`
	Few   int `json:"too_few"`
}

func (o *Outcomes) count(one compare.Outcome) {
	switch one {
	case compare.Worse:
		o.Red++
	case compare.Insufficient:
		o.Few++
	case compare.TooNoisy:
		o.Noisy++
	default:
		o.Fine++
	}
}

// Row is one benchmark, target and unit over all repetitions.
type Row struct {
	Suite       string        `json:"suite"`
	Benchmark   string        `json:"benchmark"`
	Target      string        `json:"target"`
	Unit        string        `json:"unit"`
	Primary     bool          `json:"primary"`
	Trials      int           `json:"trials"`      // on each side, the least of all repetitions
	Comparisons int           `json:"comparisons"` // whose test could fire
	Differ      int           `json:"differ"`      // that showed a difference
	Worse       int           `json:"worse"`       // that showed a regression
	Floor       report.Number `json:"floor"`       // Quantile of |ratio - 1|; null without a ratio
	Apart       report.Number `json:"apart"`       // the same of the medians of any two sessions; null of fewer, and where one is 0
	Median      report.Number `json:"ratio"`       // median of the ratios

	ratios  []float64
	medians []float64 // of the baseline, by session
}

// Summarise makes the summary of sessions, in their order.
func Summarise(sessions []Session, planted *record.Planted) *Summary {
	s := summarise(sessions, planted)
	if planted != nil {
		return s
	}
	for i := range s.Suites {
		s.Suites[i].Floored = floored(sessions, s.Suites[i].Suite)
	}
	return s
}

// floored counts the outcomes of a suite with the noise floor of all its sessions but
// the one that is judged; nil if these are too few for a floor.
func floored(sessions []Session, suite string) *Outcomes {
	sessions = slices.DeleteFunc(slices.Clone(sessions), func(s Session) bool { return s.Result.Suite != suite })
	if len(sessions) <= MinRepetitions {
		return nil
	}
	var out Outcomes
	for i, one := range sessions {
		others := summarise(slices.Delete(slices.Clone(sessions), i, i+1), nil)
		out.count(one.Result.OutcomeWith(&noise.File{Floors: others.floors()}))
	}
	return &out
}

func summarise(sessions []Session, planted *record.Planted) *Summary {
	s := &Summary{Planted: planted}
	rows := make(map[[4]string]int)
	for _, one := range sessions {
		r := one.Result
		s.HostClass, s.Alpha, s.Min = r.HostClass, r.Alpha, r.Min
		s.count(one)
		for i := range r.Rows {
			row := &r.Rows[i]
			if row.Exact {
				continue
			}
			key := [4]string{r.Suite, row.Benchmark, row.Target, row.Unit}
			at, ok := rows[key]
			if !ok {
				at = len(s.Rows)
				rows[key] = at
				s.Rows = append(s.Rows, Row{
					Suite: r.Suite, Benchmark: row.Benchmark, Target: row.Target, Unit: row.Unit, Primary: row.Primary, Trials: row.Old.N,
				})
			}
			s.Rows[at].add(r, row)
		}
	}
	for i := range s.Rows {
		s.Rows[i].finish()
	}
	return s
}

func (s *Summary) count(one Session) {
	r := one.Result
	if n := len(s.Suites); n == 0 || s.Suites[n-1].Suite != r.Suite {
		s.Suites = append(s.Suites, Suite{Suite: r.Suite})
	}
	c := &s.Suites[len(s.Suites)-1]
	c.Repetitions++
	c.Failed += one.Failed
	c.Runs = append(c.Runs, one.Folder)
	c.Floor = c.Floor || slices.ContainsFunc(r.Rows, func(row compare.Row) bool { return row.Floor.OK() })
	c.Gate.count(r.Outcome())
}

func (r *Row) add(of *compare.Result, row *compare.Row) {
	r.Trials = min(r.Trials, row.Old.N, row.New.N)
	if row.Ratio.OK() {
		r.ratios = append(r.ratios, float64(row.Ratio))
		r.medians = append(r.medians, float64(row.Old.Median))
	}
	if of.LeastP(row) >= stats.Alpha {
		return
	}
	r.Comparisons++
	if row.Differs() {
		r.Differ++
	}
	if row.Verdict == compare.Regression {
		r.Worse++
	}
}

func (r *Row) finish() {
	r.Floor, r.Apart, r.Median = report.Number(math.NaN()), report.Number(math.NaN()), report.Number(math.NaN())
	if len(r.ratios) == 0 {
		return
	}
	apart := make([]float64, len(r.ratios))
	for i, v := range r.ratios {
		apart[i] = math.Abs(v - 1)
	}
	r.Floor = report.Number(stats.Quantile(apart, Quantile))
	r.Median = report.Number(stats.Quantile(r.ratios, 0.5))
	var between []float64
	for i, b := range r.medians {
		for _, a := range r.medians[:i] {
			between = append(between, math.Abs(b/a-1))
		}
	}
	if apart := stats.Quantile(between, Quantile); !math.IsNaN(apart) && !math.IsInf(apart, 0) {
		// Never less than with trials in turns: chance alone could make it so.
		r.Apart = max(r.Floor, report.Number(apart))
	}
}

// Name is that of the row in compare.
func (r *Row) Name() string { return r.Benchmark + " " + r.Target + " " + r.Unit }

// FalsePositives counts the comparisons of an A/A test, of primary metrics or of the
// exploratory ones, and those that showed a difference.
func (s *Summary) FalsePositives(primary bool) (differ, comparisons int) {
	for i := range s.Rows {
		if s.Rows[i].Primary == primary {
			differ += s.Rows[i].Differ
			comparisons += s.Rows[i].Comparisons
		}
	}
	return differ, comparisons
}

// Failed counts the trials of all sessions that gave no result.
func (s *Summary) Failed() (n int) {
	for _, c := range s.Suites {
		n += c.Failed
	}
	return n
}

// Repetitions counts them, and those in which the gate was red.
func (s *Summary) Repetitions() (red, all int) {
	for _, c := range s.Suites {
		red += c.Gate.Red
		all += c.Repetitions
	}
	return red, all
}

// Passed returns nil if the gate did what it is for, and else what it did not: a
// planted slowdown is found in the Wanted share of the repetitions of each suite;
// primary metrics of identical builds differ in no more comparisons than the level
// says, or than is likely to be chance, as few comparisons can have one that differs; and
// with the noise floor the gate says of the Calm share of their sessions that nothing
// changed, where one session is always allowed not to be. Exploratory rows are not judged: they are not independent of each other.
func (s *Summary) Passed() error {
	if s.Planted != nil {
		for _, c := range s.Suites {
			if float64(c.Gate.Red) < Wanted*float64(c.Repetitions) {
				return fmt.Errorf("suite %s: the gate found the planted slowdown of %.3g %% in %d of %d repetitions only: "+
					"run with more trials (-trials) on a quieter host", c.Suite, 100*s.Planted.Share, c.Gate.Red, c.Repetitions)
			}
		}
		return nil
	}
	if differ, all := s.FalsePositives(true); float64(differ) > s.Alpha*float64(all) && tail(differ, all, s.Alpha) < unlikely {
		return fmt.Errorf("identical builds differ in %d of %d comparisons, more than %.3g %%: this host is too noisy, or its state changes with the order of trials", differ, all, 100*s.Alpha)
	}
	for _, c := range s.Suites {
		if o := c.Floored; o != nil && float64(c.Repetitions-o.Fine) > max(1, (1-Calm)*float64(c.Repetitions)) {
			return fmt.Errorf("suite %s: even with the noise floor the gate says of %d of %d sessions only that nothing changed: run with more trials (-trials) on a quieter host", c.Suite, o.Fine, c.Repetitions)
		}
	}
	return nil
}

// unlikely is the probability below which an excess of false positives is no chance.
const unlikely = 0.05

// tail is the probability of k or more of n independent events of probability p.
func tail(k, n int, p float64) float64 {
	sum := 0.0
	for i := k; i <= n; i++ {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(i + 1))
		c, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(a - b - c + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return min(1, sum)
}

// Named lists the primary metrics that the gate called regressions.
func (s *Summary) Named() []string {
	var out []string
	for i := range s.Rows {
		if r := &s.Rows[i]; r.Primary && r.Worse > 0 {
			out = append(out, r.Name())
		}
	}
	return out
}

// ErrFew means that there are too few repetitions for a floor.
var ErrFew = fmt.Errorf("a noise floor wants %d repetitions or more", MinRepetitions)

// Noise adds the floors of an A/A test to those that hold already, in place of what
// these say about the same suites; had may be nil. The file then expires with the
// oldest part of it.
func (s *Summary) Noise(had *noise.File, now time.Time) (*noise.File, error) {
	f := &noise.File{Schema: noise.Schema, HostClass: s.HostClass, Measured: now.UTC(), Expires: now.UTC().Add(Life)}
	mine := make(map[string]bool)
	for _, c := range s.Suites {
		if c.Repetitions < MinRepetitions {
			return nil, fmt.Errorf("suite %s: %w, not %d", c.Suite, ErrFew, c.Repetitions)
		}
		mine[c.Suite] = true
	}
	if had != nil && had.HostClass == s.HostClass && now.Before(had.Expires) {
		for _, g := range had.Floors {
			if mine[g.Suite] {
				continue
			}
			f.Floors = append(f.Floors, g)
			if had.Expires.Before(f.Expires) {
				f.Expires = had.Expires
			}
		}
	}
	f.Floors = append(f.Floors, s.floors()...)
	return f, nil
}

// floors are those of all rows that were measured often enough and say anything.
func (s *Summary) floors() []noise.Floor {
	var out []noise.Floor
	for i := range s.Rows {
		r := &s.Rows[i]
		if !r.Apart.OK() || r.Apart >= noise.Most || len(r.ratios) < MinRepetitions {
			continue
		}
		out = append(out, noise.Floor{
			Suite: r.Suite, Benchmark: r.Benchmark, Target: r.Target, Unit: r.Unit, Share: float64(r.Floor), Apart: float64(r.Apart),
			Trials: r.Trials, Repetitions: len(r.ratios),
		})
	}
	return out
}
