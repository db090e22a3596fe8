package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"unibench/harness/baseline"
	"unibench/harness/compare"
	"unibench/harness/host"
	"unibench/harness/noise"
	"unibench/harness/record"
	"unibench/harness/selftest"
	"unibench/harness/suite"
	"unibench/harness/table"
	"unibench/harness/target"
)

// Defaults of bench selftest.
const (
	selftestCount = 20
	selftestReps  = 10
	// plantedWire is the delay of which a planted slowdown of the network is a share:
	// so long that it is nearly all of the time of a request.
	plantedWire = 2 * time.Millisecond
	pilotCount  = 5 // blocks of the run that says what a planted delay is a share of
)

// selftestDir is the folder below -out where the runs of self-tests lie.
const selftestDir = "selftest"

// selftestFlags are the flags of bench selftest; what is not here is as in bench run.
type selftestFlags struct {
	runFlags
	suites, inject, write, format string
	reps                          int
	all                           bool

	share float64 // of inject
}

func (f *selftestFlags) flagSet() *flag.FlagSet {
	run := f.runFlags.flagSet() // for the defaults of what has no flag here
	fs := flag.NewFlagSet("selftest", flag.ContinueOnError)
	fs.StringVar(&f.suites, "suite", "boot,syscall", "comma-separated `list` of suites")
	fs.IntVar(&f.reps, "reps", selftestReps, "how many `times` each suite is run and judged")
	fs.IntVar(&f.count, "count", selftestCount, "measured `trials` per benchmark and build in each of them")
	fs.StringVar(&f.inject, "inject", "", "slow the new build down by this `share`, such as 5%, and see whether the gate turns red")
	fs.StringVar(&f.write, "write", "", "`file` for the noise floor (default: noise/CLASS.json below -out)")
	fs.StringVar(&f.format, "format", string(table.Text), "one of "+formats())
	fs.BoolVar(&f.all, "all", false, "show exploratory rows, too")
	fs.StringVar(&f.targets, "targets", armed, "comma-separated `list` of targets")
	for _, name := range []string{"run", "warmup", "seed", "cpus", "out", "x", "runtime", "allow", "force", "wait", "timeout", "duration"} {
		g := run.Lookup(name)
		fs.Var(g.Value, g.Name, g.Usage)
	}
	fs.StringVar(&f.min, "min", fmt.Sprintf("%g%%", 100*compare.DefaultMin), "least `change` that counts")
	return fs
}

