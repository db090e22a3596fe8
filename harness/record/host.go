package record

import (
	"encoding/json"
	"time"
)

// Host is host.json: what the host looked like, and which limits it puts on the
// result. The value of a snapshot is opaque to this package.
type Host struct {
	Snapshots []Snapshot `json:"snapshots"`
}

// Snapshot is the state of the host at one moment.
type Snapshot struct {
	When    string          `json:"when"`    // before or after
	Session int             `json:"session"` // as in Trial; set by the Writer
	Time    time.Time       `json:"time"`
	Host    json.RawMessage `json:"host"`
	// Limits are sentences to be printed under every table: KVM vendor,
	// nested, shared, steal during the run.
	Limits []string `json:"limits,omitempty"`
}

// Limits returns the limits of all snapshots, each once, in order.
func (h *Host) Limits() []string {
	var out []string
	seen := make(map[string]bool)
	for _, s := range h.Snapshots {
		for _, l := range s.Limits {
			if !seen[l] {
				seen[l] = true
				out = append(out, l)
			}
		}
	}
	return out
}
