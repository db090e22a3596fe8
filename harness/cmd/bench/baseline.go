package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"unibench/harness/baseline"
	"unibench/harness/compare"
	"unibench/harness/noise"
	"unibench/harness/record"
	"unibench/harness/suite"
	"unibench/harness/table"
	"unibench/harness/target"
)

// armed is the target that is measured with a baseline unless others are named: the
// one that this project builds.
const armed = "unikernel"

// Sizes of the second session.
const (
	// confirmCount is the least number of its trials, if there were as many.
	confirmCount = 10
	// layoutSalt makes the seed of its link layout from that of the schedule.
	layoutSalt = 0x6c61796f7574 // "layout"
)

// choose finds the baseline that was asked for, or the one of the run that is
// continued, and notes it in config; nil for none.
func (f *runFlags) choose(ctx context.Context, env *target.Env, config *suite.Config) (*baseline.Choice, error) {
	stored := config.Baseline
	if f.baseline == "" {
		switch {
		case stored == nil:
			return nil, nil
		case stored.Kind == record.BaselineRevision:
			return &baseline.Choice{Record: *stored}, nil
		case stored.Kind == record.BaselineSame:
			return baseline.Same(env), nil
		}
		return nil, usagef("the run that is continued has a folder of tools as its baseline: name it again with -baseline")
	}
	choice, err := baseline.Find(ctx, env, f.baseline)
	if errors.Is(err, baseline.ErrUnknown) {
		return nil, usagef("-baseline: %v", err)
	}
	if err != nil {
		return nil, err
	}
	if f.set["resume"] && (stored == nil || *stored != choice.Record) {
		return nil, usagef("-baseline %s is not that of the run that is continued", f.baseline)
	}
	config.Baseline = &choice.Record
	if choice.Record.Kind == record.BaselineTools && !slices.Equal(config.Targets, []string{armed}) {
		return nil, usagef("-baseline: a folder of tools can be compared on target %s alone: name a revision, or -targets %s", armed, armed)
	}
	if _, err := config.Resolve(); err != nil {
		return nil, err
	}
	return choice, nil
}

// options are those of the comparison of the builds.
func (f *runFlags) options(hostClass string) (compare.Options, error) {
	o := compare.Options{Now: time.Now(), Asked: f.set["min"]}
	var err error
	if o.Min, err = share("min", f.min); err != nil {
		return o, err
	}
	root := f.out
	if f.set["resume"] {
		root = filepath.Join(f.resume, "..", "..", "..")
	}
	o.Floor, err = storedFloor(noise.Path(root, hostClass), hostClass)
	return o, err
}

// storedFloor reads the noise floor of a host class; nil if there is none.
func storedFloor(path, hostClass string) (*noise.File, error) {
	file, err := noise.Read(path)
	if file == nil || err != nil {
		return nil, err
	}
	return sameClass(file, path, hostClass, nil)
}

// judge compares the builds of a session. A regression is looked at again with other
// link layouts of both before it is an exit status.
func (m *measuring) judge(ctx context.Context, config suite.Config, d *record.Data) error {
	first, err := m.show(d)
	if err != nil {
		return err
	}
	said := outcome(first)
	if first.Outcome() != compare.Worse {
		return said
	}
	fmt.Fprintf(m.a.stderr, "bench: %v: once more with another link layout of both builds\n", said)
	again := secondSession(config, first.RegressedBenchmarks())
	m.origin.Start, m.origin.Confirms = time.Now(), d.Run.Dir()
	// Its command is the one that would measure both sessions again.
	m.origin.Argv = append(slices.Clone(m.origin.Argv), "-seed", strconv.FormatUint(config.Seed, 10))
	plan, err := m.plan(ctx, again)
	if err != nil {
		return err
	}
	second, err := m.session(ctx, plan, nil)
	if err != nil {
		return err
	}
	r, err := m.show(second)
	if err != nil {
		return err
	}
	c := compare.Confirm(first, r)
	words := m.a.stdout
	if m.f.asJSON {
		words = m.a.stderr
	}
	for _, s := range c.Sentences() {
		fmt.Fprintf(words, "%s\n", s)
	}
	return confirmed(c, first)
}

// secondSession is the configuration that looks at some benchmarks again.
func secondSession(c suite.Config, benchmarks []string) suite.Config {
	c.Run = compare.Only(benchmarks)
	c.Count = min(c.Count, max(confirmCount, c.Count/2))
	c.Layout = (c.Seed^layoutSalt)&0x7fffffff | 1 // the linker's seed is an int; 0 is none
	c.Seed++
	return c
}

// show compares the builds of a session and prints that.
func (m *measuring) show(d *record.Data) (*compare.Result, error) {
	r, err := compare.Arms(d, m.gate)
	if err != nil {
		return nil, err
	}
	if m.f.asJSON {
		return r, r.Write(m.a.stdout, table.JSON, false)
	}
	fmt.Fprintln(m.a.stdout)
	return r, r.Write(m.a.stdout, table.Text, false)
}

// confirmed turns what both sessions came to into an error.
func confirmed(c compare.Confirmation, first *compare.Result) error {
	switch c.Outcome {
	case compare.Worse:
		return fmt.Errorf("%w of %s", errRegressed, strings.Join(c.Confirmed, ", "))
	case compare.Insufficient:
		return fmt.Errorf("%w: too few trials for a test: run with more (-count)", errInsufficient)
	case compare.TooNoisy:
		return fmt.Errorf("%w for a change of the size that was asked for: %s", errNoisy, strings.Join(append(c.Open, first.Primaries(compare.Noisy)...), ", "))
	}
	return nil
}

// armsTables are the tables of the comparison within a run, by file name; none where
// there is nothing to compare yet.
func armsTables(d *record.Data, o compare.Options) (map[string][]byte, error) {
	if d.Run.Baseline == nil || len(d.Pending()) > 0 {
		return nil, nil
	}
	r, err := compare.Arms(d, o)
	var mismatch *compare.Mismatch
	if errors.As(err, &mismatch) || errors.Is(err, compare.ErrNoPrimary) {
		return nil, nil // the caller of judge hears of it
	}
	if err != nil {
		return nil, err
	}
	out := make(map[string][]byte)
	for _, f := range table.Formats() {
		var b strings.Builder
		if err := r.Write(&b, f, true); err != nil {
			return nil, err
		}
		out[path.Join(record.TablesDir, "baseline."+tableSuffix(f))] = []byte(b.String())
	}
	return out, nil
}
