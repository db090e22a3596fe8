package main

import (
	"fmt"
	"syscall"
	"time"
)

func null(*measured) (op, error) {
	return timed(func(n int) error {
		for range n {
			if r, _, errno := syscall.Syscall(syscall.SYS_GETPID, 0, 0, 0); r == 0 || errno != 0 {
				return fmt.Errorf("getpid: %w: %d, %w", errWrong, r, errno)
			}
		}
		return nil
	}), nil
}

func nullRaw(*measured) (op, error) {
	return timed(func(n int) error {
		for range n {
			if r, _, errno := syscall.RawSyscall(syscall.SYS_GETPID, 0, 0, 0); r == 0 || errno != 0 {
				return fmt.Errorf("getpid: %w: %d, %w", errWrong, r, errno)
			}
		}
		return nil
	}), nil
}

func clock(*measured) (op, error) {
	return timed(func(n int) error {
		first := time.Now()
		last := first
		for range n {
			last = time.Now()
		}
		if last.Before(first) {
			return fmt.Errorf("clock: %w: it went back from %v to %v", errWrong, first, last)
		}
		return nil
	}), nil
}

// device reads from or writes to a device.
func device(name string, write bool, size int) func(*measured) (op, error) {
	return func(*measured) (op, error) {
		fd, err := syscall.Open(name, syscall.O_RDWR|syscall.O_CLOEXEC, 0)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", name, err)
		}
		buf := make([]byte, size)
		call := syscall.Read
		if write {
			call = syscall.Write
		}
		return timed(func(n int) error {
			for range n {
				if k, err := call(fd, buf); k != size || err != nil {
					return fmt.Errorf("%s: %w: %d bytes, %w", name, errWrong, k, err)
				}
			}
			return nil
		}), nil
	}
}
