package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"unibench/baselines/scratch"
	"unibench/harness/host"
	"unibench/harness/record"
	"unibench/harness/suite"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// lockName is the file of the host lock, in the folder for temporary files that
// all users of the host share.
const lockName = "unibench-host.lock"

// runSuite implements bench run.
func (a *app) runSuite(ctx context.Context, args []string) error {
	var f runFlags
	fs := f.flagSet()
	if err := a.parse(fs, args); err != nil {
		return helpIsFine(err)
	}
	if err := f.check(fs); err != nil {
		return err
	}
	config, stored, err := f.decide()
	if err != nil {
		return err
	}
	if s, ok := suite.Find(config.Suite); ok && s.Loaded() && !f.dryRun {
		status, again, err := a.rootless()
		if err != nil {
			return fmt.Errorf("%w: %w", host.ErrUnfit, err)
		}
		if again {
			return statusError(status)
		}
	}
	snap, err := host.Collect(ctx)
	if err != nil {
		return err
	}
	env := &target.Env{
		Runner: &trial.Runner{Env: a.env}, Tools: toolsDir(), Host: snap, CPUs: config.Placement.SUT, Spare: config.Placement.Bench,
		MemoryBytes: config.Memory, Runtime: config.Runtime, LookPath: a.lookPath,
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program, to start it as the load generator: %w", err)
	}
	env.Generator = []string{self, generatorCommand}
	if f.trace {
		env.Runner.Trace = a.stderr
	}
	if env.Source, err = sourceDir(); err != nil {
		return err
	}
	origin := suite.Origin{Start: time.Now(), Argv: append([]string{"bench", "run"}, withoutOut(args)...)}
	if origin.Commit, err = suite.ReadCommit(ctx, env); err != nil {
		return err
	}
	if origin.GoVersion, err = goVersion(ctx, env); err != nil {
		return err
	}
	if f.dryRun {
		return a.dryRun(config, env, origin)
	}
	return a.measure(ctx, &f, config, stored, env, origin)
}

// decide returns the configuration, from the flags or from the run to be
// continued, which it returns too.
func (f *runFlags) decide() (suite.Config, *record.Data, error) {
	allowed, err := host.AllowedCPUs()
	if err != nil {
		return suite.Config{}, nil, err
	}
	if !f.set["resume"] {
		c, err := f.config(allowed)
		return c, nil, err
	}
	d, err := record.Load(f.resume)
	if err != nil {
		return suite.Config{}, nil, err
	}
	var c suite.Config
	if err := json.Unmarshal(d.Run.Config, &c); err != nil {
		return c, nil, &record.DataError{Path: filepath.Join(f.resume, record.RunFile), Reason: "its configuration cannot be read", Err: err}
	}
	// Only what was measured is measured on: a target skipped then stays so.
	c.Targets = d.Run.Targets
	if _, err := c.Resolve(); err != nil {
		return c, nil, &record.DataError{Path: filepath.Join(f.resume, record.RunFile), Reason: "its configuration is not of this bench", Err: err}
	}
	if err := c.Placement.Check(allowed); err != nil {
		return c, nil, fmt.Errorf("%w: %w", host.ErrUnfit, err)
	}
	return c, d, nil
}

// measure runs what config says on a host that is made ready for it.
func (a *app) measure(ctx context.Context, f *runFlags, config suite.Config, stored *record.Data, env *target.Env, origin suite.Origin) (err error) {
	lock, err := host.Acquire(filepath.Join(a.temp, lockName))
	if err != nil {
		return err
	}
	defer lock.Release()
	swept, err := scratch.Sweep(a.temp)
	for _, name := range swept {
		fmt.Fprintf(a.stderr, "bench: removed what a killed run had left: %s\n", name)
	}
	if err != nil {
		return err
	}
	if stored == nil {
		// Better now than after the builds.
		if err := os.MkdirAll(f.out, 0o755); err != nil {
			return &record.WriteError{Path: f.out, Err: err}
		}
	}
	if env.Scratch, err = scratch.New(a.temp); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, env.Scratch.Close()) }()

	fmt.Fprintf(a.stderr, "bench: building for %s\n", strings.Join(config.Targets, ", "))
	plan, err := suite.NewPlan(ctx, config, env, origin)
	if err != nil {
		return err
	}
	for _, s := range plan.Run.Skipped {
		fmt.Fprintf(a.stderr, "bench: %s is skipped: %s\n", s.What(), s.Reason)
	}
	if stored != nil {
		if err := plan.Matches(stored.Run); err != nil {
			return &record.DataError{Path: f.resume, Reason: "cannot be continued here", Err: err}
		}
	}
	if err := a.settle(ctx, f, env); err != nil {
		return err
	}
	quiet, err := host.HoldQuiet()
	if err != nil {
		fmt.Fprintf(a.stderr, "bench: warning: %v\n", err)
	} else {
		defer quiet.Close()
	}
	if err := host.PinSelf(config.Placement.Bench); err != nil {
		return err
	}
	return a.session(ctx, f, plan, stored, quiet != nil)
}

