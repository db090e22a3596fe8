package main

import (
	"crypto/rand"
	"encoding/binary"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"unibench/harness/host"
	"unibench/harness/suite"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// runFlags are the flags of bench run.
type runFlags struct {
	suite, run, targets, order, cpus, out, resume, runtime, allow string
	count, warmup                                                 int
	seed                                                          uint64
	timeout                                                       time.Duration
	dryRun, trace, short, force                                   bool

	set map[string]bool // those given
}

func (f *runFlags) flagSet() *flag.FlagSet {
	fs := flag.NewFlagSet("run", flag.ContinueOnError)
	fs.StringVar(&f.suite, "suite", "", "suite to run: "+strings.Join(suite.Names(), ", "))
	fs.StringVar(&f.run, "run", "", "run only benchmarks that match this regular `expression`")
	fs.StringVar(&f.targets, "targets", strings.Join(target.Names(), ","), "comma-separated `list` of targets")
	fs.IntVar(&f.count, "count", suite.DefaultCount, "measured trials per benchmark and target")
	fs.IntVar(&f.warmup, "warmup", suite.DefaultWarmUp, "warm-up `blocks` before them")
	fs.Uint64Var(&f.seed, "seed", 0, "seed of the schedule (default: drawn, and stored)")
	fs.StringVar(&f.order, "order", trial.Random, "order in a block: "+trial.Random+" or "+trial.ABBA)
	fs.StringVar(&f.cpus, "cpus", "", "processor `map` such as sut=2-3+5,bench=0 (default: sut has the last, bench the first)")
	fs.StringVar(&f.out, "out", "results", "`folder` under which the results folder is made")
	fs.StringVar(&f.resume, "resume", "", "continue the interrupted run in this results `folder`")
	fs.BoolVar(&f.dryRun, "dry-run", false, "print the schedule and the fairness report, run nothing")
	fs.BoolVar(&f.trace, "x", false, "print each command")
	fs.BoolVar(&f.short, "short", false, fmt.Sprintf("a quick look: %d trials unless -count is given", suite.ShortCount))
	fs.StringVar(&f.runtime, "runtime", target.Runtimes()[0], "container runtime: "+strings.Join(target.Runtimes(), " or "))
	fs.StringVar(&f.allow, "allow", "", "comma-separated `rules` whose refusal is accepted: "+strings.Join(host.Rules(), ", "))
	fs.BoolVar(&f.force, "force", false, "accept every refusal")
	fs.DurationVar(&f.timeout, "timeout", suite.DefaultTimeout, "time after which a trial has failed")
	return fs
}

// resumable are the flags that go with -resume; all others are decided by the
// run that is continued.
func resumable() []string { return []string{"resume", "x", "allow", "force"} }

// check refuses combinations that make no sense. allowed are the processors of
// this process.
func (f *runFlags) check(fs *flag.FlagSet) error {
	f.set = make(map[string]bool)
	fs.Visit(func(g *flag.Flag) { f.set[g.Name] = true })
	if fs.NArg() > 0 {
		return usagef("run takes no arguments, got %q", fs.Arg(0))
	}
	if f.allow != "" {
		for rule := range strings.SplitSeq(f.allow, ",") {
			if !slices.Contains(host.Rules(), rule) {
				return usagef("-allow: unknown rule %q: choose from %s", rule, strings.Join(host.Rules(), ", "))
			}
		}
	}
	if f.set["resume"] {
		if f.resume == "" {
			return usagef("-resume needs the folder of a run")
		}
		for name := range f.set {
			if !slices.Contains(resumable(), name) {
				return usagef("-%s does not go with -resume, which continues a run as it was begun", name)
			}
		}
		return nil
	}
	if f.suite == "" {
		return usagef("run needs -suite: choose one of %s", strings.Join(suite.Names(), ", "))
	}
	if f.short && !f.set["count"] {
		f.count = suite.ShortCount
	}
	return nil
}

// config turns the flags into a configuration.
func (f *runFlags) config(allowed []int) (suite.Config, error) {
	c := suite.Config{
		Suite: f.suite, Run: f.run, Count: f.count, WarmUp: f.warmup, Seed: f.seed, Order: f.order,
		Runtime: f.runtime, Memory: suite.MemoryBytes, Timeout: f.timeout,
	}
	for t := range strings.SplitSeq(f.targets, ",") {
		if t = strings.TrimSpace(t); t != "" {
			c.Targets = append(c.Targets, t)
		}
	}
	if !f.set["seed"] {
		// 32 bits are enough to be different and short to type.
		var b [4]byte
		if _, err := rand.Read(b[:]); err != nil {
			return c, fmt.Errorf("draw seed: %w", err)
		}
		c.Seed = uint64(binary.NativeEndian.Uint32(b[:]))
	}
	var err error
	if f.cpus == "" {
		c.Placement, err = host.DefaultPlacement(allowed, 1)
	} else if c.Placement, err = host.ParsePlacement(f.cpus); err == nil {
		err = c.Placement.Check(allowed)
	}
	if err != nil {
		return c, usagef("-cpus: %v", err)
	}
	_, err = c.Resolve()
	return c, err
}

// accepts says whether a refusal of the rule is accepted.
func (f *runFlags) accepts(rule string) bool {
	return f.force || slices.Contains(strings.Split(f.allow, ","), rule)
}
