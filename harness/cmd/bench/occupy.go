package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"unibench/baselines/scratch"
	"unibench/harness/host"
	"unibench/harness/record"
	"unibench/harness/suite"
	"unibench/harness/target"
)

// lockName is the file of the host lock, in the folder for temporary files: all users of
// the host share it, unless TMPDIR gives one of them another.
const lockName = "unibench-host.lock"

// waitFlag is a flag that may have a limit: -wait, or -wait=2h.
type waitFlag struct {
	on    bool
	limit time.Duration // 0: none
}

func (w *waitFlag) IsBoolFlag() bool { return true }

func (w *waitFlag) String() string {
	if w.limit > 0 {
		return w.limit.String()
	}
	return strconv.FormatBool(w.on)
}

func (w *waitFlag) Set(text string) error {
	if on, err := strconv.ParseBool(text); err == nil {
		*w = waitFlag{on: on}
		return nil
	}
	limit, err := time.ParseDuration(text)
	if err != nil || limit <= 0 {
		return errors.New("want no value, or a time such as -wait=2h")
	}
	*w = waitFlag{on: true, limit: limit}
	return nil
}

// lock takes the host, at once or after a wait.
func (a *app) lock(ctx context.Context, w waitFlag) (*host.Lock, error) {
	name := filepath.Join(a.temp, lockName)
	if !w.on {
		return host.Acquire(name)
	}
	return host.WaitAcquire(ctx, name, w.limit, func(e *host.BusyError) {
		fmt.Fprintf(a.stderr, "bench: waiting for another benchmark on this host to end: %s\n", e.Who())
	})
}

// occupy takes the host for this process and gives env a scratch folder. It may have to
// wait for that, so what is known of the host and of the source is found out anew. out, if
// not empty, is made: better now than after the builds. release undoes it.
func (a *app) occupy(ctx context.Context, w waitFlag, env *target.Env, origin *suite.Origin, out string) (release func() error, err error) {
	lock, err := a.lock(ctx, w)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			lock.Release()
		}
	}()
	swept, err := scratch.Sweep(a.temp)
	for _, name := range swept {
		fmt.Fprintf(a.stderr, "bench: removed what a killed run had left: %s\n", name)
	}
	if err != nil {
		return nil, err
	}
	origin.Start = time.Now()
	if env.Host, err = host.Collect(ctx); err != nil {
		return nil, err
	}
	if origin.Commit, err = suite.ReadCommit(ctx, env); err != nil {
		return nil, err
	}
	if out != "" {
		if err := os.MkdirAll(out, 0o755); err != nil {
			return nil, &record.WriteError{Path: out, Err: err}
		}
	}
	if env.Scratch, err = scratch.New(a.temp); err != nil {
		return nil, err
	}
	return func() error {
		defer lock.Release()
		return env.Scratch.Close()
	}, nil
}

// quieten waits until the host is quiet, and keeps it and this process so until
// release. held says whether idle states stay shallow.
func (a *app) quieten(ctx context.Context, f *runFlags, env *target.Env, p host.Placement) (held bool, release func(), err error) {
	if err := a.settle(ctx, f, env); err != nil {
		return false, nil, err
	}
	quiet, err := host.HoldQuiet()
	release = func() {}
	if err != nil {
		fmt.Fprintf(a.stderr, "bench: warning: %v\n", err)
	} else {
		release = func() { quiet.Close() }
	}
	if err := host.PinSelf(p.Bench); err != nil {
		release()
		return false, nil, err
	}
	return quiet != nil, release, nil
}

// settle judges the host and waits until it is quiet.
func (a *app) settle(ctx context.Context, f *runFlags, env *target.Env) error {
	findings := host.Doctor(env.Host, host.Probes{Quiet: host.ProbeQuiet()})
	if !f.accepts("busy") {
		busy, err := host.WaitQuiet(ctx, host.Sampler(ctx))
		if err != nil {
			return err
		}
		findings = append(findings, busy)
	}
	for _, g := range findings {
		// The tables say what is inherent, and the target what it lacks.
		if g.Severity == host.Warn && !g.Inherent && g.Rule != "kvm" {
			fmt.Fprintf(a.stderr, "bench: warning: %s (%s)\n", g.Text, g.Next)
		}
	}
	return host.Unfit(findings, f.accepts)
}
