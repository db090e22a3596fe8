package launch

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"unibench/baselines/taskstats"
)

func (l *launched) fill(r *Result) {
	r.Start, r.FirstByte, r.End = l.start, l.out.first, l.end
	r.Stdout, r.Stderr, r.Truncated = l.out.data[0], l.out.data[1], l.out.truncated
	switch {
	case l.status.Signaled():
		r.ExitStatus = 128 + int(l.status.Signal())
		r.Signal = unix.SignalName(l.status.Signal())
	default:
		r.ExitStatus = l.status.ExitStatus()
	}
	r.CPU = time.Duration(l.usage.Utime.Nano() + l.usage.Stime.Nano())
	r.Voluntary, r.Involuntary = l.usage.Nvcsw, l.usage.Nivcsw
}

// memory fills in the peaks, from the kernel's exit records where there are any.
func (r *Result) memory(tasks *taskstats.Listener, pid int, maxRSSBytes int64) {
	if tasks != nil {
		exits, err := tasks.Exits()
		if err != nil {
			r.Warnings = append(r.Warnings, fmt.Sprintf("peak memory not exact: %v", err))
		}
		for _, p := range taskstats.Tree(exits, pid) {
			r.Processes = append(r.Processes, Process{Command: p.Command, PeakRSSBytes: p.PeakRSSBytes})
			r.PeakRSSBytes = max(r.PeakRSSBytes, p.PeakRSSBytes)
		}
		if err == nil && len(r.Processes) > 0 {
			return
		}
	}
	// A peak above this process's own can only be the program's.
	if own, err := ownPeakRSSBytes(); err == nil && maxRSSBytes > own {
		r.PeakRSSBytes = maxRSSBytes
	}
}

func ownPeakRSSBytes() (int64, error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(b) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			if f := bytes.Fields(rest); len(f) == 2 {
				kib, err := strconv.ParseInt(string(f[0]), 10, 64)
				return kib << 10, err
			}
		}
	}
	return 0, fmt.Errorf("no VmHWM: %w", syscall.ENOENT)
}

// openStdin returns the program's standard input and a function to be called
// once the program runs (or has failed to start, with nil): it feeds the bytes
// and closes this side.
func openStdin(s Spec) (*os.File, func([]byte), error) {
	if s.Input != nil {
		return s.Input, func([]byte) {}, nil
	}
	if s.Stdin == nil {
		f, err := os.Open(os.DevNull)
		return f, func([]byte) {}, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("create pipe for stdin: %w", err)
	}
	return r, func(b []byte) {
		go func() {
			// A program may end without reading everything; writing
			// then fails with EPIPE, which is its right.
			_, _ = w.Write(b)
			w.Close()
		}()
	}, nil
}
