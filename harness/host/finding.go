package host

import (
	"errors"
	"fmt"
	"strings"
)

// Severity orders findings.
type Severity string

// The severities. Only Bad keeps a benchmark from running.
const (
	OK   Severity = "ok"
	Warn Severity = "warn"
	Bad  Severity = "bad"
)

// Finding is one judgement about the machine.
type Finding struct {
	Rule     string   `json:"rule"`           // short name, as -allow takes it
	Severity Severity `json:"severity"`       // ok, warn or bad
	Text     string   `json:"text"`           // what was seen
	Means    string   `json:"means"`          // for the numbers
	Next     string   `json:"next,omitempty"` // what to do about it, unless OK
	// Inherent says that it is a property of the machine, which every table made
	// here says too, and not of its settings or of this moment.
	Inherent bool `json:"inherent,omitempty"`
}

// Rules are the names of the rules that can refuse a machine.
func Rules() []string { return []string{"busy", "swap", "quota"} }

// ErrUnfit means that the machine is not fit for measurements now.
var ErrUnfit = errors.New("host unfit")

// Unfit joins the refusals that allowed does not name, or returns nil.
func Unfit(findings []Finding, allowed func(rule string) bool) error {
	var out []string
	for _, f := range findings {
		if f.Severity == Bad && !allowed(f.Rule) {
			out = append(out, fmt.Sprintf("%s: %s (%s)", f.Rule, f.Text, f.Next))
		}
	}
	if len(out) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrUnfit, strings.Join(out, "; "))
}
