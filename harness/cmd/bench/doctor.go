package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"

	"unibench/harness/host"
	"unibench/harness/suite"
	"unibench/harness/target"
)

// doctor prints findings about the host and what each target would say. Its
// status is 3 when a finding would refuse a run or no target can run.
func (a *app) doctor(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("doctor", flag.ContinueOnError)
	asJSON := fs.Bool("json", false, "print JSON")
	runtime := fs.String("runtime", target.Runtimes()[0], "container runtime to look for")
	if err := a.parse(fs, args); err != nil {
		return helpIsFine(err)
	}
	if fs.NArg() > 0 {
		return usagef("doctor takes no arguments, got %q", fs.Arg(0))
	}
	snap, err := host.Collect(ctx)
	if err != nil {
		return err
	}
	findings := host.Doctor(snap)
	env := &target.Env{Host: snap, Tools: toolsDir(), Runtime: *runtime, LookPath: a.lookPath}
	usable := 0
	for _, t := range target.All(env) {
		f := host.Finding{Rule: "target", Severity: host.OK, Text: t.Name() + " can run here"}
		if err := t.Check(); err != nil {
			f.Severity, f.Text = host.Warn, t.Name()+" is skipped: "+err.Error()
		} else {
			usable++
		}
		findings = append(findings, f)
	}
	unfit := host.Unfit(findings, func(string) bool { return false })
	if usable == 0 {
		unfit = suite.ErrNothing
	}
	if *asJSON {
		e := json.NewEncoder(a.stdout)
		e.SetIndent("", "  ")
		if err := e.Encode(struct {
			Class    string         `json:"host_class"`
			Findings []host.Finding `json:"findings"`
			Host     *host.Snapshot `json:"host"`
		}{snap.Class(), findings, snap}); err != nil {
			return err
		}
		return unfit
	}
	fmt.Fprintf(a.stdout, "host class %s: %s, %d processors, kernel %s\n", snap.Class(), snap.CPU.Model, snap.CPU.Threads, snap.Kernel.Release)
	for _, f := range findings {
		fmt.Fprintf(a.stdout, "%-6s  %-8s  %s\n", f.Severity, f.Rule, f.Text)
		if f.Next != "" {
			fmt.Fprintf(a.stdout, "%-6s  %-8s  -> %s\n", "", "", f.Next)
		}
	}
	return unfit
}
