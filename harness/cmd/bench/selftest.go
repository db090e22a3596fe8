package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"unibench/harness/baseline"
	"unibench/harness/compare"
	"unibench/harness/host"
	"unibench/harness/record"
	"unibench/harness/selftest"
	"unibench/harness/suite"
)

// Defaults of bench selftest.
const (
	selftestReps = 20
	// plantedWire is the delay of which a planted slowdown of the network is a share:
	// so long that it is nearly all of the time of a request.
	plantedWire = 2 * time.Millisecond
	pilotCount  = 5 // blocks of the run that says what a planted delay is a share of
)

// selftestDir is the folder below -out where self-tests lie, each in a folder of its own
// with its runs.
const selftestDir = "selftest"

// selftestFlags are the flags of bench selftest; what is not here is as in bench run.
type selftestFlags struct {
	runFlags
	suites, inject, write string
	format                formatFlags
	reps                  int
	all                   bool

	share float64                 // of inject
	had   map[sessionKey]*earlier // of the self-test that is continued
}

func (f *selftestFlags) flagSet() *flag.FlagSet {
	run := f.runFlags.flagSet() // for the defaults of what has no flag here
	fs := flag.NewFlagSet("selftest", flag.ContinueOnError)
	fs.StringVar(&f.suites, "suite", "boot,syscall", "comma-separated `list` of suites")
	fs.IntVar(&f.reps, "count", selftestReps, "how many `times` each suite is run and judged")
	fs.IntVar(&f.count, "trials", 0, "measured `trials` per benchmark and build in each of them (default: "+eachGate(func(d suite.Defaults) string { return strconv.Itoa(d.Count) })+")")
	fs.StringVar(&f.inject, "inject", "", "slow the new build down by this `share`, such as 5%, and see whether the gate turns red")
	fs.StringVar(&f.write, "write", "", "`file` for the noise floor (default: noise/CLASS.json below -out)")
	f.format.register(fs)
	fs.BoolVar(&f.all, "all", false, "show exploratory rows, too")
	fs.StringVar(&f.resume, "resume", "", "continue the interrupted self-test in this `folder`, such as results/selftest/TIME-COMMIT")
	fs.StringVar(&f.targets, "targets", armed, "comma-separated `list` of targets")
	for _, name := range []string{"run", "warmup", "seed", "cpus", "out", "x", "runtime", "allow", "force", "wait", "dry-run", "timeout", "duration", "quiet"} {
		g := run.Lookup(name)
		fs.Var(g.Value, g.Name, g.Usage)
	}
	fs.StringVar(&f.min, "min", fmt.Sprintf("%g%%", 100*compare.DefaultMin), "least `change` that counts")
	return fs
}

// check refuses what makes no sense, and returns the names of the suites.
func (f *selftestFlags) check(fs *flag.FlagSet) ([]string, error) {
	if err := f.format.check(fs); err != nil {
		return nil, err
	}
	if f.isSet(fs, "resume") {
		return nil, f.checkResume(fs)
	}
	if f.reps < 1 {
		return nil, usagef("-count %d: want at least 1", f.reps)
	}
	if f.isSet(fs, "trials") && f.count < 1 {
		return nil, usagef("-trials %d: want at least 1", f.count)
	}
	var names []string
	for name := range strings.SplitSeq(f.suites, ",") {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, usagef("selftest needs -suite: choose from %s", strings.Join(suite.Names(), ", "))
	}
	if f.inject == "" {
		return names, nil
	}
	var err error
	if f.share, err = share("inject", f.inject); err != nil {
		return nil, err
	}
	if f.write != "" {
		return nil, usagef("-write does not go with -inject: a slowdown that is planted says nothing about the noise floor")
	}
	for t := range strings.SplitSeq(f.targets, ",") {
		if strings.TrimSpace(t) == "container" && !slices.Equal(names, []string{"net"}) {
			return nil, usagef("-inject: there is no place for a slowdown on target container but in suite net")
		}
	}
	return names, nil
}

