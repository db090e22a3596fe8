package suite

import (
	"fmt"
	"slices"
	"time"

	"unibench/harness/record"
	"unibench/harness/trial"
)

// Again is the same plan, with the programs that are already built, for another run:
// its schedule is drawn from seed, with count measured blocks.
func (p *Plan) Again(seed uint64, count int, start time.Time, planted *record.Planted) (*Plan, error) {
	q := *p
	q.Config.Seed, q.Config.Count = seed, count
	var err error
	if q.Run.Config, err = describeConfig(q.Config); err != nil {
		return nil, err
	}
	q.Run.Seed, q.Run.Count, q.Run.Start, q.Run.Planted = seed, count, start, planted
	q.Schedule, err = trial.Schedule(trial.Plan{
		Benchmarks: names(p.Suite.Benchmarks), Targets: p.Run.Targets, WarmUp: q.Config.WarmUp, Count: count, Order: q.Config.Order, Seed: seed,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	return &q, nil
}

// FirstPrimary names the first primary unit; every suite has one.
func (s Suite) FirstPrimary() string {
	for _, u := range s.Units {
		if u.Primary {
			return u.Name
		}
	}
	return ""
}

// Place is where a slowdown can be planted in a suite.
type Place int

// The places.
const (
	Launcher Place = iota + 1 // the start of programs that end by themselves is held back
	Program                   // programs that are led make themselves slower
	Network                   // the network of servers delays more
)

// Place says where a slowdown can be planted; 0 for nowhere: it would be in both states
// of a pair.
func (s Suite) Place() Place {
	switch {
	case slices.ContainsFunc(s.Benchmarks, func(b Benchmark) bool { return b.Pair != nil }):
		return 0
	case s.Loaded():
		return Network
	case s.Leads():
		return Program
	}
	return Launcher
}
