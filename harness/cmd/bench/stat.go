package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"

	"unibench/harness/record"
	"unibench/harness/report"
)

// stat prints the tables of stored runs, one after the other.
func (a *app) stat(_ context.Context, args []string) error {
	fs := flag.NewFlagSet("stat", flag.ContinueOnError)
	var format formatFlags
	format.register(fs)
	base := fs.String("base", "", "target to compare with (default: that of the run)")
	dirs, err := a.parseMixed(fs, args)
	if err != nil {
		return helpIsFine(err)
	}
	if len(dirs) == 0 {
		return usagef("stat needs the folder of a run, such as results/boot/CLASS/TIME-COMMIT")
	}
	if err := format.check(fs); err != nil {
		return err
	}
	for _, dir := range dirs {
		d, _, err := record.Read(dir)
		if err != nil {
			return err
		}
		if err := checkBase(d, *base, dir); err != nil {
			return err
		}
		if !anyMeasured(d) {
			return fmt.Errorf("%w: %s has no complete trial: continue it with bench run -resume", errInsufficient, dir)
		}
		r, err := report.New(d, report.Options{Base: *base})
		if err != nil {
			return err
		}
		if err := r.Write(a.stdout, format.chosen()); err != nil {
			return err
		}
	}
	return nil
}

// checkBase refuses a base that the run did not measure.
func checkBase(d *record.Data, base, dir string) error {
	if base != "" && !slices.Contains(d.Run.Targets, base) {
		return usagef("base %q is not a target of %s: choose one of %s", base, dir, strings.Join(d.Run.Targets, ", "))
	}
	return nil
}

func anyMeasured(d *record.Data) bool {
	return slices.ContainsFunc(d.Trials, func(t record.Trial) bool { return t.Status == record.Complete && !t.WarmUp })
}
