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
// busy, and no counter of this host says so. A probe does: host.Pace. On the host that this was built on the neighbour
// comes for a tenth to half of a second at a time, longer than most trials, so that waiting
// for its end before a trial is worth more than any number of trials.
//
// Nothing is dropped: that a trial begins now or a little later is decided before it, in the
// same way for all targets. One that found no quiet within the limit runs all the same and
// gets a label. How the neighbour behaves during a trial is not looked at.
type Quiet struct {
	// Limit is how long one trial waits at most.
	Limit time.Duration

	probe func(cpu int, n int) ([]time.Duration, error) // nil: that of this machine

	best   map[int]time.Duration // of a probe, by processor
	trials int
	late   int // trials that waited
	never  int // that found no quiet
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
		q.best = make(map[int]time.Duration)
	}
	q.trials++
	start := time.Now()
	least := make(map[int]time.Duration) // of this wait
	first := len(q.best) == 0
	for quiet, looks := 0, 0; ; looks++ {
		if quiet >= quietLooks && (!first || looks >= firstLooks) {
			if looks > quietLooks && !first {
				q.late++
				q.waited += time.Since(start)
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
			if float64(seen[i]) > host.PaceSlack*float64(q.best[cpu]) {
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
	s := fmt.Sprintf("%d of %d trials waited for a processor whose core nobody else used, %.3g s in all", q.late+q.never, q.trials, q.waited.Seconds())
	if q.never > 0 {
		s += fmt.Sprintf("; %d of them began without (labelled %q)", q.never, LabelBusy)
	}
	return []string{s}
}
