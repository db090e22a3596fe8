package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

// waitStep is how often WaitAcquire tries. A blocking flock could not be interrupted.
const waitStep = 200 * time.Millisecond

// BusyError is an ErrBusy that knows who holds the host, as the kernel does: nothing
// that the holder wrote down, which would be wrong after it was killed.
type BusyError struct {
	PID   int       // 0: not a process that can be seen from here
	Since time.Time // its start; zero with PID
}

// Who names the process.
func (e *BusyError) Who() string {
	if e.PID == 0 {
		return "a process that cannot be seen from here"
	}
	return fmt.Sprintf("process %d, started %s", e.PID, e.Since.UTC().Format(time.RFC3339))
}

// Error names the process and the next step.
func (e *BusyError) Error() string {
	return fmt.Sprintf("%v: %s: wait for it to end, or have -wait do so", ErrBusy, e.Who())
}

// Unwrap returns ErrBusy.
func (e *BusyError) Unwrap() error { return ErrBusy }

// WaitAcquire is Acquire for a caller that waits: up to limit, or as long as it takes if
// limit is zero. It calls told once if it has to.
func WaitAcquire(ctx context.Context, name string, limit time.Duration, told func(*BusyError)) (*Lock, error) {
	start := time.Now()
	for first := true; ; first = false {
		l, err := Acquire(name)
		var busy *BusyError
		if !errors.As(err, &busy) {
			return l, err
		}
		if limit > 0 && time.Since(start) >= limit {
			return nil, fmt.Errorf("waited %v: %w", limit, err)
		}
		if first {
			told(busy)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(waitStep):
		}
	}
}

// holder finds who holds the lock on an open file.
func holder(f *os.File) *BusyError {
	e := &BusyError{}
	var st unix.Stat_t
	if unix.Fstat(int(f.Fd()), &st) != nil {
		return e
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return e
	}
	pid := parseLocks(locks, unix.Major(st.Dev), unix.Minor(st.Dev), st.Ino)
	if pid == 0 {
		return e
	}
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return e // it has just ended
	}
	ms, err := p.CreateTime()
	if err != nil {
		return e
	}
	return &BusyError{PID: pid, Since: time.UnixMilli(ms)}
}

// parseLocks returns the process that has an exclusive flock on the file, 0 for none, of
// proc/locks (proc_locks(5)):
//
//	1: FLOCK  ADVISORY  WRITE 17341 fe:00:9977885 0 EOF
//
// Lines of processes that wait have "->" after the number.
func parseLocks(locks []byte, major, minor uint32, inode uint64) int {
	file := fmt.Sprintf("%02x:%02x:%d", major, minor, inode)
	for line := range bytes.Lines(locks) {
		f := bytes.Fields(line)
		if len(f) < 6 || string(f[1]) != "FLOCK" || string(f[3]) != "WRITE" || string(f[5]) != file {
			continue
		}
		if pid, err := strconv.Atoi(string(f[4])); err == nil && pid > 0 {
			return pid
		}
	}
	return 0
}
