package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"unibench/baselines/container"
	"unibench/harness/host"
	"unibench/harness/record"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// Plan is a run that is ready to start: everything is built and decided.
type Plan struct {
	Suite    Suite
	Config   Config
	Run      record.Run
	Schedule []record.Slot

	env      *target.Env
	programs map[key]target.Program
	crowds   map[key][]target.Start // of programs with many instances
}

type key struct{ workload, target string }

// Origin says where a run comes from.
type Origin struct {
	Start     time.Time
	Argv      []string
	Commit    Commit
	GoVersion string // of the toolchain that builds the workloads
	Confirms  string // folder of the run, below the root, whose regressions are looked at again
}

// Select divides the targets of c into those that can run here and those that
// cannot. ErrNothing means that none is left.
func Select(c Config, env *target.Env) ([]target.Target, []record.Skip, error) {
	var usable []target.Target
	var skipped []record.Skip
	for _, t := range target.All(env) {
		if name, _ := record.SplitArm(t.Name()); !slices.Contains(c.Targets, name) {
			continue
		}
		if err := t.Check(); err != nil {
			skipped = append(skipped, record.Skip{Target: t.Name(), Reason: err.Error()})
			continue
		}
		usable = append(usable, t)
	}
	if env.Baseline != nil {
		usable = couples(usable)
	}
	if len(usable) == 0 {
		return nil, skipped, nothing(skipped)
	}
	return usable, skipped, nil
}

// couples drops targets of which one build can run and not the other: there is
// nothing to compare it with.
func couples(targets []target.Target) []target.Target {
	count := make(map[string]int)
	for _, t := range targets {
		name, _ := record.SplitArm(t.Name())
		count[name]++
	}
	return slices.DeleteFunc(targets, func(t target.Target) bool {
		name, _ := record.SplitArm(t.Name())
		return count[name] < 2
	})
}

