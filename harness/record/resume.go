package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Resume opens the folder of an interrupted run to continue it with the same
// seed and schedule: Data holds what was decided, Pending what is left. It
// verifies the folder first, digests included where the run was sealed. Cut-short
// last lines are moved to raw/ and the .bench file is completed from the trials,
// each with a warning in Data. before is a new snapshot of the host.
//
// Errors: a *DataError (nothing was changed), ErrLocked, or a *WriteError.
func Resume(dir string, before Snapshot) (_ *Writer, err error) {
	if _, err := os.Stat(filepath.Join(dir, RunFile)); err != nil {
		return nil, dataErr(dir, 0, err, "not a results folder")
	}
	lock, err := lockDir(dir)
	if err != nil {
		if errors.Is(err, ErrLocked) {
			return nil, err
		}
		return nil, &WriteError{Path: dir, Err: err}
	}
	defer func() {
		if err != nil {
			lock.Close()
		}
	}()
	sealed, err := VerifySums(dir)
	if err != nil {
		return nil, err
	}
	d, cut, err := load(dir)
	if err != nil {
		return nil, err
	}
	w := &Writer{
		dir: dir, lock: lock, sealed: sealed, session: nextSession(d),
		run: d.Run, host: d.Host, schedule: d.Schedule, trials: d.Trials, warnings: d.Warnings,
	}
	if err := w.repair(cut); err != nil {
		return nil, err
	}
	if err := w.open(); err != nil {
		return nil, err
	}
	if err := w.SnapshotHost("before", before); err != nil {
		w.trialLog.f.Close()
		w.benchLog.f.Close()
		return nil, err
	}
	return w, nil
}

// nextSession returns one more than the highest session in the folder.
func nextSession(d *Data) int {
	last := 0
	for _, s := range d.Host.Snapshots {
		last = max(last, s.Session)
	}
	for i := range d.Trials {
		last = max(last, d.Trials[i].Session)
	}
	return last + 1
}

// repair sets cut-short lines aside and completes the .bench file.
func (w *Writer) repair(cut tails) error {
	for _, name := range sortedKeys(cut) {
		if err := w.unseal(); err != nil {
			return err
		}
		if err := w.setAside(name, cut[name]); err != nil {
			return &WriteError{Path: filepath.Join(w.dir, name), Err: err}
		}
	}
	name := benchFile(w.run.Suite)
	whole, ok := cut[name]
	if !ok {
		return nil
	}
	want, err := w.run.benchBytes(w.trials)
	if err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	log, err := openLog(filepath.Join(w.dir, name))
	if err == nil {
		err = errors.Join(log.append(want[whole:]), log.f.Close())
	}
	if err != nil {
		return &WriteError{Path: filepath.Join(w.dir, name), Err: err}
	}
	return nil
}

// setAside moves what follows the first whole bytes of the file to raw/.
func (w *Writer) setAside(name string, whole int64) error {
	path := filepath.Join(w.dir, name)
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if int64(len(data)) == whole {
		return nil
	}
	aside := fmt.Sprintf("%s/%s.cut-%d", RawDir, name, w.session)
	if err := w.WriteFile(aside, data[whole:]); err != nil {
		return err
	}
	w.warnings = append(w.warnings, fmt.Sprintf("%s: the cut-short end was moved to %s", name, aside))
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(whole), f.Sync(), f.Close())
}
