package trial

import (
	"fmt"
	"time"

	"unibench/harness/host"
)

// canarySteps is the length of the fixed loop: about 20 ms. Runs are compared by it, so
// it must not change.
const canarySteps = 10 << 20

// Canary runs a fixed loop on one of the given processors and returns how long
// it took. On a steady host every call takes the same time, so a change over a
// run is the host's and not that of a target.
func Canary(cpus []int) (time.Duration, error) {
	var d time.Duration
	run := func() {
		start := time.Now()
		x := spin(canarySteps)
		d = time.Since(start)
		if x == 0 {
			// Never: it keeps the loop from being removed.
			d = 0
		}
	}
	if len(cpus) == 0 {
		run()
		return d, nil
	}
	if err := host.OnProcessor(cpus[0], run); err != nil {
		return 0, fmt.Errorf("canary: %w", err)
	}
	return d, nil
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
