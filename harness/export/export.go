// Package export writes stored runs for other tools, in the Go benchmark format
// (harness contract, section 5):
//
//   - Bench: a run as its .bench file has it, for benchstat and its kin;
//   - Series: runs as benchseries reads them, which draws the ratio of an experiment to
//     a baseline over commits.
//
// An experiment needs a baseline with the same names of benchmarks. With Baseline set,
// that is another run, the same for all: its commit is the baseline-commit. Without,
// it is the base target of the same run, and the other targets are experiments; what
// both measured is called Hello/target=unikernel/base=process, because the ratio is
// of the two. Only units that both sides have are written, and none whose baseline is
// always 0: there is no ratio to it.
//
//	toolchain: baseline | experiment
//	experiment-commit, experiment-commit-time, baseline-commit
//	runstamp: start of the experiment
//
// The package reads no files and prints nothing.
package export

import (
	"bytes"
	"fmt"
	"time"

	"golang.org/x/perf/benchfmt"

	"unibench/harness/compare"
	"unibench/harness/record"
)

// Options of Series.
type Options struct {
	Baseline *record.Data // nil: the base target of each run
	// CommitTime returns when a commit was made.
	CommitTime func(commit string) time.Time
}

// Bench returns a run in the Go benchmark format.
func Bench(d *record.Data) ([]byte, error) {
	b, err := d.Bench()
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return b, nil
}

// Series returns runs for benchseries. Errors: a *compare.Mismatch if a run cannot be
// compared with the baseline.
func Series(runs []*record.Data, o Options) ([]byte, error) {
	var buf bytes.Buffer
	w := benchfmt.NewWriter(&buf)
	for _, d := range runs {
		var err error
		if o.Baseline != nil {
			if err = compare.Check(o.Baseline, d); err == nil {
				err = againstRun(w, d, o)
			}
		} else {
			err = againstTarget(w, d, o)
		}
		if err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
	}
	return buf.Bytes(), nil
}

// side is what one of the two was.
type side struct {
	d                 *record.Data
	benchmark, target string
}

// againstRun writes every benchmark and target that both runs have.
func againstRun(w *benchfmt.Writer, d *record.Data, o Options) error {
	for _, b := range d.Run.Benchmarks {
		for _, target := range d.Run.Targets {
			old, ok := o.Baseline.Run.Benchmark(b.Name)
			if name := b.Line(target); ok && old.Line(target) == name {
				if err := pair(w, name, side{o.Baseline, b.Name, target}, side{d, b.Name, target}, o); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// againstTarget writes every target beside the base.
func againstTarget(w *benchfmt.Writer, d *record.Data, o Options) error {
	for _, b := range d.Run.Benchmarks {
		for _, target := range d.Run.Targets {
			if target == d.Run.Base {
				continue
			}
			name := b.Line(target, record.Param{Key: "base", Value: d.Run.Base})
			if err := pair(w, name, side{d, b.Name, d.Run.Base}, side{d, b.Name, target}, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// pair writes the trials of both sides under one name.
func pair(w *benchfmt.Writer, name string, base, experiment side, o Options) error {
	units := shared(base, experiment)
	if len(units) == 0 {
		return nil
	}
	run := &experiment.d.Run
	keys := append(run.FileKeys(),
		[2]string{"experiment-commit", commit(run)},
		[2]string{"experiment-commit-time", o.CommitTime(run.Commit).UTC().Format(time.RFC3339)},
		[2]string{"baseline-commit", commit(&base.d.Run)},
		[2]string{"runstamp", run.Start.UTC().Format(time.RFC3339Nano)},
	)
	for _, s := range []struct {
		role string
		side
	}{{"baseline", base}, {"experiment", experiment}} {
		config := []benchfmt.Config{{Key: "toolchain", Value: []byte(s.role), File: true}}
		for _, kv := range keys {
			config = append(config, benchfmt.Config{Key: kv[0], Value: []byte(kv[1]), File: true})
		}
		for _, t := range s.d.Measured(s.benchmark, s.target) {
			r := benchfmt.Result{Config: config, Name: benchfmt.Name(name), Iters: t.Iters}
			for _, u := range units {
				if v, ok := t.Values[u]; ok {
					r.Values = append(r.Values, benchfmt.Value{Value: v, Unit: u})
				}
			}
			if len(r.Values) == 0 {
				continue
			}
			if err := w.Write(&r); err != nil {
				return err
			}
		}
	}
	return nil
}

// shared lists the units that both sides have, where the baseline is not always 0.
func shared(base, experiment side) []string {
	has := func(s side, unit string, wanted func(float64) bool) bool {
		for _, t := range s.d.Measured(s.benchmark, s.target) {
			if v, ok := t.Values[unit]; ok && wanted(v) {
				return true
			}
		}
		return false
	}
	var out []string
	for _, u := range experiment.d.Run.Units {
		if has(base, u.Name, func(v float64) bool { return v != 0 }) && has(experiment, u.Name, func(float64) bool { return true }) {
			out = append(out, u.Name)
		}
	}
	return out
}

// commit names the source of a run; "none" outside a repository.
func commit(r *record.Run) string {
	switch {
	case r.Commit == "":
		return "none"
	case r.Dirty:
		return r.Commit + "-dirty"
	}
	return r.Commit
}
