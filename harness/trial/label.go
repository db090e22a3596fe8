package trial

import (
	"fmt"

	"unibench/harness/record"
	"unibench/harness/stats"
)

// Labels names outliers: complete trials of which a primary value lies beyond Tukey's
// fences of those before it, of the same benchmark and target. A trial is written down
// when it ends and never changed, so the label of an early one rests on few values; a
// report looks at all. Nothing is ever dropped for a label.
type Labels struct {
	units []string
	seen  map[[3]string][]float64
}

// NewLabels looks at the primary units of a run that have a distribution, and takes
// what a run that is continued has measured before.
func NewLabels(run *record.Run, before []record.Trial) *Labels {
	l := &Labels{seen: make(map[[3]string][]float64)}
	for _, u := range run.Units {
		if u.Primary && !u.Exact {
			l.units = append(l.units, u.Name)
		}
	}
	for i := range before {
		if before[i].Status == record.Complete {
			l.Label(before[i])
		}
	}
	return l
}

// Label returns the labels of a trial. Warm-up is neither labelled nor compared with.
func (l *Labels) Label(t record.Trial) []string {
	if t.WarmUp {
		return nil
	}
	var out []string
	for _, u := range l.units {
		v, ok := t.Values[u]
		if !ok {
			continue
		}
		key := [3]string{t.Benchmark, t.Target, u}
		switch stats.Beside(l.seen[key], v) {
		case stats.Mild:
			out = append(out, "outlier, mild: "+u)
		case stats.Extreme:
			out = append(out, "outlier, extreme: "+u)
		}
		l.seen[key] = append(l.seen[key], v)
	}
	return out
}

// Limits of Steady.
const (
	steadyLevel  = 0.01
	steadyChange = 0.05
)

// Steady labels a trial by its equal periods, in the order in which they ran: "warm-up"
// if they get quicker, "slowdown" if slower, nothing if they stay or there are too few
// to say. A trend counts if it is shown at the level of 1 % and is 5 % or more from the
// first to the last.
func Steady(periods []int64) []string {
	values := make([]float64, len(periods))
	for i, p := range periods {
		values[i] = float64(p)
	}
	t := stats.MonotonicTrend(values)
	if t.P >= steadyLevel || !(t.Share >= steadyChange || t.Share <= -steadyChange) {
		return nil
	}
	name := "warm-up"
	if t.Share > 0 {
		name = "slowdown"
	}
	return []string{fmt.Sprintf("not steady, %s: its batches change by %+.0f %%", name, 100*t.Share)}
}
