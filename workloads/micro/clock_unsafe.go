package main

import (
	"fmt"
	"syscall"
	"time"
	"unsafe"
)

const clockMonotonic = 1 // CLOCK_MONOTONIC

// clocks reads the clock n times; it must not go back.
func clocks(read func() (time.Duration, error)) op {
	var last time.Duration
	return loop(func() error {
		now, err := read()
		if err != nil {
			return err
		}
		if now < last {
			return fmt.Errorf("clock: %w: it went back from %v to %v", errWrong, last, now)
		}
		last = now
		return nil
	})
}

// clockCall reads the clock by clock_gettime(2).
func clockCall(*measured) (op, error) {
	return clocks(func() (time.Duration, error) {
		var ts syscall.Timespec
		if _, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&ts)), 0); errno != 0 {
			return 0, fmt.Errorf("clock_gettime: %w", errno)
		}
		return time.Duration(ts.Nano()), nil
	}), nil
}

// clockVDSO reads it by what the kernel maps into each process for that (vdso(7)), so
// without a switch of modes: one reading, as time.Since takes no time of day if its
// argument has a monotonic one.
func clockVDSO(*measured) (op, error) {
	first := time.Now()
	return clocks(func() (time.Duration, error) { return time.Since(first), nil }), nil
}
