package trial

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"unibench/harness/record"
)

// Orders of trials within a block.
const (
	// Random shuffles benchmarks and targets anew in every block. Where a target has
	// two builds, these stay next to each other: what the host does for longer than two
	// trials is then the same for both. The second of them finds warmer caches, so each
	// build is first in one of every two blocks, by chance which.
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
	rng := rand.New(rand.NewPCG(p.Seed, stream))
	turned := make(map[record.Slot]bool) // in the block before, by the cell's first slot
	var out []record.Slot
	for block := range p.WarmUp + p.Count {
		cells := neighbours(p)
		switch p.Order {
		case Random:
			rng.Shuffle(len(cells), func(i, j int) { cells[i], cells[j] = cells[j], cells[i] })
			for _, c := range cells {
				if len(c) < 2 {
					continue
				}
				first := c[0]
				turn := !turned[first]
				if block%2 == 0 {
					turn = rng.IntN(2) == 1
				}
				if turned[first] = turn; turn {
					slices.Reverse(c)
				}
			}
		case ABBA:
			if block%2 == 1 {
				slices.Reverse(cells)
			}
		}
		for place, s := range slices.Concat(cells...) {
			s.Block, s.Order, s.WarmUp = block, place, block < p.WarmUp
			out = append(out, s)
		}
	}
	return out, nil
}

// neighbours are the trials of one block, those together that stay so.
func neighbours(p Plan) [][]record.Slot {
	var cells [][]record.Slot
	for _, b := range p.Benchmarks {
		at := make(map[string]int) // by target
		for _, t := range p.Targets {
			s := record.Slot{Benchmark: b, Target: t}
			name, _ := record.SplitArm(t)
			if i, ok := at[name]; ok && p.Order == Random {
				cells[i] = append(cells[i], s)
				continue
			}
			at[name] = len(cells)
			cells = append(cells, []record.Slot{s})
		}
	}
	return cells
}
