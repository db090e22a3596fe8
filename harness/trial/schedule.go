package trial

import (
	"fmt"
	"math/rand/v2"

	"unibench/harness/record"
)

// Orders of trials within a block.
const (
	// Random shuffles benchmarks and targets anew in every block.
	Random = "random"
	// ABBA runs two targets forward and backward in turn.
	ABBA = "abba"
)

// stream keeps the schedule's random numbers apart from others that may be
// drawn from the same seed.
const stream = 0x736368656475 // "schedu"

// Plan is what a schedule is made from.
type Plan struct {
	Benchmarks []string
	Targets    []string
	WarmUp     int // blocks that do not count, first
	Count      int // blocks that count
	Order      string
	Seed       uint64
}

// Schedule lists every trial in the order in which they are to run. Each block
// holds each benchmark on each target once. Equal plans give equal schedules.
func Schedule(p Plan) ([]record.Slot, error) {
	switch {
	case len(p.Benchmarks) == 0 || len(p.Targets) == 0:
		return nil, fmt.Errorf("schedule: no benchmarks or no targets")
	case p.Count < 1 || p.WarmUp < 0:
		return nil, fmt.Errorf("schedule: %d blocks after %d warm-up blocks", p.Count, p.WarmUp)
	case p.Order == ABBA && len(p.Targets) != 2:
		return nil, fmt.Errorf("order abba is for two targets, not %d: use -order random", len(p.Targets))
	case p.Order != ABBA && p.Order != Random:
		return nil, fmt.Errorf("order %q is not one of %s, %s", p.Order, Random, ABBA)
	}
	var cells []record.Slot
	for _, b := range p.Benchmarks {
		for _, t := range p.Targets {
			cells = append(cells, record.Slot{Benchmark: b, Target: t})
		}
	}
	rng := rand.New(rand.NewPCG(p.Seed, stream))
	var out []record.Slot
	for block := range p.WarmUp + p.Count {
		order := make([]int, len(cells))
		for i := range order {
			order[i] = i
		}
		switch p.Order {
		case Random:
			rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		case ABBA:
			if block%2 == 1 {
				for i := range order {
					order[i] = len(order) - 1 - i
				}
			}
		}
		for place, i := range order {
			s := cells[i]
			s.Block, s.Order, s.WarmUp = block, place, block < p.WarmUp
			out = append(out, s)
		}
	}
	return out, nil
}
