package record

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// staging marks a folder that is being made; it is renamed when complete.
const staging = ".new-"

// staleAfter is the age from which an unlocked staging folder is known to be
// left behind by a process that died.
const staleAfter = time.Minute

// Create makes the folder of a new run below root and returns its Writer. The
// folder appears under its final name only when run.json, host.json, the
// schedule and the head of the .bench file are on the disk, so that a folder
// with a good name can always be resumed. before is the first snapshot of the
// host; Create sets its When and Session.
//
// Errors: ErrExists, a *WriteError, or what is wrong with run or schedule.
func Create(root string, run Run, before Snapshot, schedule []Slot) (*Writer, error) {
	run.Schema = SchemaVersion
	run.Start = run.Start.UTC()
	if err := run.Validate(); err != nil {
		return nil, fmt.Errorf("create results: %w", err)
	}
	if err := validateSchedule(&run, schedule); err != nil {
		return nil, fmt.Errorf("create results: %w", err)
	}
	before.When, before.Session = "before", 0
	host := Host{Snapshots: []Snapshot{before}}
	files, err := headFiles(&run, &host, schedule)
	if err != nil {
		return nil, fmt.Errorf("create results: %w", err)
	}

	dir := filepath.Join(root, filepath.FromSlash(run.Dir()))
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, &WriteError{Path: parent, Err: err}
	}
	sweep(parent, run.Start)
	lock, err := stage(dir, files)
	if err != nil {
		return nil, err
	}
	w := &Writer{dir: dir, lock: lock, run: run, host: host, schedule: schedule}
	if err := w.open(); err != nil {
		lock.Close()
		return nil, err
	}
	return w, nil
}

// headFiles returns the content of every file that a folder begins with.
func headFiles(run *Run, host *Host, schedule []Slot) (map[string][]byte, error) {
	runDoc, err := jsonDoc(run)
	if err != nil {
		return nil, err
	}
	hostDoc, err := jsonDoc(host)
	if err != nil {
		return nil, err
	}
	bench, err := run.benchHeader()
	if err != nil {
		return nil, err
	}
	var slots bytes.Buffer
	for _, s := range schedule {
		line, err := jsonLine(s)
		if err != nil {
			return nil, err
		}
		slots.Write(line)
	}
	return map[string][]byte{
		RunFile: runDoc, HostFile: hostDoc, ScheduleFile: slots.Bytes(),
		TrialsFile: nil, benchFile(run.Suite): bench,
	}, nil
}

// stage writes the files to a staging folder, renames it to dir and returns the
// lock, which is held from before the first file is written.
func stage(dir string, files map[string][]byte) (_ *os.File, err error) {
	if _, err := os.Lstat(dir); err == nil {
		return nil, fmt.Errorf("%s: %w", dir, ErrExists)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), staging)
	if err != nil {
		return nil, &WriteError{Path: filepath.Dir(dir), Err: err}
	}
	var lock *os.File
	defer func() {
		if err != nil {
			os.RemoveAll(tmp)
			if lock != nil {
				lock.Close()
			}
		}
	}()
	if lock, err = lockDir(tmp); err != nil {
		return nil, &WriteError{Path: tmp, Err: err}
	}
	if err = os.Chmod(tmp, 0o755); err != nil {
		return nil, &WriteError{Path: tmp, Err: err}
	}
	for _, name := range sortedKeys(files) {
		if err = writeSync(filepath.Join(tmp, name), files[name]); err != nil {
			return nil, &WriteError{Path: filepath.Join(dir, name), Err: err}
		}
	}
	if err = errors.Join(lock.Sync(), os.Rename(tmp, dir)); err != nil {
		if errors.Is(err, syscall.EEXIST) || errors.Is(err, syscall.ENOTEMPTY) {
			return nil, fmt.Errorf("%s: %w", dir, ErrExists)
		}
		return nil, &WriteError{Path: dir, Err: err}
	}
	if err = syncDir(filepath.Dir(dir)); err != nil {
		return nil, &WriteError{Path: dir, Err: err}
	}
	return lock, nil
}

// sweep removes staging folders in parent that a killed process left behind:
// old ones whose lock is free. Failure to do so harms nothing.
func sweep(parent string, now time.Time) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), staging) {
			continue
		}
		st, err := e.Info()
		if err != nil || now.Sub(st.ModTime()) < staleAfter {
			continue
		}
		path := filepath.Join(parent, e.Name())
		lock, err := lockDir(path)
		if err != nil {
			continue
		}
		os.RemoveAll(path)
		lock.Close()
	}
}
