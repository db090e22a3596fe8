package suite

import (
	"fmt"

	"unibench/harness/record"
	"unibench/harness/target"
)

// fit leaves out the benchmarks that need more processors, or more memory, than there
// are.
func fit(s Suite, env *target.Env) (Suite, []record.Skip, error) {
	var fits []Benchmark
	var skipped []record.Skip
	for _, b := range s.Benchmarks {
		if have := len(env.Processors(b.Workload)); have < b.Workload.CPUs {
			skipped = append(skipped, record.Skip{Benchmark: b.Name, Reason: fmt.Sprintf(
				"it needs %d processors and this run has %d: give it more with -cpus, or use a host that has them", b.Workload.CPUs, have)})
			continue
		}
		if b.Crowd != nil {
			if reason := b.Crowd.room(env); reason != "" {
				skipped = append(skipped, record.Skip{Benchmark: b.Name, Reason: reason})
				continue
			}
		}
		fits = append(fits, b)
	}
	s.Benchmarks = fits
	if len(fits) == 0 {
		return s, skipped, nothing(skipped)
	}
	return s, skipped, nil
}

func nothing(skipped []record.Skip) error {
	err := ErrNothing
	for _, s := range skipped {
		err = fmt.Errorf("%w; %s: %s", err, s.What(), s.Reason)
	}
	return err
}
