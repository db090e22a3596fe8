package compare

import (
	"math"
	"regexp"
	"time"

	"unibench/harness/noise"
	"unibench/harness/report"
	"unibench/harness/stats"
)

// Number is a float that JSON can always hold.
type Number = report.Number

// Corrections for the number of tests.
const (
	Holm = "holm"
	None = "none"
)

// Tests that decide.
const (
	Unpaired = "Mann-Whitney" // of two runs, as benchstat
	Blocked  = "signed ranks" // of two builds that ran next to each other in each block
)

// DefaultMin is the least change that counts unless told otherwise.
const DefaultMin = 0.03

// Options say what counts as a difference.
type Options struct {
	Alpha   float64        // level of the tests; 0: stats.Alpha
	Min     float64        // least change that counts, as a share; 0: DefaultMin
	Asked   bool           // Min was asked for: a noise floor above it is worth an outcome
	Correct string         // Holm or None; empty: Holm
	Primary *regexp.Regexp // what is primary, by Row.Name; nil: the units that the runs declare
	Allow   []string       // rules whose mismatch is accepted
	Floor   *noise.File    // nil: none is known
	Now     time.Time      // to know whether the floor has expired
	Rounds  int            // bootstrap samples; 0: stats.Rounds
}

func (o Options) withDefaults() Options {
	if o.Alpha == 0 {
		o.Alpha = stats.Alpha
	}
	if o.Min == 0 {
		o.Min = DefaultMin
	}
	if o.Correct == "" {
		o.Correct = Holm
	}
	if o.Rounds == 0 {
		o.Rounds = stats.Rounds
	}
	return o
}

// Verdict is what is said about one row.
type Verdict string

// The verdicts.
const (
	Regression  Verdict = "regression"
	Improvement Verdict = "improvement"
	Changed     Verdict = "changed" // a difference of a unit without a better side
	Same        Verdict = "no difference shown"
	Noisy       Verdict = "too noisy"
	Few         Verdict = "too few trials" // for the test to fire, or for an interval
)

// Outcome is what is said about the whole, in the order in which it prevails.
type Outcome int

// The outcomes.
const (
	Fine         Outcome = iota // no regression of a primary metric
	Worse                       // a primary metric regressed
	Insufficient                // a primary metric has too few trials for its test
	TooNoisy                    // a primary metric is too noisy for the threshold
)

// Result is everything that is said about two runs.
type Result struct {
	Suite      string        `json:"suite"`
	HostClass  string        `json:"host_class"`
	Old        Ref           `json:"old"`
	New        Ref           `json:"new"`
	Alpha      float64       `json:"alpha"`
	Min        float64       `json:"min"`
	Correction string        `json:"correction"`
	Seed       uint64        `json:"seed"`   // of the bootstrap
	Paired     bool          `json:"paired"` // the blocks of the two runs pair
	Test       string        `json:"test"`   // whose p decides: Mann-Whitney, or signed ranks of blocks
	Tests      int           `json:"tests"`  // the family of the correction
	Rows       []Row         `json:"rows"`
	Notes      []report.Note `json:"notes"`

	arms       bool     // the two are builds of one run
	noFloor    string   // why no noise floor is used
	noisyFloor []string // primary rows whose floor is above the asked threshold
}

// Ref names a run.
type Ref struct {
	Start  string `json:"start"` // RFC 3339, UTC
	Commit string `json:"commit"`
	Dirty  bool   `json:"dirty,omitempty"`
	Go     string `json:"go,omitempty"`
	Build  string `json:"build,omitempty"` // of a baseline in the same run: what it is
}

// Row is one benchmark, target and unit.
type Row struct {
	Benchmark string  `json:"benchmark"`
	Target    string  `json:"target"`
	Unit      string  `json:"unit"`
	Better    string  `json:"better,omitempty"`
	Primary   bool    `json:"primary"`
	Exact     bool    `json:"exact"`
	Old       Side    `json:"old"`
	New       Side    `json:"new"`
	Ratio     Number  `json:"ratio"` // new by old
	Lo        Number  `json:"lo"`    // of the interval of the ratio
	Hi        Number  `json:"hi"`
	PU        Number  `json:"p_u"`       // Mann-Whitney, as benchstat
	PBlocked  Number  `json:"p_blocked"` // signed ranks over blocks; null where none pair
	PAdjusted Number  `json:"p_adjusted"`
	Threshold Number  `json:"threshold"` // null for exact units
	Floor     Number  `json:"floor"`     // noise floor; null where none is known
	Verdict   Verdict `json:"verdict"`   // regression, improvement, changed, no difference shown, too noisy or too few trials
}

// Side is what one run measured.
type Side struct {
	N      int    `json:"n"`
	Median Number `json:"median"`
	Lo     Number `json:"lo"`
	Hi     Number `json:"hi"`
}

// P is that of the test that decides, before any correction.
func (r *Result) P(row *Row) Number {
	if r.Test == Blocked {
		return row.PBlocked
	}
	return row.PU
}

// LeastP is the smallest value that P can have with the trials that a row has.
func (r *Result) LeastP(row *Row) float64 {
	if r.Test == Blocked {
		return math.Ldexp(1, 1-min(row.Old.N, row.New.N))
	}
	return stats.LeastP(row.Old.N, row.New.N)
}

// Name is what Options.Primary looks at: "Hello process boot-first-ns".
func (r *Row) Name() string { return r.Benchmark + " " + r.Target + " " + r.Unit }

// Differs reports whether the row shows a difference.
func (r *Row) Differs() bool {
	return r.Verdict == Regression || r.Verdict == Improvement || r.Verdict == Changed
}
