package report

import (
	"math"

	"unibench/harness/record"
)

// Trace is every trial of one benchmark on one target with what it measured: the
// samples behind the numbers of the tables.
type Trace struct {
	Benchmark, Target string
	Trials            []TraceTrial
	Rows              []TraceRow
}

// TraceTrial is one trial and where it is stored.
type TraceTrial struct {
	Line         int // in record.TrialsFile, from 1
	Block, Order int
	WarmUp       bool
	Status       record.Status
	Error        string // first line
}

// Counts reports whether the trial is in the statistics.
func (t TraceTrial) Counts() bool { return t.Status == record.Complete && !t.WarmUp }

// TraceKind says what a row of samples is.
type TraceKind string

// The kinds.
const (
	TraceUnit  TraceKind = "unit"  // a value of the trial
	TracePhase TraceKind = "phase" // an event, in ns since the first
	TraceStep  TraceKind = "step"  // a value of one step of a sweep
)

// TraceRow is one quantity over the trials of a Trace, as recorded; NaN where a trial
// has none.
type TraceRow struct {
	Kind   TraceKind
	Load   string // of a step
	Name   string // unit or event
	Values []Number
}

// Traces returns the samples of every benchmark and target that has a trial, in the
// order of the tables.
func Traces(d *record.Data, r *Report) []Trace {
	var out []Trace
	for _, b := range d.Run.Benchmarks {
		for _, target := range r.Targets {
			if t := traceOf(d, b.Name, target); len(t.Trials) > 0 {
				out = append(out, t)
			}
		}
	}
	return out
}

func traceOf(d *record.Data, benchmark, target string) Trace {
	out := Trace{Benchmark: benchmark, Target: target}
	var trials []*record.Trial
	for i := range d.Trials {
		t := &d.Trials[i]
		if t.Benchmark == benchmark && t.Target == target {
			trials = append(trials, t)
			out.Trials = append(out.Trials, TraceTrial{
				Line: i + 1, Block: t.Block, Order: t.Order, WarmUp: t.WarmUp, Status: t.Status, Error: firstLine(t.Error),
			})
		}
	}
	add := func(kind TraceKind, load, name string, value func(*record.Trial) (float64, bool)) {
		row := TraceRow{Kind: kind, Load: load, Name: name}
		any := false
		for _, t := range trials {
			v, ok := value(t)
			if !ok {
				v = math.NaN()
			}
			any = any || ok
			row.Values = append(row.Values, Number(v))
		}
		if any {
			out.Rows = append(out.Rows, row)
		}
	}
	for _, u := range byWeight(d.Run.Units) {
		add(TraceUnit, "", u.Name, func(t *record.Trial) (float64, bool) { v, ok := t.Values[u.Name]; return v, ok })
	}
	for _, event := range d.Run.Phases {
		add(TracePhase, "", event, func(t *record.Trial) (float64, bool) {
			for _, p := range t.Phases {
				if p.Name == event {
					return float64(p.AtNS), true
				}
			}
			return 0, false
		})
	}
	for _, load := range loadsOf(d, benchmark) {
		for _, u := range d.Run.Units {
			add(TraceStep, load, u.Name, func(t *record.Trial) (float64, bool) {
				for _, p := range t.Points {
					if v, ok := p.Values[u.Name]; ok && LoadName(p.Params) == load {
						return v, true
					}
				}
				return 0, false
			})
		}
	}
	return out
}
