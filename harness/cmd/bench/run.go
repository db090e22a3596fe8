package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"unibench/harness/baseline"
	"unibench/harness/compare"
	"unibench/harness/host"
	"unibench/harness/netlab"
	"unibench/harness/record"
	"unibench/harness/suite"
	"unibench/harness/target"
	"unibench/harness/trial"
)

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
	if !f.dryRun {
		if again, err := a.elsewhere([]string{config.Suite}); again || err != nil {
			return err
		}
	}
	env, origin, err := a.environment(ctx, &f, config, append([]string{"run"}, args...))
	if err != nil {
		return err
	}
	other, err := f.choose(ctx, env, &config)
	if err != nil {
		return err
	}
	if f.dryRun {
		return a.dryRun(config, env, origin)
	}
	return a.measure(ctx, &f, config, stored, env, origin, other)
}

// elsewhere runs this program again where it may build networks, if a suite needs them
// and it may not here; the error is then the status of that.
func (a *app) elsewhere(suites []string) (again bool, err error) {
	if !slices.ContainsFunc(suites, func(name string) bool { s, ok := suite.Find(name); return ok && s.Loaded() }) {
		return false, nil
	}
	status, again, err := a.rootless()
	if err != nil {
		return false, fmt.Errorf("%w: %w", host.ErrUnfit, err)
	}
	if again {
		return true, statusError(status)
	}
	return false, nil
}

// environment looks at the host, the source and the tools; args are those of this
// program.
func (a *app) environment(ctx context.Context, f *runFlags, config suite.Config, args []string) (env *target.Env, origin suite.Origin, err error) {
	snap, err := host.Collect(ctx)
	if err != nil {
		return nil, origin, err
	}
	env = &target.Env{
		Runner: &trial.Runner{Env: a.env}, Tools: toolsDir(), Host: snap, CPUs: config.Placement.SUT, Spare: config.Placement.Bench,
		MemoryBytes: config.Memory, Runtime: config.Runtime, LookPath: a.lookPath,
	}
	self, err := os.Executable()
	if err != nil {
		return nil, origin, fmt.Errorf("find this program, to start it as the load generator: %w", err)
	}
	env.Generator = []string{self, generatorCommand}
	env.Relay = []string{self, netlab.RelayArg}
	if f.trace {
		env.Runner.Trace = a.stderr
	}
	if env.Source, err = sourceDir(); err != nil {
		return nil, origin, err
	}
	origin = suite.Origin{Start: time.Now(), Argv: append([]string{"bench"}, f.published(args)...)}
	if origin.Commit, err = suite.ReadCommit(ctx, env); err != nil {
		return nil, origin, err
	}
	origin.GoVersion, err = goVersion(ctx, env)
	return env, origin, err
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
	if d.Run.Planted != nil {
		return suite.Config{}, nil, usagef("-resume: %s belongs to a self-test with a planted slowdown: continue that with bench selftest -resume", f.resume)
	}
	var c suite.Config
	if err := json.Unmarshal(d.Run.Config, &c); err != nil {
		return c, nil, &record.DataError{Path: filepath.Join(f.resume, record.RunFile), Reason: "its configuration cannot be read", Err: err}
	}
	// Only what was measured is measured on: a target skipped then stays so.
	c.Targets = nil
	for _, t := range d.Run.Targets {
		if name, baseline := record.SplitArm(t); !baseline {
			c.Targets = append(c.Targets, name)
		}
	}
	if _, err := c.Resolve(); err != nil {
		return c, nil, &record.DataError{Path: filepath.Join(f.resume, record.RunFile), Reason: "its configuration is not of this bench", Err: err}
	}
	if err := c.Placement.Check(allowed); err != nil {
		return c, nil, fmt.Errorf("%w: %w", host.ErrUnfit, err)
	}
	return c, d, nil
}

// measuring is one invocation that measures: the host is taken and made ready for it.
type measuring struct {
	a      *app
	f      *runFlags
	plain  *target.Env // of this build alone
	other  *baseline.Choice
	build  target.Build    // of other
	gate   compare.Options // of the comparison with other
	origin suite.Origin
	quiet  bool // idle states are held shallow

	plant target.Plant // what the new build is slowed down by
	bare  bool         // runs are stored and sealed, without tables and figures
}

