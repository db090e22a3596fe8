package main

import (
	"fmt"
	"syscall"
	"time"
)

const (
	pageSize     = 4 << 10
	mappingBytes = 64 << 10
	freshPages   = 1 << 10 // mapped at a time, to be touched
)

const (
	readWrite = syscall.PROT_READ | syscall.PROT_WRITE
	private   = syscall.MAP_PRIVATE | syscall.MAP_ANON
)

// mmapMunmap makes the calls themselves: syscall.Mmap keeps a table besides.
func mmapMunmap(*measured) (op, error) {
	return loop(func() error {
		addr, _, errno := syscall.Syscall6(syscall.SYS_MMAP, 0, mappingBytes, readWrite, private, ^uintptr(0), 0)
		if errno != 0 {
			return fmt.Errorf("mmap: %w", errno)
		}
		if _, _, errno = syscall.Syscall(syscall.SYS_MUNMAP, addr, mappingBytes, 0); errno != 0 {
			return fmt.Errorf("munmap: %w", errno)
		}
		return nil
	}), nil
}

// pageFault touches n pages and counts the time of the touches alone.
func pageFault(*measured) (op, error) {
	return func(n int) (sum time.Duration, err error) {
		for n > 0 {
			pages := min(n, freshPages)
			d, err := touch(pages)
			if err != nil {
				return 0, err
			}
			sum += d
			n -= pages
		}
		return sum, nil
	}, nil
}

// touch maps fresh memory and writes to each page of it.
func touch(pages int) (time.Duration, error) {
	b, err := syscall.Mmap(-1, 0, pages*pageSize, readWrite, private)
	if err != nil {
		return 0, fmt.Errorf("mmap: %w", err)
	}
	start := time.Now()
	var old byte
	for i := 0; i < len(b); i += pageSize {
		old |= b[i]
		b[i] = 1
	}
	d := time.Since(start)
	if old != 0 {
		return 0, fmt.Errorf("fresh memory: %w: not zero", errWrong)
	}
	return d, syscall.Munmap(b)
}
