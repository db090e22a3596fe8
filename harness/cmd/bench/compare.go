package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"unibench/harness/compare"
	"unibench/harness/noise"
	"unibench/harness/record"
	"unibench/harness/stats"
)

var (
	// errRegressed means that a primary metric is worse.
	errRegressed = errors.New("regression")
	// errNoisy means that the data cannot answer for the threshold.
	errNoisy = errors.New("too noisy")
)

// compareFlags are the flags of bench compare.
type compareFlags struct {
	alpha, min, correct, primary, allow, noise string
	format                                     formatFlags
	all                                        bool
}

func (f *compareFlags) flagSet() *flag.FlagSet {
	fs := flag.NewFlagSet("compare", flag.ContinueOnError)
	fs.StringVar(&f.alpha, "alpha", strconv.FormatFloat(stats.Alpha, 'g', -1, 64), "`level` below which p is a difference")
	fs.StringVar(&f.min, "min", fmt.Sprintf("%g%%", 100*compare.DefaultMin), "least `change` that counts; a change also needs "+
		strconv.Itoa(noise.Factor)+" noise floors of the host class, where one is stored")
	fs.StringVar(&f.correct, "correct", compare.Holm, "correction of p over the primary metrics: "+compare.Holm+" or "+compare.None)
	fs.StringVar(&f.primary, "primary", "", "what decides, as a regular `expression` for 'BENCHMARK TARGET UNIT' (default: the primary units of the suite)")
	f.format.register(fs)
	fs.StringVar(&f.allow, "allow", "", "comma-separated `rules` by which the runs may differ: "+strings.Join(compare.Rules(), ", "))
	fs.StringVar(&f.noise, "noise", "", "`file` with the noise floor (default: noise/CLASS.json beside the runs' suites)")
	fs.BoolVar(&f.all, "all", false, "show exploratory rows without a difference, too")
	return fs
}

// options checks the flags.
func (f *compareFlags) options(fs *flag.FlagSet) (o compare.Options, err error) {
	o = compare.Options{Correct: f.correct, Now: time.Now()}
	fs.Visit(func(g *flag.Flag) { o.Asked = o.Asked || g.Name == "min" })
	if o.Alpha, err = strconv.ParseFloat(f.alpha, 64); err != nil || !(o.Alpha > 0 && o.Alpha < 1) {
		return o, usagef("-alpha %s: want a level between 0 and 1, such as .05", f.alpha)
	}
	if o.Min, err = share("min", f.min); err != nil {
		return o, err
	}
	if f.correct != compare.Holm && f.correct != compare.None {
		return o, usagef("-correct %s: choose %s or %s", f.correct, compare.Holm, compare.None)
	}
	if f.primary != "" {
		if o.Primary, err = regexp.Compile(f.primary); err != nil {
			return o, usagef("-primary: %v", err)
		}
	}
	if f.allow != "" {
		o.Allow = strings.Split(f.allow, ",")
	}
	for _, rule := range o.Allow {
		if !slices.Contains(compare.Rules(), rule) {
			return o, usagef("-allow: unknown rule %q: choose from %s", rule, strings.Join(compare.Rules(), ", "))
		}
	}
	return o, f.format.check(fs)
}

// share reads a flag such as 3%. The sign is wanted, because 3 and 0.03 could both
// be meant by a number alone.
func share(name, text string) (float64, error) {
	percent, ok := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(percent, 64)
	if err != nil || !ok || !(v > 0 && v < 1000) {
		return 0, usagef("-%s %s: want a share above 0 with its sign, such as 3%%", name, text)
	}
	return v / 100, nil
}

// compare is the gate: is the new run worse than the old one?
func (a *app) compare(_ context.Context, args []string) error {
	var f compareFlags
	fs := f.flagSet()
	dirs, err := a.parseMixed(fs, args)
	if err != nil {
		return helpIsFine(err)
	}
	if len(dirs) != 1 && len(dirs) != 2 {
		return usagef("compare needs two folders, OLD and NEW, or one of a run with -baseline, got %d", len(dirs))
	}
	o, err := f.options(fs)
	if err != nil {
		return err
	}
	var runs []*record.Data
	for _, dir := range dirs {
		d, err := loadWhole(dir, o.Allow)
		if err != nil {
			return err
		}
		runs = append(runs, d)
	}
	if o.Floor, err = f.floor(dirs, runs[len(runs)-1].Run.HostClass); err != nil {
		return err
	}
	var r *compare.Result
	if len(runs) == 1 {
		r, err = compare.Arms(runs[0], o)
	} else {
		r, err = compare.New(runs[0], runs[1], o)
	}
	if errors.Is(err, compare.ErrNoPrimary) && f.primary != "" {
		return usagef("-primary %q matches no row, such as %q", f.primary, "Hello process boot-first-ns")
	}
	if err != nil {
		return err
	}
	if err := r.Write(a.stdout, f.format.chosen(), f.all); err != nil {
		return err
	}
	return outcome(r)
}

// loadWhole reads a run and verifies the digests of its files.
func loadWhole(dir string, allow []string) (*record.Data, error) {
	d, sealed, err := record.Read(dir)
	if err != nil {
		return nil, err
	}
	if !sealed && !slices.Contains(allow, compare.RuleIncomplete) {
		return nil, &compare.Mismatch{Rule: compare.RuleIncomplete, Detail: shown(dir) + " has no " + record.SumsFile + ", so that run was not finished: continue it with bench run -resume"}
	}
	return d, nil
}

// floor reads the noise floor of the host class: the file that was named, else the
// one beside the new run, else the one beside the old.
func (f *compareFlags) floor(dirs []string, class string) (*noise.File, error) {
	if f.noise != "" {
		file, err := noise.Read(f.noise)
		if err == nil && file == nil {
			return nil, usagef("-noise: there is no file %s", f.noise)
		}
		return sameClass(file, f.noise, class, err)
	}
	for _, dir := range slices.Backward(dirs) {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return nil, fmt.Errorf("find the results: %w", err)
		}
		path := noise.Path(filepath.Join(abs, "..", "..", ".."), class)
		if file, err := noise.Read(path); file != nil || err != nil {
			return sameClass(file, path, class, err)
		}
	}
	return nil, nil
}

func sameClass(file *noise.File, path, class string, err error) (*noise.File, error) {
	if err == nil && file.HostClass != class {
		return nil, fmt.Errorf("%w: %s is of host class %s, the runs are of %s", noise.ErrInvalid, path, file.HostClass, class)
	}
	return file, err
}

// outcome turns what the primary metrics came to into an error.
func outcome(r *compare.Result) error {
	list := func(v compare.Verdict) string { return strings.Join(r.Primaries(v), ", ") }
	switch r.Outcome() {
	case compare.Worse:
		return fmt.Errorf("%w of %s", errRegressed, list(compare.Regression))
	case compare.Insufficient:
		return fmt.Errorf("%w: too few trials for a test of %s: run with more (-count)", errInsufficient, list(compare.Few))
	case compare.TooNoisy:
		if names := r.NoisyFloor(); len(names) > 0 {
			return fmt.Errorf("%w: the noise floor of the host class is too high for the threshold that was asked for: %s", errNoisy, strings.Join(names, ", "))
		}
		return fmt.Errorf("%w for a change of the size that was asked for: %s", errNoisy, list(compare.Noisy))
	}
	return nil
}
