package main

import (
	"crypto/rand"
	"encoding/binary"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"unibench/harness/compare"
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
	timeout, duration, quiet                                      time.Duration
	conns                                                         int
	rate                                                          float64
	sweep, slo                                                    string
	baseline, min                                                 string
	dryRun, trace, short, force, asJSON                           bool

	wait waitFlag
	gate bool // two builds are compared, whatever -baseline says

	set map[string]bool // those given
}

func (f *runFlags) flagSet() *flag.FlagSet {
	fs := flag.NewFlagSet("run", flag.ContinueOnError)
	fs.StringVar(&f.suite, "suite", "", "suite to run: "+strings.Join(suite.Names(), ", "))
	fs.StringVar(&f.run, "run", "", "run only benchmarks that match this regular `expression` (default: all; of two builds those that the gate is for)")
	fs.StringVar(&f.targets, "targets", strings.Join(target.Names(), ","), "comma-separated `list` of targets")
	fs.IntVar(&f.count, "count", 0, "measured `trials` per benchmark and target (default: "+each(func(d suite.Defaults) string { return strconv.Itoa(d.Count) })+"; with -baseline "+eachGate(func(d suite.Defaults) string { return strconv.Itoa(d.Count) })+")")
	fs.IntVar(&f.warmup, "warmup", 0, "warm-up `blocks` before them (default: "+each(func(d suite.Defaults) string { return strconv.Itoa(d.WarmUp) })+")")
	fs.Uint64Var(&f.seed, "seed", 0, "seed of the schedule (default: drawn, and stored)")
	fs.StringVar(&f.order, "order", trial.Random, "order in a block: "+trial.Random+" or "+trial.ABBA)
	fs.StringVar(&f.cpus, "cpus", "", "processor `map` such as sut=2-3+5,bench=0 (default: sut has the last, bench the first)")
	fs.StringVar(&f.out, "out", "results", "`folder` under which the results folder is made")
	fs.StringVar(&f.resume, "resume", "", "continue the interrupted run in this results `folder`")
	fs.BoolVar(&f.dryRun, "dry-run", false, "print the schedule and the fairness report, run nothing")
	fs.BoolVar(&f.asJSON, "json", false, "print what bench stat -json prints, and with -baseline what bench compare -json does; names of files go to standard error")
	fs.BoolVar(&f.trace, "x", false, "print each command")
	fs.BoolVar(&f.short, "short", false, "a quick look: fewer trials, and of all suites but boot fewer benchmarks, unless they are asked for")
	fs.StringVar(&f.runtime, "runtime", target.Runtimes()[0], "container runtime: "+strings.Join(target.Runtimes(), " or "))
	fs.StringVar(&f.allow, "allow", "", "comma-separated `rules` whose refusal is accepted: "+strings.Join(host.Rules(), ", "))
	fs.BoolVar(&f.force, "force", false, "accept every refusal")
	fs.Var(&f.wait, "wait", "wait for another benchmark on this host to end instead of refusing; -wait=2h waits no longer than that")
	fs.DurationVar(&f.timeout, "timeout", 0, "time after which a trial has failed (default: "+each(func(d suite.Defaults) string { return d.Timeout.String() })+")")
	fs.DurationVar(&f.quiet, "quiet", time.Second, "longest `time` that a trial waits until nobody else uses the core of its processors; 0: it does not")
	fs.DurationVar(&f.duration, "duration", 0, "suites net, syscall and pairs: length of a measured period")
	fs.IntVar(&f.conns, "conns", 0, "suite net: `connections` of benchmarks that have several")
	fs.Float64Var(&f.rate, "rate", 0, "suite net: offer `requests` a second (open loop) instead of as many as there are answers")
	fs.StringVar(&f.sweep, "sweep", "", "suite net: rates of HTTPLoad as `from:to:steps`, such as 10k:110k:6")
	fs.StringVar(&f.slo, "slo", "", "suite net: latency `objective` of HTTPLoad, such as p99=1ms")
	fs.StringVar(&f.baseline, "baseline", "", "measure another `build` in the same blocks and say whether this one is worse: a git revision, or a folder with uni and uni-vmm; target unikernel unless others are named")
	fs.StringVar(&f.min, "min", fmt.Sprintf("%g%%", 100*compare.DefaultMin), "with -baseline: least `change` that counts")
	return fs
}

// each joins what the suites have by default.
func each(value func(suite.Defaults) string) string {
	return listed(func(s suite.Suite) string { return value(s.Defaults) })
}

// eachGate joins what the suites have by default where two builds are compared.
func eachGate(value func(suite.Defaults) string) string {
	return listed(func(s suite.Suite) string { return value(s.Gated()) })
}

func listed(value func(suite.Suite) string) string {
	var parts []string
	for _, s := range suite.All() {
		parts = append(parts, s.Name+" "+value(s))
	}
	return strings.Join(parts, ", ")
}

// resumable are the flags that go with -resume; all others are decided by the
// run that is continued.
func resumable() []string {
	return []string{"resume", "x", "allow", "force", "wait", "baseline", "min", "json"}
}

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
	if _, err := share("min", f.min); err != nil {
		return err
	}
	if fs.Lookup("baseline") != nil && f.set["min"] && !f.set["baseline"] && !f.set["resume"] {
		return usagef("-min goes with -baseline: it is the least change that counts")
	}
	if f.asJSON && f.dryRun {
		return usagef("-json does not go with -dry-run, which prints no numbers")
	}
	if f.set["baseline"] && f.baseline == "" {
		return usagef("-baseline needs a revision, or a folder with uni and uni-vmm")
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
	return nil
}

// fill puts the suite's defaults in the place of flags that were not given.
func (f *runFlags) fill(d suite.Defaults) {
	fallback(f, "count", &f.count, d.Count)
	fallback(f, "warmup", &f.warmup, d.WarmUp)
	fallback(f, "timeout", &f.timeout, d.Timeout)
	fallback(f, "duration", &f.duration, d.Duration)
	fallback(f, "run", &f.run, d.Run)
	if len(d.Targets) > 0 {
		fallback(f, "targets", &f.targets, strings.Join(d.Targets, ","))
	}
	if f.baseline != "" {
		fallback(f, "targets", &f.targets, armed)
	}
}

func fallback[T any](f *runFlags, name string, v *T, d T) {
	if !f.set[name] {
		*v = d
	}
}

// config turns the flags into a configuration.
func (f *runFlags) config(allowed []int) (suite.Config, error) {
	s, ok := suite.Find(f.suite)
	var d suite.Defaults
	if ok { // else Resolve says so
		d = s.For(f.short)
		if (f.gate || f.baseline != "") && !f.short {
			d = s.Gated()
		}
		f.fill(d)
	}
	c := suite.Config{
		Suite: f.suite, Run: f.run, Count: f.count, WarmUp: f.warmup, Seed: f.seed, Order: f.order,
		Runtime: f.runtime, Memory: d.MemoryBytes, Timeout: f.timeout, Quiet: f.quiet,
	}
	if err := f.load(&c, s, d); err != nil {
		return c, err
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
