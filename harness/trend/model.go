package trend

import (
	"regexp"
	"time"

	"unibench/harness/changepoint"
	"unibench/harness/noise"
	"unibench/harness/report"
)

// Number is a float that JSON can always hold.
type Number = report.Number

// DefaultMin is the least change that counts unless told otherwise.
const DefaultMin = 0.03

// Options choose series and say what a change is.
type Options struct {
	Suite  string         // empty: all
	Class  string         // host class; empty: all
	Metric *regexp.Regexp // for Series.Name; nil: all
	Since  string         // beginning of a commit: leave out runs before the first of it
	Min    float64        // least change that counts, as a share; 0: DefaultMin
	Level  float64        // of the change points; 0: changepoint.DefaultLevel
	Seed   uint64         // of their permutations
	// Floor returns the noise floor of a host class; nil: none is known.
	Floor func(class string) *noise.File
	Now   time.Time // to know whether a floor has expired
}

// History is what the runs come to.
type History struct {
	Min    float64       `json:"min"`
	Level  float64       `json:"level"`
	Seed   uint64        `json:"seed"`
	Runs   int           `json:"runs"`
	Series []Series      `json:"series"`
	Notes  []report.Note `json:"notes"`

	each bool // the series were asked for by name: show every run
}

// Series is one quantity over time.
type Series struct {
	Suite     string   `json:"suite"`
	Version   string   `json:"version"` // of the suite
	HostClass string   `json:"host_class"`
	Line      string   `json:"line"` // name with all parameters: Hello/target=process-1
	Benchmark string   `json:"benchmark"`
	Target    string   `json:"target"`
	Base      string   `json:"base,omitempty"` // of a ratio: what target is divided by
	Unit      string   `json:"unit"`
	Better    string   `json:"better,omitempty"`
	Primary   bool     `json:"primary"`
	Exact     bool     `json:"exact"`
	Doc       string   `json:"doc,omitempty"`
	Min       Number   `json:"min"` // threshold; null for exact units
	Points    []Point  `json:"points"`
	Changes   []Change `json:"changes"`
}

// Point is one run.
type Point struct {
	Start  time.Time `json:"start"`
	Commit string    `json:"commit"`
	Dirty  bool      `json:"dirty,omitempty"`
	Go     string    `json:"go,omitempty"`
	N      int       `json:"n"`
	Median Number    `json:"median"`
	Lo     Number    `json:"lo"`
	Hi     Number    `json:"hi"`
}

// Verdict says which way a change went.
type Verdict string

// The verdicts.
const (
	Regression  Verdict = "regression"
	Improvement Verdict = "improvement"
	Changed     Verdict = "changed" // of a unit without a better side
)

// Change is one change of a series.
type Change struct {
	At      int     `json:"at"`     // index of the first point on the new level
	Commit  string  `json:"commit"` // of that point
	After   string  `json:"after"`  // commit of the point before
	Before  Number  `json:"before"` // level of the points near it
	Now     Number  `json:"now"`
	Ratio   Number  `json:"ratio"`
	P       Number  `json:"p"`       // of the permutation test; null for exact units
	Verdict Verdict `json:"verdict"` // regression, improvement or changed
	// SameCommit says that both points are of one commit.
	SameCommit bool `json:"same_commit,omitempty"`
}

// Name is what Options.Metric looks at: "Hello process boot-first-ns", or "Hello
// unikernel/process boot-first-ns" of a ratio.
func (s *Series) Name() string { return s.Benchmark + " " + s.Of() + " " + s.Unit }

// Of names the target, or both of a ratio.
func (s *Series) Of() string {
	if s.Base == "" {
		return s.Target
	}
	return s.Target + "/" + s.Base
}

// Format writes a value of the series.
func (s *Series) Format(v Number) string {
	if s.Base != "" {
		return report.FormatRatio(float64(v))
	}
	return report.FormatValue(float64(v), s.Unit)
}

// needs is the number of runs from which on a change can be found.
func needs() int { return changepoint.Options{}.Needs() }
