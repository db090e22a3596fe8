package counters

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// attempts bounds how often CountCalls begins again because a thread came.
const attempts = 20

// Calls counts the system calls of some processes, from CountCalls until Close
// (perf_event_open(2), one software event a thread, inherited by new threads and
// children).
type Calls struct {
	fds []int
}

// CountCalls begins to count. A thread that is created while counting begins
// could be counted not at all or twice: so the list of threads must be the same
// before and after, or all begins again. Begin while the program is idle.
func CountCalls(pids []int) (*Calls, error) {
	id, err := tracepoint("raw_syscalls", "sys_enter")
	if err != nil {
		return nil, err
	}
	for range attempts {
		before, err := allThreads(pids)
		if err != nil {
			return nil, err
		}
		c, err := open(id, before)
		if errors.Is(err, unix.ESRCH) {
			continue // a thread ended
		}
		if err != nil {
			return nil, err
		}
		after, err := allThreads(pids)
		if err == nil && slices.Equal(before, after) {
			return c, nil
		}
		c.Close()
		if err != nil {
			return nil, err
		}
	}
	return nil, errors.New("count system calls: the program creates threads all the time")
}

func open(id uint64, tids []int) (*Calls, error) {
	c := &Calls{}
	attr := &unix.PerfEventAttr{Type: unix.PERF_TYPE_TRACEPOINT, Config: id, Bits: unix.PerfBitInherit}
	attr.Size = uint32(binary.Size(attr))
	for _, tid := range tids {
		fd, err := unix.PerfEventOpen(attr, tid, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
		if err != nil {
			c.Close()
			return nil, fmt.Errorf("count system calls of thread %d: %w (needs root or CAP_PERFMON)", tid, err)
		}
		c.fds = append(c.fds, fd)
	}
	return c, nil
}

// Read returns the number of calls since CountCalls.
func (c *Calls) Read() (uint64, error) {
	var sum uint64
	var b [8]byte
	for _, fd := range c.fds {
		n, err := unix.Read(fd, b[:])
		if err != nil || n != len(b) {
			return 0, fmt.Errorf("read number of system calls: %d bytes, %w", n, err)
		}
		sum += binary.NativeEndian.Uint64(b[:])
	}
	return sum, nil
}

// Close ends counting.
func (c *Calls) Close() {
	for _, fd := range c.fds {
		unix.Close(fd)
	}
	c.fds = nil
}

func allThreads(pids []int) ([]int, error) {
	var out []int
	for _, pid := range pids {
		t, err := threads(pid)
		if err != nil {
			return nil, fmt.Errorf("list threads: %w", err)
		}
		out = append(out, t...)
	}
	return out, nil
}

// tracepoint returns the kernel's number of a tracepoint.
func tracepoint(system, name string) (uint64, error) {
	var last error
	for _, root := range []string{"/sys/kernel/tracing", "/sys/kernel/debug/tracing"} {
		b, err := os.ReadFile(filepath.Join(root, "events", system, name, "id"))
		if err == nil {
			return strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
		}
		if last == nil || !errors.Is(err, fs.ErrNotExist) {
			last = err
		}
	}
	return 0, fmt.Errorf("find tracepoint %s:%s: %w (mount tracefs and run as root)", system, name, last)
}
