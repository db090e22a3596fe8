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

// WaitQuiet waits until the machine is little used, for at most busyPatient, and
// reports the rule "busy". sample returns cumulative busy and total processor seconds.
func WaitQuiet(ctx context.Context, sample func() (busy, total float64, err error)) (Finding, error) {
	tick := time.NewTicker(busyWindow)
	defer tick.Stop()
	return waitQuiet(ctx, tick.C, sample)
}

// waitQuiet judges the time from one tick to the next, and nothing shorter: the
// counters advance in steps of 10 ms.
func waitQuiet(ctx context.Context, tick <-chan time.Time, sample func() (busy, total float64, err error)) (Finding, error) {
	lastBusy, lastTotal, err := sample()
	if err != nil {
		return Finding{}, err
	}
	share := 1.0 // until something else is known
	for range busyPatient / busyWindow {
		select {
		case <-ctx.Done():
			return Finding{}, ctx.Err()
		case <-tick:
		}
		busy, total, err := sample()
		if err != nil {
			return Finding{}, err
		}
		if total <= lastTotal {
			continue // too soon after the last tick to say
		}
		share = (busy - lastBusy) / (total - lastTotal)
		if share < busyShare {
			return Finding{Rule: "busy", Severity: OK, Text: busyText(share), Means: busyMeans}, nil
		}
		lastBusy, lastTotal = busy, total
	}
	return Finding{Rule: "busy", Severity: Bad, Text: busyText(share), Means: busyMeans, Next: "stop other work on this host, or accept it with -allow busy"}, nil
}

func busyText(share float64) string {
	return fmt.Sprintf("%.0f %% of processor time is in use by others", 100*share)
}
