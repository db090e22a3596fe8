package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"unibench/harness/noise"
	"unibench/harness/record"
	"unibench/harness/selftest"
	"unibench/harness/suite"
)

// doubtFloor says where the noise floor that is stored asks for more trials than there
// will be: those of a floor would be replaced by a noisier one. Of a planted slowdown it
// says, too, what is known about the noise that it has to be seen through.
func (a *app) doubtFloor(f *selftestFlags, class string, configs []suite.Config) error {
	path := f.floorFile(class)
	file, err := noise.Read(path)
	if err != nil {
		return err
	}
	for _, c := range configs {
		name := c.Suite
		missing, trials := file.Missing(class, name, time.Now()), file.Trials(name)
		switch {
		case missing != "" && f.share > 0:
			fmt.Fprintf(a.stderr, "bench: warning: %s, to know whether %s is more than noise\n", missing, f.inject)
		case missing != "" || c.Count >= trials:
		case f.share > 0:
			fmt.Fprintf(a.stderr, "bench: warning: the noise floor of suite %s was measured with %d trials on each side, and of %d medians lie further apart by chance: add -trials %d\n", name, trials, c.Count, trials)
		default:
			fmt.Fprintf(a.stderr, "bench: warning: the noise floor of suite %s in %s was measured with %d trials on each side, and would be replaced by one of %d: add -trials %d, or -write another file\n", name, shown(path), trials, c.Count, trials)
		}
	}
	return nil
}

// floorFile is where the noise floor of a host class is kept.
func (f *selftestFlags) floorFile(class string) string {
	if f.write != "" {
		return f.write
	}
	return noise.Path(f.out, class)
}

// concludeSelftest writes the noise floor, or says what the gate missed.
func (a *app) concludeSelftest(f *selftestFlags, s *selftest.Summary, root string) error {
	failed := s.Passed()
	if s.Planted != nil {
		if failed != nil {
			return failed
		}
		return fmt.Errorf("%w, as planted, of %s", errRegressed, strings.Join(s.Named(), ", "))
	}
	file := f.write
	if file == "" {
		file = noise.Path(root, s.HostClass)
	}
	had, err := noise.Read(file)
	if err != nil {
		return err
	}
	floor, err := s.Noise(had, time.Now())
	switch {
	case errors.Is(err, selftest.ErrFew):
		fmt.Fprintf(a.stderr, "bench: no noise floor is written: %v\n", err)
	case err != nil:
		return err
	default:
		if err := writeFloor(file, floor); err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "bench: noise floor in %s, good until %s\n", shown(file), floor.Expires.Format(time.DateOnly))
	}
	if failed != nil {
		return fmt.Errorf("%w: %w", errNoisy, failed)
	}
	return nil
}

// writeFloor replaces the file, whole or not at all.
func writeFloor(file string, f *noise.File) error {
	b, err := f.Format()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return &record.WriteError{Path: file, Err: err}
	}
	return writeWhole(file, b)
}

// writeWhole replaces a file, whole or not at all.
func writeWhole(file string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".new-")
	if err != nil {
		return &record.WriteError{Path: file, Err: err}
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		os.Remove(tmp.Name())
		return &record.WriteError{Path: file, Err: err}
	}
	return nil
}
