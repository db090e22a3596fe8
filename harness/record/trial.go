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

	// Values by unit, each unit one of Run.Units. A quantity that the
	// target does not have is absent, never 0.
	Values map[string]float64 `json:"values,omitempty"`

	// Phases are the events that happened, in time order.
	Phases []Phase `json:"phases,omitempty"`

	Warnings []string `json:"warnings,omitempty"`
	Error    string   `json:"error,omitempty"` // for every status but C
	Raw      []string `json:"raw,omitempty"`   // files of this trial below raw/
}

// Phase is one event of a trial: a name of Run.Phases and the time since the
// first of them, in nanoseconds.
type Phase struct {
	Name string `json:"name"`
	AtNS int64  `json:"at_ns"`
}
