package host

import (
	"context"
	"fmt"
	"time"
)

// Limits of the rule "busy".
const (
	busyShare   = 0.5 // of processor time, before the run
	busyWindow  = 200 * time.Millisecond
	busyPatient = 10 * time.Second
)

// busyMeans is what the rule is for.
const busyMeans = "what else runs takes processor time and caches from what is measured: times grow, their tails most"

// WaitQuiet waits until the machine is little used, for at most a few seconds,
// and reports the rule "busy". sample returns cumulative busy and total
// processor seconds.
func WaitQuiet(ctx context.Context, sample func() (busy, total float64, err error)) (Finding, error) {
	tick := time.NewTicker(busyWindow)
	defer tick.Stop()
	deadline := time.NewTimer(busyPatient)
	defer deadline.Stop()
	lastBusy, lastTotal, err := sample()
	if err != nil {
		return Finding{}, err
	}
	for {
		expired := false
		select {
		case <-ctx.Done():
			return Finding{}, ctx.Err()
		case <-deadline.C:
			expired = true
		case <-tick.C:
		}
		busy, total, err := sample()
		if err != nil {
			return Finding{}, err
		}
		share := 0.0
		if total > lastTotal {
			share = (busy - lastBusy) / (total - lastTotal)
		}
		text := fmt.Sprintf("%.0f %% of processor time is in use by others", 100*share)
		switch {
		case share < busyShare:
			return Finding{Rule: "busy", Severity: OK, Text: text, Means: busyMeans}, nil
		case expired:
			return Finding{Rule: "busy", Severity: Bad, Text: text, Means: busyMeans, Next: "stop other work on this host, or accept it with -allow busy"}, nil
		}
		lastBusy, lastTotal = busy, total
	}
}