// measure runs what config says on a host that is made ready for it.
func (a *app) measure(ctx context.Context, f *runFlags, config suite.Config, stored *record.Data, env *target.Env, origin suite.Origin, other *baseline.Choice) (err error) {
	m := &measuring{a: a, f: f, plain: env, other: other, origin: origin}
	if other != nil { // a noise floor that cannot be read is heard of before hours of trials
		if m.gate, err = f.options(env.Host.Class()); err != nil {
			return err
		}
	}
	out := f.out
	if stored != nil {
		out = ""
	}
	release, err := a.occupy(ctx, f.wait, env, &m.origin, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	plan, err := m.plan(ctx, config)
	if err != nil {
		return err
	}
	if stored != nil {
		if err := plan.Matches(stored.Run); err != nil {
			return &record.DataError{Path: f.resume, Reason: "cannot be continued here", Err: err}
		}
		m.origin.Argv = stored.Run.Argv // for a second session
	}
	held, louder, err := a.quieten(ctx, f, env, config.Placement)
	if err != nil {
		return err
	}
	defer louder()
	m.quiet = held
	d, err := m.session(ctx, plan, stored)
	if err != nil || other == nil {
		return err
	}
	return m.judge(ctx, config, d)
}

// plan builds what config needs.
func (m *measuring) plan(ctx context.Context, config suite.Config) (*suite.Plan, error) {
	fmt.Fprintf(m.a.stderr, "bench: building for %s\n", strings.Join(config.Targets, ", "))
	env := m.plain
	if m.other != nil {
		if m.build.Source == "" {
			fmt.Fprintf(m.a.stderr, "bench: providing %s\n", &m.other.Record)
			var err error
			if m.build, err = m.other.Make(ctx, env, slices.Contains(config.Targets, armed)); err != nil {
				return nil, err
			}
		}
		var err error
		if env, err = env.Arms(m.build, config.Layout); err != nil {
			return nil, err
		}
		env.Plant = m.plant
	}
	plan, err := suite.NewPlan(ctx, config, env, m.origin)
	if err != nil {
		return nil, err
	}
	built, err := suite.ReadCommit(ctx, env)
	if err != nil {
		return nil, err
	}
	if plan.Built(built) {
		fmt.Fprintf(m.a.stderr, "bench: warning: the source changed while it was built: no commit holds what is measured\n")
	}
	for _, s := range plan.Run.Skipped {
		fmt.Fprintf(m.a.stderr, "bench: %s is skipped: %s\n", s.What(), s.Reason)
	}
	return plan, nil
}

// session runs trials and writes the reports, also after an interruption.
func (m *measuring) session(ctx context.Context, plan *suite.Plan, stored *record.Data) (_ *record.Data, err error) {
	a, f := m.a, m.f
	before, err := host.Collect(ctx)
	if err != nil {
		return nil, err
	}
	var more []string
	if !m.quiet {
		more = append(more, "idle states were not held shallow: wake-ups vary")
	}
	first, err := suite.Snapshot(before, more...)
	if err != nil {
		return nil, err
	}
	var s *suite.Session
	if stored == nil {
		s, err = suite.Start(plan, f.out, first)
	} else {
		s, err = suite.Continue(plan, stored.Dir, first)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()

	p := a.newProgress()
	_, runErr := s.Run(ctx, p.show)
	p.end()
	var unwritable *record.WriteError
	if errors.As(runErr, &unwritable) {
		return nil, fmt.Errorf("%w; measured trials are in %s", runErr, s.Writer().Dir())
	}
	// What follows belongs to what was measured, interrupted or not.
	after, err := host.Collect(context.WithoutCancel(ctx))
	if err != nil {
		return nil, errors.Join(runErr, err)
	}
	if err := s.Finish(before, after); err != nil {
		return nil, errors.Join(runErr, err)
	}
	if m.bare {
		err = s.Writer().Seal()
	} else {
		err = a.publish(s.Writer(), m.gate, f.asJSON)
	}
	if err != nil {
		return nil, errors.Join(runErr, err)
	}
	if m.bare && runErr == nil {
		return s.Writer().Data(), nil // whoever repeats sessions counts failed trials
	}
	next := "continue with bench run -resume " + s.Writer().Dir()
	if m.bare {
		next = "" // and knows how to go on
	}
	return s.Writer().Data(), a.conclude(s.Writer().Data(), runErr, next)
}

// conclude says how the run ended, if not well, and how one that was interrupted goes on.
func (a *app) conclude(d *record.Data, err error, next string) error {
	failed, limited := 0, 0 // in all sessions
	for _, t := range d.Trials {
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
		text := fmt.Sprintf("interrupted with %d trials left", len(d.Pending()))
		if next != "" {
			text += ": " + next
		}
		fmt.Fprintf(a.stderr, "bench: %s\n", text)
		return fmt.Errorf("%w: %w", errSaid, err)
	case err != nil:
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d trials failed: see the table above and %s", failed, len(d.Schedule), filepath.Join(d.Dir, record.RawDir))
	}
	if limited > 0 {
		return fmt.Errorf("%w: the load generator was the limit in %d of %d trials, which do not count: see the table above", errInsufficient, limited, len(d.Schedule))
	}
	return nil
}

// published are the arguments that are stored. Where results are written is left out: it
// changes no result, and names a folder of this host; so does a baseline that is one.
func (f *runFlags) published(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		name, value, joined := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		switch flagged := strings.HasPrefix(args[i], "-"); {
		case flagged && (name == "out" || name == "write") && !joined:
			i++
		case flagged && (name == "out" || name == "write"):
		case flagged && name == "baseline" && !joined && i+1 < len(args):
			i++
			out = append(out, "-baseline", baselineWord(args[i]))
		case flagged && name == "baseline" && joined:
			out = append(out, "-baseline", baselineWord(value))
		default:
			out = append(out, args[i])
		}
	}
	return out
}

// baselineWord hides a folder.
func baselineWord(word string) string {
	if st, err := os.Stat(word); err == nil && st.IsDir() {
		return "FOLDER"
	}
	return word
}

func goVersion(ctx context.Context, env *target.Env) (string, error) {
	out, err := env.Runner.Run(ctx, trial.Command{Args: []string{"go", "env", "GOVERSION"}, Dir: env.Source})
	if err != nil {
		return "", fmt.Errorf("find the go command: %w (install Go and put it on the path)", err)
	}
	return strings.TrimSpace(string(out)), nil
}
