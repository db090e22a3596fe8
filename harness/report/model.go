package report

import (
	"encoding/json"
	"math"

	"unibench/harness/stats"
)

// Number is a float that JSON can always hold: NaN and infinities are null.
type Number float64

// MarshalJSON writes null for what JSON has no number for.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.OK() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// OK reports whether n is a finite number.
func (n Number) OK() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// Report is everything that is said about one run.
type Report struct {
	Suite     string `json:"suite"`
	HostClass string `json:"host_class"`
	VMM       string `json:"vmm,omitempty"`
	CPU       string `json:"cpu,omitempty"`
	Go        string `json:"go,omitempty"`
	Start     string `json:"start"` // RFC 3339, UTC
	Commit    string `json:"commit"`
	Dirty     bool   `json:"dirty"`
	Seed      uint64 `json:"seed"`
	Order     string `json:"order"`
	Blocks    int    `json:"blocks"` // measured blocks that were begun
	Estimate  string `json:"estimate,omitempty"`

	Base    string     `json:"base"`
	Targets []string   `json:"targets"` // base first
	Rows    []Row      `json:"rows"`
	Means   []Mean     `json:"geomeans,omitempty"`
	Sweeps  []Sweep    `json:"sweeps,omitempty"`
	Phases  []PhaseRow `json:"phases,omitempty"`
	Missing []Missing  `json:"missing,omitempty"`
	Notes   []Note     `json:"notes"`
}

// Row is one benchmark and unit over all targets.
type Row struct {
	Benchmark string `json:"benchmark"`
	Unit      string `json:"unit"`
	Better    string `json:"better,omitempty"` // lower, higher or "" for neither
	Primary   bool   `json:"primary"`          // it decides; all others are exploratory
	Exact     bool   `json:"exact"`
	Detail    bool   `json:"-"`     // left out of Brief
	Cells     []Cell `json:"cells"` // one per target, in the order of Report.Targets
}

// Cell is what one target measured. N is 0 where it has no such quantity.
type Cell struct {
	Target     string      `json:"target"`
	N          int         `json:"n"`
	Center     Number      `json:"median"`
	Lo         Number      `json:"lo"` // of the interval of the median
	Hi         Number      `json:"hi"`
	Confidence float64     `json:"confidence"`    // of the interval, as a share
	Mild       int         `json:"outliers_mild"` // labels only: nothing is dropped
	Extreme    int         `json:"outliers_extreme"`
	Versus     *Comparison `json:"versus,omitempty"` // nil for the base
	// Gap says that N is 0 because no trial could read the counter; the
	// reason is among Report.Missing.
	Gap bool `json:"gap,omitempty"`
}

// Comparison is one target against the base.
type Comparison struct {
	Ratio    Number `json:"ratio"` // target by base
	Lo       Number `json:"lo"`
	Hi       Number `json:"hi"`
	PU       Number `json:"p_u"`       // Mann-Whitney, as benchstat
	PBlocked Number `json:"p_blocked"` // signed-rank over blocks
	PHolm    Number `json:"p_holm"`    // PU corrected over all primary tests; null if exploratory
}

// Mean is the geometric mean of one target's ratios over all benchmarks.
type Mean struct {
	Unit   string `json:"unit"`
	Target string `json:"target"`
	Ratio  Number `json:"ratio"`
	Count  int    `json:"count"`
}

// PhaseRow is one event of a benchmark over all targets.
type PhaseRow struct {
	Benchmark string      `json:"benchmark"`
	Event     string      `json:"event"`
	Cells     []PhaseCell `json:"cells"`
}

// PhaseCell is the median time of an event since the first one, and the median
// of the time since the event before. N is 0 where the target has no such event.
type PhaseCell struct {
	Target string `json:"target"`
	N      int    `json:"n"`
	AtNS   Number `json:"at_ns"`
	StepNS Number `json:"step_ns"`
}

// Missing says what is not in the table, and why: trials, or values of a unit.
type Missing struct {
	Target    string `json:"target"`              // empty: all
	Benchmark string `json:"benchmark,omitempty"` // empty: all
	What      string `json:"what"`                // skipped, a status in words, not run, no UNIT
	Count     int    `json:"count,omitempty"`     // trials
	Reason    string `json:"reason"`
}

// Kind groups notes.
type Kind string

// The kinds of notes, in the order in which they are printed.
const (
	Reading  Kind = "reading"
	Aim      Kind = "aim"
	Method   Kind = "method"
	Fairness Kind = "fairness"
	HostFact Kind = "host"
	Warning  Kind = "warning"
)

// Note is one line below the tables.
type Note struct {
	Kind Kind   `json:"kind"` // reading, aim, method, fairness, host or warning
	Text string `json:"text"`
}

// Options change how a run is reported. The zero value is the usual report.
type Options struct {
	Base   string // target to compare with; empty: that of the run
	Rounds int    // bootstrap samples; 0: stats.Rounds
}

func (o Options) rounds() int {
	if o.Rounds > 0 {
		return o.Rounds
	}
	return stats.Rounds
}
