package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"unibench/harness/export"
	"unibench/harness/hist"
	"unibench/harness/record"
	"unibench/harness/suite"
	"unibench/harness/trial"
)

// exportFlags are the flags of bench export.
type exportFlags struct {
	series, hdr   bool
	baseline, out string
}

func (f *exportFlags) flagSet() *flag.FlagSet {
	fs := flag.NewFlagSet("export", flag.ContinueOnError)
	fs.BoolVar(&f.series, "series", false, "with the keys of benchseries, for any number of runs: each target beside the base of its run")
	fs.StringVar(&f.baseline, "baseline", "", "with -series: each run beside the one in this `folder`")
	fs.BoolVar(&f.hdr, "hdr", false, "the latencies of each benchmark and target as one HDR histogram log, an interval per trial")
	fs.StringVar(&f.out, "out", "hdr", "with -hdr: `folder` for the logs")
	return fs
}

// export writes stored runs for other tools.
func (a *app) export(ctx context.Context, args []string) error {
	var f exportFlags
	fs := f.flagSet()
	dirs, err := a.parseMixed(fs, args)
	if err != nil {
		return helpIsFine(err)
	}
	given := make(map[string]bool)
	fs.Visit(func(g *flag.Flag) { given[g.Name] = true })
	switch {
	case len(dirs) == 0:
		return usagef("export needs the folder of a run, such as results/boot/CLASS/TIME-COMMIT")
	case len(dirs) > 1 && !f.series:
		return usagef("export takes several runs only with -series: one .bench file holds one run")
	case f.series && f.hdr:
		return usagef("-series and -hdr are two exports: ask for one at a time")
	case given["baseline"] && !f.series:
		return usagef("-baseline goes with -series")
	case given["out"] && !f.hdr:
		return usagef("-out goes with -hdr: the other exports are written to standard output")
	}
	runs, err := a.loadEach(dirs)
	if err != nil {
		return err
	}
	var data []byte
	switch {
	case f.hdr:
		return a.exportLogs(runs[0], f.out)
	case f.series:
		data, err = a.series(ctx, runs, f.baseline)
	default:
		data, err = export.Bench(runs[0])
	}
	if err != nil {
		return err
	}
	if _, err := a.stdout.Write(data); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return nil
}

// loadEach reads runs, verifies them, and wants something measured in each.
func (a *app) loadEach(dirs []string) ([]*record.Data, error) {
	var out []*record.Data
	for _, dir := range dirs {
		d, _, err := record.Read(dir)
		if err != nil {
			return nil, err
		}
		if !anyMeasured(d) {
			return nil, fmt.Errorf("%w: %s has no complete trial", errInsufficient, shown(dir))
		}
		out = append(out, d)
	}
	return out, nil
}

func (a *app) series(ctx context.Context, runs []*record.Data, baseline string) ([]byte, error) {
	o := export.Options{CommitTime: a.commitTimes(ctx, runs)}
	if baseline != "" {
		base, err := a.loadEach([]string{baseline})
		if err != nil {
			return nil, err
		}
		o.Baseline = base[0]
	}
	data, err := export.Series(runs, o)
	if err == nil && len(data) == 0 {
		err = fmt.Errorf("%w: there is no pair of baseline and experiment in these runs", errInsufficient)
	}
	return data, err
}

// commitTimes asks git when the commits of runs were made. For one that this
// repository does not have, the start of its oldest run stands in, with a warning.
func (a *app) commitTimes(ctx context.Context, runs []*record.Data) func(string) time.Time {
	times := make(map[string]time.Time)
	runner := &trial.Runner{Env: a.env}
	for _, d := range runs {
		commit, start := d.Run.Commit, d.Run.Start
		old, known := times[commit]
		if known && !start.Before(old) {
			continue
		}
		if commit != "" {
			out, err := runner.Run(ctx, trial.Command{Args: []string{"git", "show", "-s", "--format=%cI", commit + "^{commit}"}})
			if at, bad := time.Parse(time.RFC3339, strings.TrimSpace(string(out))); err == nil && bad == nil {
				times[commit] = at
				continue
			}
		}
		if !known {
			fmt.Fprintf(a.stderr, "bench: %s is not a commit of this repository: the start of its run stands for its time\n", record.ShortCommit(commit, false))
		}
		times[commit] = start
	}
	return func(commit string) time.Time { return times[commit] }
}

// exportLogs writes a log per benchmark and target and names the files.
func (a *app) exportLogs(d *record.Data, out string) error {
	written := 0
	for _, b := range d.Run.Benchmarks {
		for _, target := range d.Run.Targets {
			var logs [][]hist.Interval
			for _, t := range d.Measured(b.Name, target) {
				log, err := readLog(filepath.Join(d.Dir, filepath.FromSlash(suite.HistFile(t.Slot))))
				if err != nil {
					return err
				}
				logs = append(logs, log)
			}
			joined := hist.Join(logs...)
			if len(joined) == 0 {
				continue
			}
			if err := os.MkdirAll(out, 0o755); err != nil {
				return fmt.Errorf("make folder for logs: %w", err)
			}
			name := filepath.Join(out, strings.ToLower(b.Name)+"-"+target+".hlog")
			if err := os.WriteFile(name, hist.Format(joined), 0o644); err != nil {
				return fmt.Errorf("write log: %w", err)
			}
			fmt.Fprintln(a.stdout, shown(name))
			written++
		}
	}
	if written == 0 {
		return fmt.Errorf("%w: the run has no histograms: suite %s keeps none", errInsufficient, d.Run.Suite)
	}
	return nil
}

// readLog reads the histograms of one trial; a trial without a log has none.
func readLog(name string) ([]hist.Interval, error) {
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read histogram: %w", err)
	}
	intervals, err := hist.Parse(data)
	if err != nil {
		return nil, &record.DataError{Path: name, Reason: "not a histogram log", Err: err}
	}
	return intervals, nil
}
