package trial

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"unibench/harness/host"
)

// Quiet lets trials begin when nobody else uses the core of their processors.
//
// Where cores have hardware threads and the other thread belongs to somebody else, another
// virtual machine for example, a program runs at half its speed whenever the neighbour is
// busy, and no counter of this host says so. A probe does: host.Pace. On the host that this
// was built on the neighbour comes for a tenth to half of a second at a time, longer than
// most trials, so that waiting for its end before a trial is worth more than any number of
// trials.
//
// Nothing is dropped: that a trial begins now or a little later is decided before it, in the
// same way for all targets. One that found no quiet within the limit runs all the same and
// gets a label. The next ones do not wait for what may never end again, and get the label,
// too, until the processor is as quick as it was. How the neighbour behaves during a trial
// is not looked at.
type Quiet struct {
	// Limit is how long one trial waits at most.
	Limit time.Duration

	probe func(cpu int, n int) ([]time.Duration, error) // nil: that of this machine

	best   map[int]time.Duration // of a probe, by processor, since there was no quiet
	ever   map[int]time.Duration // of all probes
	trials int
	late   int // trials that waited, and found quiet
	never  int // that began without
	waited time.Duration
}

// LabelBusy marks a trial that found no quiet processor.
const LabelBusy = "busy processor at its start"

// Sizes of the probe.
const (
	probeWindows = 8   // loops whose median is one look, so that an interrupt is none
	quietLooks   = 3   // looks in a row, as quick as the quickest so far, that are quiet
	firstLooks   = 100 // before the first trial, to know what is quick
)

// Wait returns when the processors are quiet, or after the limit, with the labels that the
// trial gets. Its error is ctx's, or that of the probe.
func (q *Quiet) Wait(ctx context.Context, cpus []int) ([]string, error) {
	if q.best == nil {
		q.best, q.ever = make(map[int]time.Duration), make(map[int]time.Duration)
	}
	q.trials++
	start := time.Now()
	least := make(map[int]time.Duration) // of this wait
	first := slices.ContainsFunc(cpus, func(cpu int) bool { return q.best[cpu] == 0 })
	for quiet, looks := 0, 0; ; looks++ {
		if quiet >= quietLooks && (!first || looks >= firstLooks) {
			waited := looks > quietLooks && !first
			if waited {
				q.waited += time.Since(start)
			}
			switch {
			case slices.ContainsFunc(cpus, func(cpu int) bool { return slow(q.best[cpu], q.ever[cpu]) }):
				q.never++
				return []string{LabelBusy}, nil
			case waited:
				q.late++
			}
			return nil, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if time.Since(start) > q.Limit {
			break
		}
		seen, err := q.look(cpus)
		if err != nil {
			return nil, err
		}
		quiet++
		for i, cpu := range cpus {
			if had, ok := least[cpu]; !ok || seen[i] < had {
				least[cpu] = seen[i]
			}
			if best, ok := q.best[cpu]; !ok || seen[i] < best {
				q.best[cpu] = seen[i]
			}
			if had, ok := q.ever[cpu]; !ok || seen[i] < had {
				q.ever[cpu] = seen[i]
			}
			if slow(seen[i], q.best[cpu]) {
				quiet = 0
			}
		}
	}
	q.never++
	q.waited += time.Since(start)
	// A pace that was not seen once is no longer that of this host.
	for cpu, d := range least {
		q.best[cpu] = d
	}
	return []string{LabelBusy}, nil
}

// slow reports whether a pace is not the best one.
func slow(pace, best time.Duration) bool { return float64(pace) > host.PaceSlack*float64(best) }

// look probes all processors at the same time.
func (q *Quiet) look(cpus []int) ([]time.Duration, error) {
	probe := q.probe
	if probe == nil {
		probe = host.Pace
	}
	out, errs := make([]time.Duration, len(cpus)), make([]error, len(cpus))
	var all sync.WaitGroup
	for i, cpu := range cpus {
		all.Go(func() {
			times, err := probe(cpu, probeWindows)
			if err != nil {
				errs[i] = fmt.Errorf("probe processor %d: %w", cpu, err)
				return
			}
			slices.Sort(times)
			out[i] = times[len(times)/2]
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Sentences says what the waiting came to, for the facts about the host.
func (q *Quiet) Sentences() []string {
	if q.late == 0 && q.never == 0 {
		return nil
	}
	s := fmt.Sprintf("%d of %d trials waited until nobody else used the core of their processor", q.late, q.trials)
	if q.never > 0 {
		s += fmt.Sprintf("; %d began although somebody did (labelled %q)", q.never, LabelBusy)
	}
	s += fmt.Sprintf("; %.3g s of waiting in all", q.waited.Seconds())
	return []string{s}
}
