package main

import (
	"fmt"
	"time"

	"unibench/harness/record"
	"unibench/harness/stats"
	"unibench/harness/suite"
)

// delays are the planted delays of a suite whose programs end by themselves: a share
// of what the baseline needed so far, because what the host does changes that.
type delays struct {
	suite suite.Suite
	share float64
	unit  string // whose values they are a share of

	into map[string]time.Duration // by workload; changed in place
	seen map[[2]string][]float64  // values by benchmark and target
}

// learn takes the baseline's values of a run and sets the delays; with several targets
// that of the quickest holds for all.
func (p *delays) learn(d *record.Data) error {
	if p.seen == nil {
		p.seen = make(map[[2]string][]float64)
	}
	for _, b := range p.suite.Benchmarks {
		if b.Crowd != nil {
			continue // see suite.Suite.Gate
		}
		least := -1.0
		for _, t := range d.Run.Targets {
			if _, other := record.SplitArm(t); !other {
				continue
			}
			key := [2]string{b.Name, t}
			for _, trial := range d.Measured(b.Name, t) {
				if v, ok := trial.Values[p.unit]; ok {
					p.seen[key] = append(p.seen[key], v)
				}
			}
			if len(p.seen[key]) == 0 {
				return fmt.Errorf("%w: there is no %s of %s on %s to take a share of", errInsufficient, p.unit, b.Name, t)
			}
			if v := stats.Quantile(p.seen[key], 0.5); least < 0 || v < least {
				least = v
			}
		}
		p.into[b.Workload.Name] = time.Duration(p.share * least)
	}
	return nil
}
