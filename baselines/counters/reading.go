package counters

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"unibench/baselines/taskstats"
)

// Reading is the state of the counters of some processes at one moment.
type Reading struct {
	CPU time.Duration // user and system time of all threads

	// Voluntary and Involuntary are context switches of living threads;
	// Switches says why they are not known, or is nil.
	Voluntary   int64
	Involuntary int64
	Switches    error

	// ReadBytes and WrittenBytes were moved by calls like read and write,
	// which includes those on TCP sockets but not recvfrom, recvmsg,
	// sendto and sendmsg (proc_pid_io(5), rchar and wchar). Bytes says why
	// they are not known, or is nil.
	ReadBytes    int64
	WrittenBytes int64
	Bytes        error
}

// errNoTasks is why context switches are not known without a Client.
var errNoTasks = errors.New("no task statistics: context switches are not known")

// Read reads the counters of the given processes, context switches only if tasks
// is not nil. An error means that one of them has ended.
func Read(tasks *taskstats.Client, pids []int) (Reading, error) {
	var r Reading
	for _, pid := range pids {
		cpu, err := cpuTime(pid)
		if err != nil {
			return r, fmt.Errorf("read processor time of process %d: %w", pid, err)
		}
		r.CPU += cpu
		if tasks == nil {
			r.Switches = errNoTasks
		} else if g, err := tasks.Group(pid); err != nil {
			r.Switches = errors.Join(r.Switches, err)
		} else {
			r.Voluntary += g.Voluntary
			r.Involuntary += g.Involuntary
		}
		in, out, err := moved(pid)
		r.ReadBytes += in
		r.WrittenBytes += out
		r.Bytes = errors.Join(r.Bytes, err)
	}
	return r, nil
}

// Sub returns what was counted from the earlier reading before to r.
func (r Reading) Sub(before Reading) Reading {
	return Reading{
		CPU: r.CPU - before.CPU, Voluntary: r.Voluntary - before.Voluntary, Involuntary: r.Involuntary - before.Involuntary,
		Switches:  errors.Join(before.Switches, r.Switches),
		ReadBytes: r.ReadBytes - before.ReadBytes, WrittenBytes: r.WrittenBytes - before.WrittenBytes,
		Bytes: errors.Join(before.Bytes, r.Bytes),
	}
}

// cpuTime reads the CPU-time clock of a process (clock_getcpuclockid(3)): the
// scheduler's nanoseconds of all threads, also of those that have ended.
func cpuTime(pid int) (time.Duration, error) {
	const schedClock = 2 // CPUCLOCK_SCHED
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|schedClock), &ts); err != nil {
		if errors.Is(err, unix.EINVAL) {
			err = unix.ESRCH // what the kernel means by it
		}
		return 0, err
	}
	return time.Duration(ts.Nano()), nil
}

// moved reads rchar and wchar of a process.
func moved(pid int) (in, out int64, err error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "io"))
	if err != nil {
		return 0, 0, fmt.Errorf("read bytes moved: %w (run as root)", err)
	}
	return parseIO(b)
}

func parseIO(b []byte) (in, out int64, err error) {
	in, out = -1, -1
	for line := range bytes.Lines(b) {
		name, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte(": "))
		n, err := strconv.ParseInt(string(value), 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("read bytes moved: line %q: %w", line, err)
		}
		switch string(name) {
		case "rchar":
			in = n
		case "wchar":
			out = n
		}
	}
	if in < 0 || out < 0 {
		return 0, 0, errors.New("read bytes moved: no rchar or wchar: the kernel needs CONFIG_TASK_XACCT")
	}
	return in, out, nil
}
