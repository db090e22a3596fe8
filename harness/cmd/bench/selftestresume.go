package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"unibench/harness/host"
	"unibench/harness/record"
	"unibench/harness/selftest"
	"unibench/harness/suite"
)

// sessionKey tells the runs of a self-test apart.
type sessionKey struct {
	suite string
	seed  uint64
}

// earlier is a run of a self-test that was interrupted later, or during it.
type earlier struct {
	data   *record.Data
	sealed bool
}

// isSet reports whether a flag was given.
func (f *selftestFlags) isSet(fs *flag.FlagSet, name string) bool {
	set := false
	fs.Visit(func(g *flag.Flag) { set = set || g.Name == name })
	return set
}

// checkResume refuses flags that the self-test that is continued has decided.
func (f *selftestFlags) checkResume(fs *flag.FlagSet) error {
	if fs.NArg() > 0 {
		return usagef("selftest takes no arguments, got %q", fs.Arg(0))
	}
	if f.resume == "" {
		return usagef("-resume needs the folder of a self-test, such as results/selftest/TIME-COMMIT")
	}
	f.set = make(map[string]bool)
	var bad error
	fs.Visit(func(g *flag.Flag) {
		f.set[g.Name] = true
		if bad == nil && !slices.Contains([]string{"resume", "x", "allow", "force", "wait", "write", "format", "json", "all", "dry-run"}, g.Name) {
			bad = usagef("-%s does not go with -resume, which continues a self-test as it was begun", g.Name)
		}
	})
	return bad
}

// begin makes the folder of a new self-test and writes down what it is.
func (f *selftestFlags) begin(configs []suite.Config, origin suite.Origin) (dir string, err error) {
	p := &selftest.Plan{Schema: selftest.PlanSchema, Start: origin.Start.UTC(), Argv: origin.Argv, Reps: f.reps, Share: f.share}
	if p.Min, err = share("min", f.min); err != nil {
		return "", err
	}
	for _, c := range configs {
		j, err := json.Marshal(c)
		if err != nil {
			return "", fmt.Errorf("describe self-test: %w", err)
		}
		p.Configs = append(p.Configs, j)
	}
	data, err := p.Format()
	if err != nil {
		return "", err
	}
	// Named as runs are, without what these have of suite and host.
	name := record.Run{Start: origin.Start, Commit: origin.Commit.ID, Dirty: origin.Commit.Dirty}
	dir = filepath.Join(f.out, selftestDir, filepath.Base(name.Dir()))
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", &record.WriteError{Path: dir, Err: err}
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", &record.WriteError{Path: dir, Err: err}
	}
	return dir, writeWhole(filepath.Join(dir, selftest.PlanFile), data)
}

// read takes from the folder of a self-test what was asked for and the runs that it has.
func (f *selftestFlags) read() (*selftest.Plan, []suite.Config, error) {
	path := filepath.Join(f.resume, selftest.PlanFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, &record.DataError{Path: path, Reason: "there is no self-test in this folder", Next: "name one below results/selftest; a run is continued with bench run -resume"}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the plan of a self-test: %w", err)
	}
	plan, err := selftest.ParsePlan(data)
	if err != nil {
		return nil, nil, &record.DataError{Path: path, Reason: "cannot be used", Err: err, Next: "restore it, or start a new self-test"}
	}
	allowed, err := host.AllowedCPUs()
	if err != nil {
		return nil, nil, err
	}
	var configs []suite.Config
	for _, j := range plan.Configs {
		var c suite.Config
		err := json.Unmarshal(j, &c)
		if err == nil {
			_, err = c.Resolve()
		}
		if err != nil {
			return nil, nil, &record.DataError{Path: path, Reason: "a configuration is not of this bench", Err: errors.New(message(err))}
		}
		if err := c.Placement.Check(allowed); err != nil {
			return nil, nil, fmt.Errorf("%w: %w", host.ErrUnfit, err)
		}
		configs = append(configs, c)
	}
	f.reps, f.share = plan.Reps, plan.Share
	f.min = strconv.FormatFloat(100*plan.Min, 'g', -1, 64) + "%"
	f.inject = fmt.Sprintf("%.3g%%", 100*plan.Share)
	f.out = filepath.Join(f.resume, "..", "..")
	runs, err := record.Find(f.resume)
	if err != nil {
		return nil, nil, err
	}
	f.had = make(map[sessionKey]*earlier)
	for _, dir := range runs {
		d, sealed, err := record.Read(dir)
		if err != nil {
			return nil, nil, err
		}
		f.had[sessionKey{d.Run.Suite, d.Run.Seed}] = &earlier{data: d, sealed: sealed}
	}
	return plan, configs, nil
}
