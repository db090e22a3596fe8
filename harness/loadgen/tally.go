package loadgen

// seriesStep is the length of one step of Trial.Series in nanoseconds.
const seriesStep = int64(100e6)

// tally is what one worker counts in one period. Its memory is there before the
// period begins.
type tally struct {
	start, end int64 // of the period

	due      int64 // requests that the schedule had
	sent     int64
	answers  int64 // all, also those after the end of the period
	inPeriod int64 // before it
	unsent   int64 // due, but no connection became free in time
	waited   int64 // due while no connection was free
	bytesIn  int64
	bytesOut int64
	inBorder int64 // bytesIn at the end of the period
	outAcked int64 // streams: bytes that the peer's kernel acknowledged in the period

	corrected, uncorrected, lag hist
	arrivals                    arrivalTest
	idle                        int64 // nanoseconds polled in vain
	series                      []int64
}

func newTally(longest int64) *tally {
	return &tally{corrected: newHist(), uncorrected: newHist(), lag: newHist(), series: make([]int64, longest/seriesStep+1)}
}

// begin clears the tally for a period.
func (t *tally) begin(start, end int64, rate float64) {
	c, u, l, s := t.corrected, t.uncorrected, t.lag, t.series
	c.reset()
	u.reset()
	l.reset()
	clear(s)
	*t = tally{start: start, end: end, corrected: c, uncorrected: u, lag: l, series: s}
	if rate > 0 {
		t.arrivals.start(start, rate)
	}
}

// answered counts an answer that came at now.
func (t *tally) answered(now int64) {
	t.answers++
	if now < t.end {
		t.inPeriod++
		if i := (now - t.start) / seriesStep; i >= 0 && i < int64(len(t.series)) {
			t.series[i]++
		}
	}
}

// merge adds what another worker counted in the same period.
func (t *tally) merge(o *tally) {
	t.due += o.due
	t.sent += o.sent
	t.answers += o.answers
	t.inPeriod += o.inPeriod
	t.unsent += o.unsent
	t.waited += o.waited
	t.bytesIn += o.bytesIn
	t.bytesOut += o.bytesOut
	t.inBorder += o.inBorder
	t.outAcked += o.outAcked
	t.corrected.merge(&o.corrected)
	t.uncorrected.merge(&o.uncorrected)
	t.lag.merge(&o.lag)
	t.arrivals.merge(&o.arrivals)
	t.idle += o.idle
	for i := range t.series {
		t.series[i] += o.series[i]
	}
}
