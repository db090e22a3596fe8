package host

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// paceSteps is the length of the loop of Pace: about 80 us.
const paceSteps = 1 << 16

// Pace runs a loop that keeps all units of a core busy n times on a processor, and returns
// how long each took. Where the other hardware thread of that core is somebody else's, who
// works, they take half as long again; nothing else on this machine tells.
func Pace(cpu, n int) ([]time.Duration, error) {
	times := make([]time.Duration, n)
	return times, OnProcessor(cpu, func() {
		for i := range times {
			start := time.Now()
			keep := wide(paceSteps)
			times[i] = time.Since(start)
			if keep == 0 {
				times[i]++ // never, but the loop is not removed
			}
		}
	})
}

// wide is a loop of independent chains of instructions.
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

// OnProcessor calls f on a thread that runs on that processor only.
func OnProcessor(cpu int, f func()) error {
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

// Neighbour is how much of a core somebody else used.
type Neighbour struct {
	CPU   int
	Share float64 // of the time that the processor was watched
}

// Sizes of the watch for a neighbour.
const (
	watchWindow = time.Second // of all processors, one after the other
	watchMost   = 4           // processors
	watchRuns   = 10          // of the loop, between two looks at the clock
	// PaceSlack is how much slower than at its best a loop may be on a core that nobody
	// else uses: its frequency changes with the load of other cores, too, but by less.
	PaceSlack = 1.2
)

// WatchNeighbour watches the last few of some processors and returns the one whose core was
// used most. A neighbour that never rests cannot be told from none.
func WatchNeighbour(ctx context.Context, cpus []int) (*Neighbour, error) {
	cpus = cpus[max(0, len(cpus)-watchMost):]
	var most *Neighbour
	for _, cpu := range cpus {
		var all []time.Duration
		for start := time.Now(); time.Since(start) < watchWindow/time.Duration(len(cpus)); {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			times, err := Pace(cpu, watchRuns)
			if err != nil {
				return nil, fmt.Errorf("watch for a neighbour: %w", err)
			}
			all = append(all, times...)
		}
		if n := (&Neighbour{CPU: cpu, Share: slow(all)}); most == nil || n.Share > most.Share {
			most = n
		}
	}
	return most, nil
}

// slow is the share of the time of all runs that those took which are not among the quick.
func slow(times []time.Duration) float64 {
	best, total, sum := slices.Min(times), time.Duration(0), time.Duration(0)
	for _, d := range times {
		total += d
		if float64(d) > PaceSlack*float64(best) {
			sum += d
		}
	}
	return sum.Seconds() / total.Seconds()
}