// settle judges the host and waits until it is quiet.
func (a *app) settle(ctx context.Context, f *runFlags, env *target.Env) error {
	findings := host.Doctor(env.Host)
	if !f.accepts("busy") {
		busy, err := host.WaitQuiet(ctx, host.Sampler(ctx))
		if err != nil {
			return err
		}
		findings = append(findings, busy)
	}
	for _, g := range findings {
		if g.Severity == host.Warn && g.Rule != "kvm" { // the target says that
			fmt.Fprintf(a.stderr, "bench: warning: %s (%s)\n", g.Text, g.Next)
		}
	}
	return host.Unfit(findings, f.accepts)
}

// session runs trials and writes the reports, also after an interruption.
func (a *app) session(ctx context.Context, f *runFlags, plan *suite.Plan, stored *record.Data, quiet bool) (err error) {
	before, err := host.Collect(ctx)
	if err != nil {
		return err
	}
	var more []string
	if !quiet {
		more = append(more, "idle states were not held shallow: wake-ups vary")
	}
	first, err := suite.Snapshot(before, more...)
	if err != nil {
		return err
	}
	var s *suite.Session
	if stored == nil {
		s, err = suite.Start(plan, f.out, first)
	} else {
		s, err = suite.Continue(plan, f.resume, first)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()

	p := newProgress(a.stderr, a.terminal)
	_, runErr := s.Run(ctx, p.show)
	p.end()
	var unwritable *record.WriteError
	if errors.As(runErr, &unwritable) {
		return fmt.Errorf("%w; measured trials are in %s", runErr, s.Writer().Dir())
	}
	// What follows belongs to what was measured, interrupted or not.
	after, err := host.Collect(context.WithoutCancel(ctx))
	if err != nil {
		return errors.Join(runErr, err)
	}
	if err := s.Finish(before, after); err != nil {
		return errors.Join(runErr, err)
	}
	if err := a.publish(s.Writer()); err != nil {
		return errors.Join(runErr, err)
	}
	return a.conclude(s.Writer(), runErr)
}

// conclude says how the run ended, if not well.
func (a *app) conclude(w *record.Writer, err error) error {
	failed, limited := 0, 0 // in all sessions
	for _, t := range w.Data().Trials {
		switch t.Status {
		case record.Complete:
		case record.GeneratorLimited:
			limited++
		default:
			failed++
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
		fmt.Fprintf(a.stderr, "bench: interrupted with %d trials left: continue with bench run -resume %s\n", len(w.Pending()), w.Dir())
		return fmt.Errorf("%w: %w", errSaid, err)
	case err != nil:
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d trials failed: see the table above and %s", failed, len(w.Data().Schedule), filepath.Join(w.Dir(), record.RawDir))
	}
	if limited > 0 {
		return fmt.Errorf("%w: the load generator was the limit in %d of %d trials, which do not count: see the table above", errInsufficient, limited, len(w.Data().Schedule))
	}
	return nil
}

// withoutOut leaves out where the results folder is made: it changes no result,
// and names a folder of this host.
func withoutOut(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		switch name, _, joined := strings.Cut(strings.TrimLeft(args[i], "-"), "="); {
		case name != "out" || !strings.HasPrefix(args[i], "-"):
			out = append(out, args[i])
		case !joined:
			i++
		}
	}
	return out
}

func goVersion(ctx context.Context, env *target.Env) (string, error) {
	out, err := env.Runner.Run(ctx, trial.Command{Args: []string{"go", "env", "GOVERSION"}, Dir: env.Source})
	if err != nil {
		return "", fmt.Errorf("find the go command: %w (install Go and put it on the path)", err)
	}
	return strings.TrimSpace(string(out)), nil
}