// check refuses what makes no sense, and returns the names of the suites.
func (f *selftestFlags) check(fs *flag.FlagSet) ([]string, error) {
	if err := checkFormat(f.format); err != nil {
		return nil, err
	}
	if f.reps < 1 {
		return nil, usagef("-reps %d: want at least 1", f.reps)
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
		if one.run == "" {
			one.run = s.Gated()
		}
		// The defaults of the suite do not hold for these.
		one.set["count"], one.set["targets"] = true, true
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
	configs, err := f.configs(fs, names)
	if err != nil {
		return err
	}
	if again, err := a.elsewhere(names); again || err != nil {
		return err
	}
	env, origin, err := a.environment(ctx, &f.runFlags, configs[0], append([]string{"selftest"}, args...))
	if err != nil {
		return err
	}
	release, err := a.occupy(ctx, f.wait, env, f.out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	held, louder, err := a.quieten(ctx, &f.runFlags, env, configs[0].Placement)
	if err != nil {
		return err
	}
	defer louder()
	f.runFlags.out = filepath.Join(f.out, selftestDir)
	var sessions []selftest.Session
	var planted *record.Planted
	for _, c := range configs {
		env.MemoryBytes = c.Memory
		m := &measuring{a: a, f: &f.runFlags, plain: env, other: baseline.Same(env), origin: origin, quiet: held, bare: true}
		more, p, err := m.repeat(ctx, c, f)
		if err != nil {
			return err
		}
		sessions = append(sessions, more...)
		planted = together(planted, p)
	}
	s := selftest.Summarise(sessions, planted)
	if err := s.Write(a.stdout, table.Format(f.format), f.all); err != nil {
		return err
	}
	return a.concludeSelftest(f, s, filepath.Dir(f.runFlags.out))
}

// together describes what was planted in several suites.
func together(a, b *record.Planted) *record.Planted {
	if a == nil || b == nil || a.Where == b.Where {
		return b
	}
	c := *a
	c.Where += "; " + b.Where
	return &c
}

// repeat runs one suite again and again, with programs that are built once.
func (m *measuring) repeat(ctx context.Context, c suite.Config, f *selftestFlags) ([]selftest.Session, *record.Planted, error) {
	s, _ := suite.Find(c.Suite)
	var place suite.Place // none
	if f.share > 0 {
		place = s.Place()
	}
	m.plant = target.Plant{Delay: make(map[string]time.Duration)}
	switch place {
	case suite.Program:
		m.plant.Share = f.share
	case suite.Network:
		m.plant.Share, m.plant.Wire = f.share, plantedWire
	}
	plan, err := m.plan(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	seed := c.Seed
	next := func(count int, planted *record.Planted) (*record.Data, error) {
		start, err := nextSecond(ctx, m.origin.Start)
		if err != nil {
			return nil, err
		}
		m.origin.Start = start
		seed++
		p, err := plan.Again(seed, count, start, planted)
		if err != nil {
			return nil, err
		}
		return m.session(ctx, p, nil)
	}
	held := delays{suite: plan.Suite, share: f.share, unit: plan.Suite.FirstPrimary(), into: m.plant.Delay}
	var planted *record.Planted
	switch place {
	case suite.Program:
		planted = &record.Planted{Target: strings.Join(c.Targets, ", "), Share: f.share, Where: fmt.Sprintf(
			"in suite %s: the program keeps its processor busy after each batch for %.3g %% of its time, as a part of it", c.Suite, 100*f.share)}
	case suite.Network:
		planted = &record.Planted{Target: strings.Join(c.Targets, ", "), Share: f.share, Where: fmt.Sprintf(
			"in suite %s: the relay of the network delays frames by %v each way on both builds, and on the new one by %.3g %% more", c.Suite, plantedWire, 100*f.share)}
	case suite.Launcher:
		fmt.Fprintf(m.a.stderr, "bench: suite %s: a pilot of %d blocks\n", c.Suite, pilotCount)
		d, err := next(pilotCount, nil)
		if err != nil {
			return nil, nil, err
		}
		if err := held.learn(d); err != nil {
			return nil, nil, err
		}
		planted = &record.Planted{Target: strings.Join(c.Targets, ", "), Share: f.share, Where: fmt.Sprintf(
			"in suite %s: the launcher keeps its processor busy for %.3g %% of the median that %s of the baseline had in a pilot and the sessions before, after the start of the clock and before that of the program", c.Suite, 100*f.share, held.unit)}
	}
	o, err := m.f.plainOptions()
	if err != nil {
		return nil, nil, err
	}
	var out []selftest.Session
	for n := range f.reps {
		fmt.Fprintf(m.a.stderr, "bench: suite %s: %d of %d\n", c.Suite, n+1, f.reps)
		d, err := next(c.Count, planted)
		if err != nil {
			return nil, nil, err
		}
		if place == suite.Launcher {
			if err := held.learn(d); err != nil {
				return nil, nil, err
			}
		}
		r, err := compare.Arms(d, o)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, selftest.Session{Result: r, Folder: d.Run.Dir()})
	}
	return out, planted, nil
}

// plainOptions are those of a comparison that knows no noise floor.
func (f *runFlags) plainOptions() (compare.Options, error) {
	min, err := share("min", f.min)
	return compare.Options{Min: min, Now: time.Now()}, err
}

// nextSecond waits until the clock shows another second than last: the folders of runs
// are named by it.
func nextSecond(ctx context.Context, last time.Time) (time.Time, error) {
	for {
		now := time.Now()
		if now.Unix() > last.Unix() {
			return now, nil
		}
		select {
		case <-ctx.Done():
			return now, ctx.Err()
		case <-time.After(now.Truncate(time.Second).Add(time.Second).Sub(now)):
		}
	}
}

// concludeSelftest writes the noise floor, or says what the gate missed.
func (a *app) concludeSelftest(f *selftestFlags, s *selftest.Summary, root string) error {
	failed := s.Passed()
	if s.Planted != nil {
		if failed != nil {
			return failed
		}
		return fmt.Errorf("%w, as planted, of %s", errRegressed, strings.Join(s.Named(), ", "))
	}
	file := f.write
	if file == "" {
		file = noise.Path(root, s.HostClass)
	}
	had, err := noise.Read(file)
	if err != nil {
		return err
	}
	floor, err := s.Noise(had, time.Now())
	switch {
	case errors.Is(err, selftest.ErrFew):
		fmt.Fprintf(a.stderr, "bench: no noise floor is written: %v\n", err)
	case err != nil:
		return err
	default:
		if err := writeFloor(file, floor); err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "bench: noise floor in %s, good until %s\n", shown(file), floor.Expires.Format(time.DateOnly))
	}
	if failed != nil {
		return fmt.Errorf("%w: %w", errNoisy, failed)
	}
	return nil
}

// writeFloor replaces the file, whole or not at all.
func writeFloor(file string, f *noise.File) error {
	b, err := f.Format()
	if err != nil {
		return err
	}
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return &record.WriteError{Path: dir, Err: err}
	}
	tmp, err := os.CreateTemp(dir, ".new-")
	if err != nil {
		return &record.WriteError{Path: file, Err: err}
	}
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		os.Remove(tmp.Name())
		return &record.WriteError{Path: file, Err: err}
	}
	return nil
}
