package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"unibench/harness/noise"
	"unibench/harness/plot"
	"unibench/harness/record"
	"unibench/harness/trend"
)

// trendFlags are the flags of bench trend.
type trendFlags struct {
	class, suite, metric, since, min, plot string
	format                                 formatFlags
	seed                                   uint64
	all                                    bool
}

func (f *trendFlags) flagSet() *flag.FlagSet {
	fs := flag.NewFlagSet("trend", flag.ContinueOnError)
	fs.StringVar(&f.suite, "suite", "", "only this suite")
	fs.StringVar(&f.class, "class", "", "only this host `class`")
	fs.StringVar(&f.metric, "metric", "", "only series whose 'BENCHMARK TARGET UNIT' (or TARGET/BASE of a ratio) matches this regular `expression`; shows each of their runs")
	fs.StringVar(&f.since, "since", "", "leave out runs before the first of this `commit`")
	fs.StringVar(&f.min, "min", fmt.Sprintf("%g%%", 100*trend.DefaultMin), "least `change` that counts")
	f.format.register(fs)
	fs.StringVar(&f.plot, "plot", "", "draw the series that are shown, as SVG and PNG in this `folder`")
	fs.Uint64Var(&f.seed, "seed", 1, "seed of the permutation tests")
	fs.BoolVar(&f.all, "all", false, "show exploratory series without a change, too")
	return fs
}

// trend shows stored runs as a history.
func (a *app) trend(_ context.Context, args []string) error {
	var f trendFlags
	fs := f.flagSet()
	dirs, err := a.parseMixed(fs, args)
	if err != nil {
		return helpIsFine(err)
	}
	o := trend.Options{Suite: f.suite, Class: f.class, Since: f.since, Seed: f.seed, Now: time.Now()}
	if o.Min, err = share("min", f.min); err != nil {
		return err
	}
	if f.metric != "" {
		if o.Metric, err = regexp.Compile(f.metric); err != nil {
			return usagef("-metric: %v", err)
		}
	}
	if err := f.format.check(fs); err != nil {
		return err
	}
	if len(dirs) == 0 {
		dirs = []string{"results"}
	}
	runs, err := loadAll(dirs)
	if err != nil {
		return err
	}
	floors, err := floorsOf(runs)
	if err != nil {
		return err
	}
	o.Floor = func(class string) *noise.File { return floors[class] }
	h, err := trend.New(runs, o)
	if errors.Is(err, trend.ErrSince) {
		return usagef("-since: %v", err)
	}
	if err != nil {
		return err
	}
	if err := h.Write(a.stdout, f.format.chosen(), f.all); err != nil {
		return err
	}
	if f.plot != "" {
		return a.plotTrend(f.plot, h.Shown(f.all))
	}
	return nil
}

// loadAll reads the runs at or below dirs, each once, and verifies them. A run that
// was interrupted counts with what it has.
func loadAll(dirs []string) ([]*record.Data, error) {
	var out []*record.Data
	seen := make(map[string]bool)
	for _, dir := range dirs {
		found, err := record.Find(dir)
		if err != nil {
			return nil, err
		}
		for _, path := range found {
			if abs, err := filepath.Abs(path); err == nil {
				path = abs
			}
			if seen[path] {
				continue
			}
			seen[path] = true
			d, _, err := record.Read(path)
			if err != nil {
				return nil, err
			}
			out = append(out, d)
		}
	}
	return out, nil
}

// floorsOf reads the noise floor of each host class, which is beside its runs.
func floorsOf(runs []*record.Data) (map[string]*noise.File, error) {
	out := make(map[string]*noise.File)
	for _, d := range runs {
		class := d.Run.HostClass
		if out[class] != nil {
			continue
		}
		path := noise.Path(filepath.Join(d.Dir, "..", "..", ".."), class)
		file, err := noise.Read(path)
		if err != nil {
			return nil, err
		}
		if file != nil {
			if out[class], err = sameClass(file, path, class, nil); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// plotTrend draws series with two runs or more into a folder.
func (a *app) plotTrend(dir string, series []*trend.Series) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make folder for figures: %w", err)
	}
	drawn := 0
	for _, s := range series {
		if len(s.Points) < 2 {
			continue
		}
		f, err := plot.Trend(s)
		if err != nil {
			return err
		}
		for _, format := range plot.Formats() {
			var b bytes.Buffer
			if err := f.Write(&b, format); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, f.Name+"."+string(format)), b.Bytes(), 0o644); err != nil {
				return fmt.Errorf("write figure: %w", err)
			}
		}
		drawn++
	}
	fmt.Fprintf(a.stderr, "bench: %d figures in %s, %d series have one run only\n", drawn, shown(dir), len(series)-drawn)
	return nil
}
