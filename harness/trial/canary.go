package trial

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// canarySteps is the length of the fixed loop: a few milliseconds.
const canarySteps = 4 << 20

// Canary runs a fixed loop on one of the given processors and returns how long
// it took. On a steady host every call takes the same time, so a change over a
// run is the host's and not that of a target.
func Canary(cpus []int) (time.Duration, error) {
	type result struct {
		d   time.Duration
		err error
	}
	c := make(chan result)
	go func() {
		// The thread ends with the goroutine, and its processor set too.
		runtime.LockOSThread()
		if len(cpus) > 0 {
			var set unix.CPUSet
			set.Set(cpus[0])
			if err := unix.SchedSetaffinity(0, &set); err != nil {
				c <- result{err: fmt.Errorf("canary: use processor %d: %w", cpus[0], err)}
				return
			}
		}
		start := time.Now()
		x := spin(canarySteps)
		d := time.Since(start)
		if x == 0 {
			// Never: it keeps the loop from being removed.
			d = 0
		}
		c <- result{d: d}
	}()
	r := <-c
	return r.d, r.err
}

// spin is xorshift, which has no state 0 and no shortcut.
//
//go:noinline
func spin(steps int) uint64 {
	x := uint64(88172645463325252)
	for range steps {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}

// Drift says in a sentence how steady the canary was, or returns "" for fewer
// than two values.
func Drift(canary []time.Duration) string {
	if len(canary) < 2 {
		return ""
	}
	s := slices.Sorted(slices.Values(canary))
	return fmt.Sprintf("host drift: the canary, a fixed loop before each block, took %.2f ms (median), from %.2f to %.2f, over %d blocks",
		ms(s[len(s)/2]), ms(s[0]), ms(s[len(s)-1]), len(s))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
