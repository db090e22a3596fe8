package main

import (
	"errors"
	"syscall"
	"unsafe"

	"unibench/libos/vmm/kvm"
)

// monotonic reads CLOCK_MONOTONIC in nanoseconds.
func monotonic() int64 {
	var ts syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&ts)), 0)
	return ts.Nano()
}

// isKVM reports whether err came from opening /dev/kvm.
func isKVM(err error) bool {
	var e *kvm.Error
	return errors.As(err, &e)
}
