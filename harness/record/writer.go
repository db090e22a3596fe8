package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Writer adds trials to one results folder. It is not safe for concurrent use.
type Writer struct {
	dir      string
	lock     *os.File
	trialLog *appendLog
	benchLog *appendLog
	run      Run
	host     Host
	schedule []Slot
	trials   []Trial
	warnings []string
	session  int
	sealed   bool  // SHA256SUMS describes the present content
	broken   error // the first failed append; nothing is written after it
}

// open opens the two growing files of the folder.
func (w *Writer) open() error {
	var err error
	if w.trialLog, err = openLog(filepath.Join(w.dir, TrialsFile)); err != nil {
		return &WriteError{Path: w.dir, Err: err}
	}
	if w.benchLog, err = openLog(filepath.Join(w.dir, benchFile(w.run.Suite))); err != nil {
		w.trialLog.f.Close()
		return &WriteError{Path: w.dir, Err: err}
	}
	return nil
}

// Dir returns the path of the folder.
func (w *Writer) Dir() string { return w.dir }

// Data returns the content of the folder as it stands, as Load would. The
// slices are shared with w and must not be changed.
func (w *Writer) Data() *Data {
	return &Data{
		Dir: w.dir, Run: w.run, Host: w.host, Schedule: w.schedule,
		Trials: slices.Clip(w.trials), Warnings: slices.Clip(w.warnings),
	}
}

// Pending returns the slots without a trial, in the order of the schedule.
func (w *Writer) Pending() []Slot { return w.Data().Pending() }

// Append stores one trial that ended. When it returns nil, the trial is on the
// disk. A trial whose slot is not pending is an error. After a *WriteError the
// Writer accepts nothing more; what was stored before is intact and resumable.
func (w *Writer) Append(t Trial) error {
	if w.broken != nil {
		return w.broken
	}
	t.Session = w.session
	t.Start = t.Start.UTC()
	if err := t.validate(&w.run); err != nil {
		return fmt.Errorf("record trial: block %d order %d: %w", t.Block, t.Order, err)
	}
	if !slices.Contains(w.Pending(), t.Slot) {
		return fmt.Errorf("record trial: block %d order %d (%s on %s) is not pending",
			t.Block, t.Order, t.Benchmark, t.Target)
	}
	line, err := jsonLine(&t)
	if err != nil {
		return fmt.Errorf("record trial: %w", err)
	}
	bench, err := w.run.benchLine(&t)
	if err != nil {
		return fmt.Errorf("record trial: %w", err)
	}
	if err := w.unseal(); err != nil {
		return err
	}
	// trials.jsonl first: Resume rebuilds the .bench file from it.
	if err := w.trialLog.append(line); err != nil {
		w.broken = &WriteError{Path: filepath.Join(w.dir, TrialsFile), Err: err}
		return w.broken
	}
	w.trials = append(w.trials, t)
	if err := w.benchLog.append(bench); err != nil {
		w.broken = &WriteError{Path: filepath.Join(w.dir, benchFile(w.run.Suite)), Err: err}
		return w.broken
	}
	return nil
}

// SnapshotHost adds a snapshot to host.json; when is "before" or "after".
func (w *Writer) SnapshotHost(when string, s Snapshot) error {
	s.When, s.Session = when, w.session
	host := Host{Snapshots: append(slices.Clip(w.host.Snapshots), s)}
	doc, err := jsonDoc(&host)
	if err != nil {
		return fmt.Errorf("record host: %w", err)
	}
	if err := w.WriteFile(HostFile, doc); err != nil {
		return err
	}
	w.host = host
	return nil
}

// Raw creates a file below raw/, for the logs of one trial. The caller closes
// it. name is a relative path with forward slashes; an existing file is emptied
// (the trial that it belonged to was interrupted and is run again).
func (w *Writer) Raw(name string) (*os.File, error) {
	path, err := w.path(RawDir + "/" + name)
	if err != nil {
		return nil, err
	}
	if err := w.unseal(); err != nil {
		return nil, err
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, &WriteError{Path: path, Err: err}
	}
	return f, nil
}

// WriteFile stores data as the file rel (forward slashes) of the folder, whole
// or not at all: for tables, plots and REPORT.md.
func (w *Writer) WriteFile(rel string, data []byte) error {
	path, err := w.path(rel)
	if err != nil {
		return err
	}
	if err := w.unseal(); err != nil {
		return err
	}
	if err := replaceFile(path, data); err != nil {
		return &WriteError{Path: path, Err: err}
	}
	return nil
}

// path returns the path of rel and makes its folder. rel must stay inside.
func (w *Writer) path(rel string) (string, error) {
	rel = filepath.FromSlash(rel)
	if !filepath.IsLocal(rel) || strings.Contains(rel, "\n") {
		return "", fmt.Errorf("results file %q: not a path inside the folder", rel)
	}
	path := filepath.Join(w.dir, rel)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", &WriteError{Path: path, Err: err}
	}
	return path, nil
}

// unseal removes SHA256SUMS before the content changes.
func (w *Writer) unseal() error {
	if !w.sealed {
		return nil
	}
	if err := os.Remove(filepath.Join(w.dir, SumsFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return &WriteError{Path: w.dir, Err: err}
	}
	w.sealed = false
	return nil
}

// Seal writes SHA256SUMS over every file of the folder. Call it last; anything
// that is written later removes it again.
func (w *Writer) Seal() error {
	sums, err := sumFiles(w.dir)
	if err != nil {
		return &WriteError{Path: w.dir, Err: err}
	}
	if err := replaceFile(filepath.Join(w.dir, SumsFile), sums); err != nil {
		return &WriteError{Path: w.dir, Err: err}
	}
	w.sealed = true
	return nil
}

// Close releases the folder. It does not seal it.
func (w *Writer) Close() error {
	return errors.Join(w.trialLog.f.Close(), w.benchLog.f.Close(), w.lock.Close())
}
