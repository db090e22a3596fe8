package record

import "time"

// Slot is one planned trial: a place in the schedule. Block and Order together
// identify it. A block holds each benchmark and target once, in random order.
type Slot struct {
	Block     int    `json:"block"` // from 0; warm-up blocks come first
	Order     int    `json:"order"` // place within the block, from 0
	Benchmark string `json:"benchmark"`
	Target    string `json:"target"`
	WarmUp    bool   `json:"warmup,omitempty"`
}

// Trial is what came of one slot: one fresh boot or process. A failed trial
// fills its slot like a complete one; it is not repeated, because to repeat
// until it works would hide the failure.
type Trial struct {
	Slot
	Session int       `json:"session"` // 0 in the first run, then one more per resume; set by Append
	Status  Status    `json:"status"`
	Start   time.Time `json:"start"`   // wall clock, stored in UTC
	WallNS  int64     `json:"wall_ns"` // whole trial with setup and clean-up, nanoseconds
	Iters   int       `json:"iters"`   // requests completed; 1 for a boot

	// CanaryNS is how long the canary of the block took, a fixed piece of work of
	// the harness on the processor of the systems under test, beside the first
	// trial of the block that was run in one go; 0 on all others.
	CanaryNS int64 `json:"canary_ns,omitempty"`

	// Values by unit, each unit one of Run.Units. A quantity that the
	// target does not have is absent, never 0.
	Values map[string]float64 `json:"values,omitempty"`

	// Gaps says why this trial has no value of a unit that it should have:
	// a counter that could not be read.
	Gaps map[string]string `json:"gaps,omitempty"`

	// Points are the steps of a sweep, in the order in which they ran.
	Points []Point `json:"points,omitempty"`

	// Phases are the events that happened, in time order.
	Phases []Phase `json:"phases,omitempty"`

	Warnings []string `json:"warnings,omitempty"`
	// Labels say what is odd about a trial that counts like any other: see
	// package trial.
	Labels []string `json:"labels,omitempty"`
	Error  string   `json:"error,omitempty"` // for every status but C
	Raw    []string `json:"raw,omitempty"`   // files of this trial below raw/
}

// Point is one step of a sweep within a trial: the same server under another
// load. It has a line of its own in the .bench file.
type Point struct {
	Params []Param `json:"params"` // what makes it another: rate=20k
	// Offered is the load in the unit of the benchmark's rate, such as
	// requests a second; 0 where none was offered.
	Offered float64            `json:"offered,omitempty"`
	Iters   int                `json:"iters"` // requests completed
	Values  map[string]float64 `json:"values"`
	// Note says why the step is not like the others, such as a server that
	// did not keep up; empty for an ordinary one.
	Note string `json:"note,omitempty"`
}

// Phase is one event of a trial: a name of Run.Phases and the time since the
// first of them, in nanoseconds.
type Phase struct {
	Name string `json:"name"`
	AtNS int64  `json:"at_ns"`
}
