package loadgen

// Limits are the conditions under which a trial counts, from section 7, rule 10,
// of the harness contract. Zero values get the contract's numbers.
type Limits struct {
	// Achieved is the least ratio of answers to requests that were due.
	Achieved float64 `json:"achieved,omitempty"`
	// Lag is the greatest ratio of the 99th percentile of the schedule lag to
	// the median latency.
	Lag float64 `json:"lag,omitempty"`
	// CPU is the greatest share of its processors that the generator may use.
	CPU float64 `json:"cpu,omitempty"`
	// Dispersion is how far the index of dispersion of Poisson arrivals may be
	// from 1, beside its sampling error.
	Dispersion float64 `json:"dispersion,omitempty"`
}

func (l *Limits) defaults() {
	def(&l.Achieved, 0.99)
	def(&l.Lag, 0.10)
	def(&l.CPU, 0.70)
	def(&l.Dispersion, 0.10)
}