// configs are what is run, one a suite.
func (f *selftestFlags) configs(fs *flag.FlagSet, names []string) ([]suite.Config, error) {
	allowed, err := host.AllowedCPUs()
	if err != nil {
		return nil, err
	}
	var out []suite.Config
	for _, name := range names {
		one := f.runFlags
		one.suite = name
		if err := one.check(fs); err != nil {
			return nil, err
		}
		s, _ := suite.Find(name)
		if f.share > 0 && s.Place() == 0 {
			return nil, usagef("-inject: there is no place for a slowdown in suite %s: it would be in both states of a pair", name)
		}
		one.gate = true
		one.set["count"] = one.set["trials"] // what bench run calls so
		one.set["targets"] = true            // the suite's default does not hold
		c, err := one.config(allowed)
		if err != nil {
			return nil, err
		}
		c.Baseline = &record.Baseline{Kind: record.BaselineSame}
		out = append(out, c)
	}
	return out, nil
}

// selftest judges the gate: the same build twice, or one slowed down.
func (a *app) selftest(ctx context.Context, args []string) (err error) {
	f := &selftestFlags{}
	fs := f.flagSet()
	if err := a.parse(fs, args); err != nil {
		return helpIsFine(err)
	}
	names, err := f.check(fs)
	if err != nil {
		return err
	}
	var configs []suite.Config
	var plan *selftest.Plan
	if f.resume != "" {
		if plan, configs, err = f.read(); err != nil {
			return err
		}
		names = nil
		for _, c := range configs {
			names = append(names, c.Suite)
		}
	} else if configs, err = f.configs(fs, names); err != nil {
		return err
	}
	if !f.dryRun {
		if again, err := a.elsewhere(names); again || err != nil {
			return err
		}
	}
	env, origin, err := a.environment(ctx, &f.runFlags, configs[0], append([]string{"selftest"}, args...))
	if err != nil {
		return err
	}
	if f.dryRun {
		return a.dryRunSelftest(f, configs, env, origin)
	}
	release, err := a.occupy(ctx, f.wait, env, &origin, f.out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := a.doubtFloor(f, env.Host.Class(), configs); err != nil {
		return err
	}
	held, louder, err := a.quieten(ctx, &f.runFlags, env, configs[0].Placement)
	if err != nil {
		return err
	}
	defer louder()
	dir := f.resume
	if plan != nil {
		origin.Argv = plan.Argv
	} else if dir, err = f.begin(configs, origin); err != nil {
		return err
	}
	s, err := a.sessions(ctx, f, configs, &measuring{a: a, f: &f.runFlags, plain: env, origin: origin, quiet: held, bare: true}, dir)
	if errors.Is(err, context.Canceled) {
		fmt.Fprintf(a.stderr, "bench: the self-test is not complete: continue with bench selftest -resume %s\n", shown(dir))
		return fmt.Errorf("%w: %w", errSaid, err)
	}
	if err != nil {
		return err
	}
	if err := s.Write(a.stdout, f.format.chosen(), f.all); err != nil {
		return err
	}
	if err := a.concludeSelftest(f, s, f.out); err != nil {
		return err
	}
	if n := s.Failed(); n > 0 {
		return fmt.Errorf("%d trials failed, without which the sessions were judged: see the table above and %s", n, shown(dir))
	}
	return nil
}

// sessions runs every suite of a self-test, with its runs below dir.
func (a *app) sessions(ctx context.Context, f *selftestFlags, configs []suite.Config, m *measuring, dir string) (*selftest.Summary, error) {
	flags := f.runFlags
	flags.out = dir
	m.f = &flags
	var sessions []selftest.Session
	var planted *record.Planted
	for _, c := range configs {
		m.plain.MemoryBytes = c.Memory
		one := *m
		one.other = baseline.Same(m.plain)
		more, p, err := one.repeat(ctx, c, f)
		if err != nil {
			return nil, err
		}
		m.origin.Start = one.origin.Start
		sessions = append(sessions, more...)
		planted = together(planted, p)
	}
	return selftest.Summarise(sessions, planted), nil
}
