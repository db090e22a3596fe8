package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"unibench/harness/host"
	"unibench/harness/suite"
	"unibench/harness/target"
)

// doctorFlags are the flags of bench doctor.
type doctorFlags struct {
	json, tune, restore, dryRun bool
	runtime, state              string
}

func (f *doctorFlags) flagSet() *flag.FlagSet {
	fs := flag.NewFlagSet("doctor", flag.ContinueOnError)
	fs.BoolVar(&f.json, "json", false, "print JSON")
	fs.StringVar(&f.runtime, "runtime", target.Runtimes()[0], "container runtime to look for: "+strings.Join(target.Runtimes(), " or "))
	fs.BoolVar(&f.tune, "tune", false, "as root: change the settings of this host that make noise and can be put back: governor, turbo, huge pages and the like")
	fs.BoolVar(&f.restore, "restore", false, "with -tune: put them back as they were")
	fs.BoolVar(&f.dryRun, "dry-run", false, "with -tune: say what would be changed")
	fs.StringVar(&f.state, "state", "", "with -tune: `file` for what the settings were (default: unibench/tune.json in the user's state folder)")
	return fs
}

// check refuses what makes no sense.
func (f *doctorFlags) check(fs *flag.FlagSet) error {
	if fs.NArg() > 0 {
		return usagef("doctor takes no arguments, got %q", fs.Arg(0))
	}
	if !f.tune && (f.restore || f.dryRun || f.state != "") {
		return usagef("-restore, -dry-run and -state go with -tune")
	}
	if f.restore && f.dryRun {
		return usagef("-dry-run says what -tune would change; it does not go with -restore")
	}
	return nil
}

// diagnosis is what bench doctor -json prints.
type diagnosis struct {
	Class    string         `json:"host_class"`
	Fit      bool           `json:"fit"` // bench run would start here
	Findings []host.Finding `json:"findings"`
	Host     *host.Snapshot `json:"host"`
}

// doctor prints findings about the host and what each target would say, or tunes the
// host. Its status is 3 when a finding would refuse a run or no target can run.
func (a *app) doctor(ctx context.Context, args []string) error {
	var f doctorFlags
	fs := f.flagSet()
	if err := a.parse(fs, args); err != nil {
		return helpIsFine(err)
	}
	if err := f.check(fs); err != nil {
		return err
	}
	if f.tune {
		return a.tune(&f)
	}
	snap, err := host.Collect(ctx)
	if err != nil {
		return err
	}
	probes, err := host.Probe(ctx, snap)
	if err != nil {
		return err
	}
	d := diagnosis{Class: snap.Class(), Findings: host.Doctor(snap, probes), Host: snap}
	env := &target.Env{Host: snap, Tools: toolsDir(), Runtime: f.runtime, LookPath: a.lookPath}
	usable := 0
	for _, t := range target.All(env) {
		g := host.Finding{Rule: "target", Severity: host.OK, Text: t.Name() + " can run here", Means: "it is measured"}
		if err := t.Check(); err != nil {
			g.Severity, g.Text, g.Means, g.Next = host.Warn, t.Name()+" is skipped: "+err.Error(), "its column is empty, with this reason", "do what the reason says, or leave it out with -targets"
		} else {
			usable++
		}
		d.Findings = append(d.Findings, g)
	}
	unfit := host.Unfit(d.Findings, func(string) bool { return false })
	if usable == 0 {
		unfit = suite.ErrNothing
	}
	d.Fit = unfit == nil
	if f.json {
		if err := writeJSON(a.stdout, d); err != nil {
			return err
		}
		return unfit
	}
	fmt.Fprintf(a.stdout, "host class %s: %s, %d processors, kernel %s\n", d.Class, snap.CPU.Model, snap.CPU.Threads, snap.Kernel.Release)
	for _, g := range d.Findings {
		a.printFinding(a.stdout, g)
	}
	return unfit
}

// printFinding prints a line; what is not in order gets one about what it means and
// one about what to do.
func (a *app) printFinding(w io.Writer, g host.Finding) {
	fmt.Fprintf(w, "%s  %-11s  %s", a.paint(g.Severity), g.Rule, g.Text)
	if g.Severity == host.OK {
		fmt.Fprintf(w, " (%s)\n", g.Means)
		return
	}
	fmt.Fprintf(w, "\n%19smeans: %s\n%19sdo:    %s\n", "", g.Means, "", g.Next)
}
