package loadgen

import (
	"fmt"
	"math"

	"unibench/harness/record"
)

// judge sets the status of a trial without errors: section 7, rule 10.
func (l Limits) judge(cfg *Config, t *Trial) {
	limited := func(format string, args ...any) {
		if t.Status == record.Complete {
			t.Status, t.Reason = record.GeneratorLimited, fmt.Sprintf(format, args...)
		}
	}
	if t.CPU >= l.CPU {
		limited("the generator used %.0f %% of its processors, the limit is %.0f %%: give it more, or lower the load", 100*t.CPU, 100*l.CPU)
	}
	if t.Requests == 0 && cfg.Protocol != Stream {
		t.Status, t.Reason = record.Errored, "no request was answered: make the period longer"
		return
	}
	if cfg.Protocol == Stream && t.BytesIn+t.BytesOut == 0 {
		t.Status, t.Reason = record.Errored, "the stream moved no byte in the period"
		return
	}
	if t.Label == ThroughputOnly {
		return
	}
	lag, p50 := t.Lag.P99, t.Uncorrected.P50
	if float64(lag) >= l.Lag*float64(p50) {
		limited("the generator was late: schedule lag p99 %d ns is not below %.0f %% of the median latency of %d ns", lag, 100*l.Lag, p50)
	}
	switch a := t.Arrivals; {
	case cfg.Arrivals != Poisson:
	case a == nil:
		t.Warnings = append(t.Warnings, "too few requests for the test of the arrivals")
	case math.Abs(a.Dispersion-1) > l.Dispersion+a.Tolerance:
		limited("arrivals were not Poisson: index of dispersion %.3f over %d windows, want 1 within %.3f", a.Dispersion, a.Windows, l.Dispersion+a.Tolerance)
	}
	if t.Achieved < l.Achieved {
		t.Saturated = t.Status == record.Complete
		if t.Saturated {
			t.Status = record.TimedOut
			t.Reason = fmt.Sprintf("the server was saturated: %.2f %% of the requests were answered in time, want %.0f %%", 100*t.Achieved, 100*l.Achieved)
		}
		limited("only %.2f %% of the requests were answered in time", 100*t.Achieved)
	}
}

// worst orders statuses: what makes a result useless comes first.
func worst(a, b record.Status) record.Status {
	for _, s := range []record.Status{record.Errored, record.NotWarm, record.GeneratorLimited, record.TimedOut} {
		if a == s || b == s {
			return s
		}
	}
	return record.Complete
}
