package trial

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Quiet lets trials begin when nobody else uses the core of their processors.
//
// Where cores have hardware threads and the other thread belongs to somebody else, another
// virtual machine for example, a program runs at half its speed whenever the neighbour is
// busy, and no counter of this host says so. A probe does: a loop of many independent
// instructions, which needs the whole core. On the host that this was built on the neighbour
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
	probeSteps   = 1 << 16 // of the loop: about 80 us
	probeWindows = 8       // loops whose median is one look, so that an interrupt is none
	quietLooks   = 3       // looks in a row, as quick as the quickest so far, that are quiet
	firstLooks   = 100     // before the first trial, to know what is quick
	// quietSlack is how much slower a look may be: the clock of a processor changes with
	// the load of its neighbours, too, and by less than their use of the core.
	quietSlack = 1.2
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
			if float64(seen[i]) > quietSlack*float64(q.best[cpu]) {
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
		probe = probeOn
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

// probeOn runs the loop n times on a processor.
func probeOn(cpu, n int) ([]time.Duration, error) {
	times := make([]time.Duration, n)
	return times, onProcessor(cpu, func() {
		for i := range times {
			start := time.Now()
			keep := wide(probeSteps)
			times[i] = time.Since(start)
			if keep == 0 {
				times[i]++ // never, but the loop is not removed
			}
		}
	})
}

// wide is a loop of independent chains of instructions, which keeps all units of a core
// busy.
//
//go:noinline
func wide(steps int) uint64 {
	a, b, c, d, e, f := uint64(1), uint64(2), uint64(3), uint64(4), uint64(5), uint64(6)
	for i := range uint64(steps) {
		a += i
		b ^= i
		c += i &^ 1
		d ^= i << 1
		e += i >> 1
		f ^= i | 1
		a ^= 5
		b += 7
		c ^= 3
		d += 9
		e ^= 1
		f += 3
	}
	return a + b + c + d + e + f
}

// onProcessor calls f on a thread that runs on that processor only.
func onProcessor(cpu int, f func()) error {
	done := make(chan error)
	go func() {
		// The thread ends with the goroutine, and its processor set too.
		runtime.LockOSThread()
		var set unix.CPUSet
		set.Set(cpu)
		if err := unix.SchedSetaffinity(0, &set); err != nil {
			done <- fmt.Errorf("use processor %d: %w", cpu, err)
			return
		}
		f()
		done <- nil
	}()
	return <-done
}
