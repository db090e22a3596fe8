package main

import (
	"fmt"
	"strings"
	"time"

	"unibench/harness/record"
	"unibench/harness/suite"
	"unibench/harness/target"
)

// Generous guesses of one start with its bookkeeping, alone and among many.
const (
	perStart     = 100 * time.Millisecond
	perCrowdling = 20 * time.Millisecond
)

// guess is how long a schedule may take, and how many starts that is.
func guess(s suite.Suite, schedule []record.Slot) (starts int, d time.Duration) {
	for _, slot := range schedule {
		b, _ := s.Benchmark(slot.Benchmark)
		n := b.Starts()
		starts += n
		if b.Crowd != nil {
			d += time.Duration(n) * perCrowdling
		} else {
			d += time.Duration(n) * perStart
		}
	}
	return starts, d.Round(time.Second)
}

// dryRun prints what a run would do.
func (a *app) dryRun(config suite.Config, env *target.Env, origin suite.Origin) error {
	if config.Baseline != nil {
		other := *env // of the names alone
		env.Baseline = &other
	}
	p, err := suite.Outline(config, env, origin)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "suite %s on %s, processors %s, seed %d, order %s\n", p.Suite.Name, p.Run.HostClass, config.Placement, config.Seed, config.Order)
	for _, s := range p.Run.Skipped {
		fmt.Fprintf(a.stdout, "%s is skipped: %s\n", s.What(), s.Reason)
	}
	starts, d := guess(p.Suite, p.Schedule)
	fmt.Fprintf(a.stdout, "%d starts, about %v after building\n\n", starts, d)
	block := -1
	for _, s := range p.Schedule {
		if s.Block != block {
			block = s.Block
			warm := ""
			if s.WarmUp {
				warm = " (warm-up)"
			}
			fmt.Fprintf(a.stdout, "block %d%s:\n", block, warm)
		}
		fmt.Fprintf(a.stdout, "  %s on %s\n", s.Benchmark, s.Target)
	}
	fmt.Fprintln(a.stdout, "\nthe same for all targets:")
	for _, h := range p.Run.Fairness.Held {
		fmt.Fprintf(a.stdout, "  %s\n", h)
	}
	fmt.Fprintln(a.stdout, "different:")
	for _, q := range p.Run.Fairness.Inequalities {
		fmt.Fprintf(a.stdout, "  %s (%s): %s\n", q.Rule, strings.Join(q.Targets, ", "), q.Detail)
	}
	return nil
}

// dryRunSelftest prints what a self-test would do, and what of it is done.
func (a *app) dryRunSelftest(f *selftestFlags, configs []suite.Config, env *target.Env, origin suite.Origin) error {
	for i, c := range configs {
		if i > 0 {
			fmt.Fprintln(a.stdout)
		}
		complete, begun := 0, 0
		for key, e := range f.had {
			switch {
			case key.suite != c.Suite:
			case e.sealed && len(e.data.Pending()) == 0:
				complete++
			default:
				begun++
			}
		}
		s, _ := suite.Find(c.Suite)
		pilot := ""
		if f.share > 0 && s.Place() == suite.Launcher {
			pilot = fmt.Sprintf(" after a pilot of %d blocks", pilotCount)
		}
		fmt.Fprintf(a.stdout, "sessions: %d%s, each with a seed of its own; complete: %d, begun: %d\n", f.reps, pilot, complete, begun)
		env.MemoryBytes = c.Memory
		if err := a.dryRun(c, env, origin); err != nil {
			return err
		}
	}
	return nil
}