// NewPlan builds what c needs and fixes the schedule. Nothing is measured yet.
func NewPlan(ctx context.Context, c Config, env *target.Env, o Origin) (*Plan, error) {
	s, err := c.Resolve()
	if err != nil {
		return nil, err
	}
	usable, skipped, err := Select(c, env)
	if err != nil {
		return nil, err
	}
	s, left, err := fit(s, env)
	if err != nil {
		return nil, err
	}
	skipped = append(skipped, left...)
	p := &Plan{Suite: s, Config: c, env: env, programs: make(map[key]target.Program), crowds: make(map[key][]target.Start)}
	var ready []target.Target
	var artefacts []record.Artefact
	for _, t := range usable {
		made, err := p.prepare(ctx, t)
		if errors.Is(err, container.ErrRuntime) {
			skipped = append(skipped, record.Skip{Target: t.Name(), Reason: env.Hide(err.Error())})
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("prepare %s: %w", t.Name(), err)
		}
		ready = append(ready, t)
		artefacts = append(artefacts, made...)
	}
	if env.Baseline != nil {
		ready = couples(ready)
	}
	if len(ready) == 0 {
		return nil, nothing(skipped)
	}
	if err := p.describe(ready, skipped, artefacts, o); err != nil {
		return nil, err
	}
	p.Schedule, err = trial.Schedule(trial.Plan{
		Benchmarks: names(s.Benchmarks), Targets: p.Run.Targets, WarmUp: c.WarmUp, Count: c.Count, Order: c.Order, Seed: c.Seed,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	return p, nil
}

// Outline is a Plan without programs, for a dry run: nothing is built.
func Outline(c Config, env *target.Env, o Origin) (*Plan, error) {
	s, err := c.Resolve()
	if err != nil {
		return nil, err
	}
	usable, skipped, err := Select(c, env)
	if err != nil {
		return nil, err
	}
	s, left, err := fit(s, env)
	if err != nil {
		return nil, err
	}
	skipped = append(skipped, left...)
	p := &Plan{Suite: s, Config: c, env: env}
	if err := p.describe(usable, skipped, nil, o); err != nil {
		return nil, err
	}
	p.Schedule, err = trial.Schedule(trial.Plan{
		Benchmarks: names(s.Benchmarks), Targets: p.Run.Targets, WarmUp: c.WarmUp, Count: c.Count, Order: c.Order, Seed: c.Seed,
	})
	return p, err
}

func (p *Plan) prepare(ctx context.Context, t target.Target) ([]record.Artefact, error) {
	var artefacts []record.Artefact
	for _, b := range p.Suite.Benchmarks {
		for _, w := range b.workloads() {
			k := key{w.Name, t.Name()}
			if p.programs[k] != nil {
				continue // shared with another benchmark
			}
			program, err := t.Prepare(ctx, w)
			if err != nil {
				return nil, err
			}
			if b.Crowd != nil {
				if p.crowds[k], err = program.Crowd(b.Crowd.Instances); err != nil {
					return nil, err
				}
			}
			p.programs[k] = program
			artefacts = append(artefacts, program.Artefacts()...)
		}
	}
	return artefacts, nil
}

// describe fills in the Run.
func (p *Plan) describe(targets []target.Target, skipped []record.Skip, artefacts []record.Artefact, o Origin) error {
	config, err := describeConfig(p.Config)
	if err != nil {
		return err
	}
	r := record.Run{
		Suite: p.Suite.Name, HostClass: p.env.Host.Class(), Start: o.Start,
		Commit: o.Commit.ID, Dirty: o.Commit.Dirty, DirtyHash: o.Commit.DirtyHash,
		Argv: o.Argv, Config: config, Seed: p.Config.Seed, Order: p.Config.Order, Count: p.Config.Count, WarmUp: p.Config.WarmUp,
		Baseline: p.Config.Baseline, Layout: p.Config.Layout, Confirms: o.Confirms,
		SuiteVersion: p.Suite.Version, Skipped: skipped, Units: p.Suite.Units, Phases: p.Suite.Phases, Remarks: p.Suite.Remarks, Aims: p.Suite.Aims,
		Artefacts: distinct(artefacts), Fairness: target.Fairness(targets, o.GoVersion, p.Suite.kind()),
		Keys: record.Keys{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH, CPU: p.env.Host.CPU.Model, VMM: p.env.Host.VMM(), Go: o.GoVersion},
	}
	for _, t := range targets {
		r.Targets = append(r.Targets, t.Name())
	}
	r.Base = r.Targets[0]
	switch {
	case slices.Contains(r.Targets, target.Base):
		r.Base = target.Base
	case p.Config.Baseline != nil:
		// Ratios in its tables are those of the builds then, about which
		// the aims say nothing.
		r.Base = r.Targets[1]
		r.Aims = nil
	}
	for _, b := range p.Suite.Benchmarks {
		rb := record.Benchmark{Name: b.Name, Procs: len(p.env.Processors(b.Workload))}
		if b.Load != nil {
			rb.Params = b.Load.params(p.Config)
		}
		r.Benchmarks = append(r.Benchmarks, rb)
	}
	if p.env.Host.KVM.Hypervisor {
		r.Estimate = "the host is a virtual machine"
	}
	if p.Config.Placement.Shared() {
		r.Fairness.Inequalities = append(r.Fairness.Inequalities, record.Inequality{
			Rule: "processors", Detail: "the harness shares processors with the systems under test: " + p.Config.Placement.String(),
		})
	}
	p.Run = r
	return nil
}

func describeConfig(c Config) (json.RawMessage, error) {
	j, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("describe run: %w", err)
	}
	return j, nil
}

// Matches returns nil if a stored run can be continued by this plan: the same
// programs on the same kind of host.
func (p *Plan) Matches(stored record.Run) error {
	mine, theirs := p.Run, stored
	switch {
	case mine.HostClass != theirs.HostClass:
		return fmt.Errorf("the run is of host class %s and this host is %s", theirs.HostClass, mine.HostClass)
	case mine.Keys != theirs.Keys:
		return fmt.Errorf("the run is of %+v and this is %+v", theirs.Keys, mine.Keys)
	case mine.SuiteVersion != theirs.SuiteVersion:
		return fmt.Errorf("the run is of version %s of the suite and this is version %s", theirs.SuiteVersion, mine.SuiteVersion)
	case !slices.Equal(mine.Targets, theirs.Targets):
		return fmt.Errorf("the run has targets %v, of which %v can run now", theirs.Targets, mine.Targets)
	}
	for _, a := range theirs.Artefacts {
		if !slices.Contains(mine.Artefacts, a) {
			return fmt.Errorf("%s (%s) is not the file that the run began with: check out commit %.12s and build again", a.Name, a.Target, theirs.Commit)
		}
	}
	return nil
}

// Built says what the source is after the build. If it is not what it was before, the run
// is of no commit, and Built reports true.
func (p *Plan) Built(after Commit) (changed bool) {
	r := &p.Run
	if before := (Commit{r.Commit, r.Dirty, r.DirtyHash}); before == after {
		return false
	}
	r.Dirty, r.DirtyHash = true, after.DirtyHash
	return true
}

func names(benchmarks []Benchmark) []string {
	var out []string
	for _, b := range benchmarks {
		out = append(out, b.Name)
	}
	return out
}

// distinct drops repetitions: the monitor belongs to every program.
func distinct(artefacts []record.Artefact) []record.Artefact {
	var out []record.Artefact
	for _, a := range artefacts {
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// Snapshot wraps a snapshot of the host for the record.
func Snapshot(s *host.Snapshot, more ...string) (record.Snapshot, error) {
	j, err := json.Marshal(s)
	if err != nil {
		return record.Snapshot{}, fmt.Errorf("describe host: %w", err)
	}
	return record.Snapshot{Time: s.Time, Host: j, Limits: append(s.Limits(), more...)}, nil
}
