package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"unibench/harness/claims"
)

// stopDelay is how long a run may take to end in order after an interruption.
const stopDelay = time.Minute

// reproduce prints what stored results say about claims, after it has run what they
// need if asked to.
func (a *app) reproduce(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("reproduce", flag.ContinueOnError)
	claimsFile := fs.String("claims", "", "claims `file` (default: paper/claims.toml beside the results)")
	results := fs.String("results", "results", "`folder` of the stored runs; also where -run puts new ones")
	run := fs.Bool("run", false, "first run what the claims need, each command once")
	var wait waitFlag
	fs.Var(&wait, "wait", "with -run: wait for another benchmark on this host to end instead of refusing; -wait=2h waits no longer than that")
	var format formatFlags
	format.register(fs)
	ids, err := a.parseMixed(fs, args)
	if err != nil {
		return helpIsFine(err)
	}
	if err := format.check(fs); err != nil {
		return err
	}
	if wait.on && !*run {
		return usagef("-wait goes with -run: nothing is run without it")
	}
	list, err := readClaims(*claimsFile, *results)
	if err != nil {
		return err
	}
	if list, err = choose(list, ids); err != nil {
		return err
	}
	if *run {
		if err := a.produce(ctx, list, "-out", *results, "-wait="+wait.String()); err != nil {
			return err
		}
	}
	runs, err := loadAll([]string{*results})
	if err != nil {
		return err
	}
	verdicts, err := claims.Evaluate(list, runs, &claims.Reports{})
	if err != nil {
		return err
	}
	return claims.Write(a.stdout, verdicts, format.chosen())
}

// produce runs each distinct command of the claims, with flags of bench run behind it. It is a process of its own, because
// a run may have to start itself again where it may build networks.
func (a *app) produce(ctx context.Context, list []claims.Claim, flags ...string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find bench itself: %w", err)
	}
	done := make(map[string]bool)
	for i := range list {
		c := &list[i]
		if c.Needs == "" || done[c.Needs] {
			continue
		}
		done[c.Needs] = true
		fmt.Fprintf(a.stderr, "bench: for %s: %s\n", c.ID, c.Needs)
		cmd := exec.CommandContext(ctx, self, append(c.Args()[1:], flags...)...)
		cmd.Env, cmd.Stdout, cmd.Stderr = a.env, a.stderr, a.stderr
		// Of its own, so that the terminal's signal does not reach the run beside
		// ours: the second one would end it at once.
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.WaitDelay = stopDelay
		if err := cmd.Run(); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() > 0 {
				return fmt.Errorf("%s: %w", strings.TrimSpace(c.Needs), statusError(cmd.ProcessState.ExitCode()))
			}
			return fmt.Errorf("%s: %w", c.Needs, err)
		}
	}
	return nil
}
