package loadgen

import "unibench/harness/record"

// ThroughputOnly is the label of closed-loop results: their latencies say what
// the closed loop saw, not what a user would.
const ThroughputOnly = "throughput only"

// Result is everything that one invocation found.
type Result struct {
	Config   Config        `json:"config"` // with its defaults
	Clock    ClockInfo     `json:"clock"`
	Status   record.Status `json:"status"` // of the worst trial
	Reason   string        `json:"reason,omitempty"`
	Warnings []string      `json:"warnings,omitempty"`

	Ready   *Probe         `json:"ready,omitempty"`
	Trials  []Trial        `json:"trials,omitempty"`
	Found   *Found         `json:"found,omitempty"`   // of a search
	Ceiling *CeilingResult `json:"ceiling,omitempty"` // of mode ceiling
}

// Trial is one measured period.
type Trial struct {
	Status record.Status `json:"status"`
	Reason string        `json:"reason,omitempty"`
	Label  string        `json:"label,omitempty"`
	// Saturated says that the server, not the generator, did not keep up with
	// the rate that was asked for; the status is then T.
	Saturated bool     `json:"saturated,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`

	StartNS int64 `json:"start_ns"` // CLOCK_MONOTONIC
	EndNS   int64 `json:"end_ns"`

	Offered  float64 `json:"offered,omitempty"`  // requests a second that were asked for
	Rate     float64 `json:"rate"`               // answers a second within the period
	Achieved float64 `json:"achieved,omitempty"` // answers / requests due
	Due      int64   `json:"due,omitempty"`
	Sent     int64   `json:"sent"`
	// Requests is the number of all answers: what counters between the lines
	// "measure" and "end" belong to.
	Requests int64 `json:"requests"`
	InPeriod int64 `json:"in_period"`        // answers before its end
	Unsent   int64 `json:"unsent,omitempty"` // due, but given up a second after the end
	Waited   int64 `json:"waited,omitempty"` // due while no connection was free

	BytesIn    int64   `json:"bytes_in"`
	BytesOut   int64   `json:"bytes_out"`
	GoodputIn  float64 `json:"goodput_in_bytes_per_s,omitempty"`  // streams
	GoodputOut float64 `json:"goodput_out_bytes_per_s,omitempty"` // streams, as acknowledged

	Corrected   *Histogram   `json:"corrected,omitempty"`   // from the time a request was due
	Uncorrected *Histogram   `json:"uncorrected,omitempty"` // from the time it was sent
	Lag         *Histogram   `json:"lag,omitempty"`         // schedule lag that the generator caused
	Arrivals    *ArrivalTest `json:"arrivals,omitempty"`

	CPU  float64 `json:"cpu"`            // share of the generator's processors, without Spun
	Spun float64 `json:"spun,omitempty"` // share that was polled in vain
	// Series is the number of answers in each step of 100 ms.
	Series []int64 `json:"series,omitempty"`
}

// summarise makes the trial's numbers of what the workers counted together.
func summarise(cfg *Config, t *tally, rate float64, end int64) (Trial, error) {
	seconds := float64(end-t.start) / 1e9
	r := Trial{
		Status: record.Complete, StartNS: t.start, EndNS: end, Offered: rate,
		Rate: float64(t.inPeriod) / seconds, Due: t.due, Sent: t.sent, Requests: t.answers,
		InPeriod: t.inPeriod, Unsent: t.unsent, Waited: t.waited, BytesIn: t.bytesIn, BytesOut: t.bytesOut,
	}
	if rate <= 0 {
		r.Label = ThroughputOnly
	}
	if cfg.Protocol == Stream {
		r.GoodputIn, r.GoodputOut = float64(t.inBorder)/seconds, float64(t.outAcked)/seconds
	} else {
		r.Series = t.series[:min(int64(len(t.series)), (end-t.start+seriesStep-1)/seriesStep)]
	}
	for _, h := range []struct {
		from *hist
		to   **Histogram
	}{{&t.corrected, &r.Corrected}, {&t.uncorrected, &r.Uncorrected}, {&t.lag, &r.Lag}} {
		var err error
		if *h.to, err = h.from.summary(); err != nil {
			return r, err
		}
	}
	if rate > 0 {
		r.Arrivals = t.arrivals.result()
		r.Achieved = achieved(&r)
	}
	return r, nil
}

// achieved is the share of the requests due that were answered in the period.
// Those in flight at its end count as well, as many as Little's law expects of a
// system that keeps up.
func achieved(r *Trial) float64 {
	if r.Due == 0 {
		return 1
	}
	missing := float64(r.Due - r.InPeriod)
	if r.Uncorrected != nil {
		missing -= min(missing, r.Offered*r.Uncorrected.Mean/1e9+1)
	}
	return 1 - missing/float64(r.Due)
}
