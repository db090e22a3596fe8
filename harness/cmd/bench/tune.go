package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"unibench/harness/host"
	"unibench/harness/host/tune"
)

// errRoot means that only root may do it.
var errRoot = errors.New("only root may change the settings of a host")

// tuning is what bench doctor -tune -json prints.
type tuning struct {
	State   string        `json:"state,omitempty"`   // file with what the settings were; none of a plan
	Restore []string      `json:"restore,omitempty"` // command that puts them back
	Changes []tune.Change `json:"changes"`
}

// tune changes settings of the host, or puts them back. What the host does not have or
// does not take is no error; what cannot be put back is.
func (a *app) tune(f *doctorFlags) error {
	m := &tune.Machine{Root: a.root}
	if f.dryRun {
		return a.printTuning(f, tuning{Changes: m.Plan()})
	}
	state, err := a.stateFile(f.state)
	if err != nil {
		return err
	}
	needed := slices.ContainsFunc(m.Plan(), func(c tune.Change) bool { return c.Outcome == tune.Planned })
	if f.restore {
		needed = exists(state)
	}
	if needed && !a.superuser {
		return fmt.Errorf("%w: run bench doctor -tune as root, for example with sudo (-dry-run says what it would do)", errRoot)
	}
	// A run that is under way would see the host change.
	lock, err := host.Acquire(filepath.Join(a.temp, lockName))
	if err != nil {
		return err
	}
	defer lock.Release()
	t := tuning{State: state}
	if f.restore {
		t.Changes, err = m.Restore(state)
	} else {
		t.Changes, err = m.Apply(state)
	}
	if exists(state) {
		t.Restore = []string{"bench", "doctor", "-tune", "-restore"}
		if f.state != "" {
			t.Restore = append(t.Restore, "-state", state)
		}
	}
	if err := errors.Join(err, a.printTuning(f, t)); err != nil {
		return err
	}
	if f.restore && exists(state) {
		return fmt.Errorf("not everything could be put back: see above, and %s", state)
	}
	return nil
}

// stateFile is where the settings are kept, an absolute path.
func (a *app) stateFile(named string) (string, error) {
	if named == "" {
		folder := a.getenv("XDG_STATE_HOME")
		if home := a.getenv("HOME"); !filepath.IsAbs(folder) && home != "" {
			folder = filepath.Join(home, ".local", "state")
		}
		if folder == "" {
			return "", usagef("there is no folder for what the settings are now: set HOME, or name a file with -state")
		}
		named = tune.DefaultState(folder)
	}
	path, err := filepath.Abs(named)
	if err != nil {
		return "", fmt.Errorf("find the state file: %w", err)
	}
	return path, nil
}

func (a *app) printTuning(f *doctorFlags, t tuning) error {
	if f.json {
		return writeJSON(a.stdout, t)
	}
	for _, c := range t.Changes {
		where := c.Path
		if where == "" {
			where = "not on this host"
		}
		fmt.Fprintf(a.stdout, "%-8s  %-8s  %s", c.Outcome, c.Setting, where)
		switch c.Outcome {
		case tune.Planned, tune.Changed, tune.Restored:
			fmt.Fprintf(a.stdout, ": %s -> %s", c.Was, c.Now)
		case tune.Already, tune.Left:
			fmt.Fprintf(a.stdout, ": %s", c.Now)
		case tune.Refused:
			fmt.Fprintf(a.stdout, ": %s", c.Reason)
		}
		if c.Outcome == tune.Left {
			fmt.Fprint(a.stdout, ", which somebody else has set since")
		}
		fmt.Fprintln(a.stdout)
	}
	switch {
	case len(t.Restore) > 0: // also after an error
		fmt.Fprintf(a.stdout, "to put everything back, as root: %s\n", strings.Join(t.Restore, " "))
	case f.restore && len(t.Changes) == 0:
		fmt.Fprintln(a.stdout, "nothing is tuned: nothing to put back")
	case f.restore:
		fmt.Fprintln(a.stdout, "everything is as it was")
	case !f.dryRun:
		fmt.Fprintln(a.stdout, "nothing was changed: nothing to put back")
	}
	return nil
}
