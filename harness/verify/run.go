package verify

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"unibench/harness/record"
	"unibench/harness/report"
)

// Reporter computes the report of a run with its own base.
type Reporter func(*record.Data) (*report.Report, error)

// Result is what was looked at.
type Result struct {
	Dir    string       `json:"dir"` // as it was found
	Data   *record.Data `json:"-"`   // nil for a folder that is not a run
	Trials int          `json:"trials"`
	Failed int          `json:"failed"` // trials that are not complete: part of the record
	Files  int          `json:"files"`  // with a digest
	Tables int          `json:"tables"` // computed again
}

// Run verifies the folder of a run.
func Run(dir string, of Reporter) (Result, error) {
	res := Result{Dir: dir}
	d, sealed, err := record.Read(dir)
	if err != nil {
		return res, err
	}
	if sealed {
		if res.Files, err = allListed(dir); err != nil {
			return res, err
		}
	}
	res.Data, res.Trials = d, len(d.Trials)
	for i := range d.Trials {
		if d.Trials[i].Status != record.Complete {
			res.Failed++
		}
	}
	if len(d.Warnings) > 0 {
		return res, &record.DataError{Path: dir, Reason: strings.Join(d.Warnings, "; ")}
	}
	if left := len(d.Pending()); left > 0 {
		return res, &record.DataError{Path: filepath.Join(dir, record.TrialsFile),
			Reason: fmt.Sprintf("incomplete: %d of %d planned trials have not ended; continue with bench run -resume %s", left, len(d.Schedule), dir)}
	}
	if res.Files == 0 {
		return res, &record.DataError{Path: filepath.Join(dir, record.SumsFile), Reason: "is missing, so that a change could not be seen"}
	}
	res.Tables, err = tables(d, of)
	return res, err
}

// Sums verifies a folder that is not a run by its SHA256SUMS. What else is in it, such as
// what a tool keeps to go on with, is not looked at.
func Sums(dir string) (Result, error) {
	sealed, err := record.VerifySums(dir)
	if err != nil || !sealed {
		return Result{Dir: dir}, err
	}
	names, err := listed(dir)
	return Result{Dir: dir, Files: len(names)}, err
}

// allListed returns the number of files in the list of the folder, which must have all
// that are there.
func allListed(dir string) (int, error) {
	names, err := listed(dir)
	if err != nil {
		return 0, err
	}
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return &record.DataError{Path: path, Reason: "cannot be read", Err: err}
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if e.IsDir() || rel == record.SumsFile || strings.HasPrefix(e.Name(), ".") || names[rel] {
			return nil
		}
		return &record.DataError{Path: path, Reason: "not listed in " + record.SumsFile + ": it came after the run, or its line was taken out"}
	})
	return len(names), err
}

// listed returns the files of SHA256SUMS, which must list something.
func listed(dir string) (map[string]bool, error) {
	path := filepath.Join(dir, record.SumsFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &record.DataError{Path: path, Reason: "cannot be read", Err: err}
	}
	out := make(map[string]bool)
	for line := range strings.Lines(string(data)) {
		_, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		out[filepath.Clean(filepath.FromSlash(name))] = true
	}
	if len(out) == 0 {
		return nil, &record.DataError{Path: path, Reason: "lists nothing"}
	}
	return out, nil
}

// Tree verifies every run at or below root and every other folder with a SHA256SUMS.
// It goes on after an error; what is wrong is joined in the order of the paths.
func Tree(root string, of Reporter) ([]Result, error) {
	runs, err := record.Find(root)
	if err != nil {
		return nil, err
	}
	var out []Result
	var errs []error
	add := func(r Result, err error) {
		if err != nil {
			errs = append(errs, err)
			return
		}
		out = append(out, r)
	}
	for _, dir := range runs {
		add(Run(dir, of))
	}
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && slices.Contains(runs, path):
			return fs.SkipDir
		case !e.IsDir() && e.Name() == record.SumsFile:
			add(Sums(filepath.Dir(path)))
		}
		return nil
	})
	if err != nil {
		errs = append(errs, &record.DataError{Path: root, Reason: "cannot be searched", Err: err})
	}
	return out, errors.Join(errs...)
}
