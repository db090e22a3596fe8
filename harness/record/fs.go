package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Names of the files and folders of a run.
const (
	RunFile      = "run.json"
	HostFile     = "host.json"
	ScheduleFile = "schedule.jsonl"
	TrialsFile   = "trials.jsonl"
	ReportFile   = "REPORT.md"
	SumsFile     = "SHA256SUMS"
	RawDir       = "raw"
	HistDir      = "hist"
	TablesDir    = "tables"
	PlotsDir     = "plots"
)

// lockDir opens dir and takes the advisory lock that says "being written". The
// kernel drops it when the file is closed or the process dies.
func lockDir(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("%s: %w", dir, ErrLocked)
	}
	return nil, fmt.Errorf("lock %s: %w", dir, err)
}

// syncDir makes new names in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// replaceFile writes data to path, whole or not at all, through a file beside it.
func replaceFile(path string, data []byte) error {
	tmp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	if err := writeSync(tmp, data); err != nil {
		os.Remove(tmp)
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		os.Remove(tmp)
		return err
	}
	return syncDir(filepath.Dir(path))
}

// writeSync writes data to a new or emptied file and waits for the disk.
func writeSync(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// appendLog is a file that only grows, one synced write at a time.
type appendLog struct {
	f    *os.File
	size int64 // bytes known to be whole
}

func openLog(path string) (*appendLog, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &appendLog{f: f, size: st.Size()}, nil
}

// append writes data in one call and waits for the disk. After an error the
// file is cut back to its last whole state, as far as the disk allows.
func (l *appendLog) append(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	_, err := l.f.Write(data)
	if err == nil {
		err = l.f.Sync()
	}
	if err != nil {
		_ = l.f.Truncate(l.size) // best effort: a reader also copes with the rest
		return err
	}
	l.size += int64(len(data))
	return nil
}

func jsonLine(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

func jsonDoc(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}
