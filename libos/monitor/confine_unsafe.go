package monitor

import (
	"runtime"
	"syscall"
	"unsafe"
)

// confine restricts this process, all its threads, to the calls of filter, for
// good. It costs some 20 us.
func confine(may permissions) error {
	const (
		setNoNewPrivs = 38
		sysSeccomp    = 317
		modeFilter    = 1
		allThreads    = 1 // SECCOMP_FILTER_FLAG_TSYNC
	)
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, setNoNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
		return &confineError{errno}
	}
	steps := filter(may)
	program := struct {
		n     uint16
		steps *filterStep
	}{uint16(len(steps)), &steps[0]}
	_, _, errno := syscall.RawSyscall(sysSeccomp, modeFilter, allThreads, uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(steps)
	if errno != 0 {
		return &confineError{errno}
	}
	return nil
}

// confineError says that the kernel refused the filter.
type confineError struct{ errno syscall.Errno }

func (e *confineError) Error() string {
	return "confine the monitor by seccomp: " + e.errno.Error() + "; this needs a kernel with CONFIG_SECCOMP_FILTER"
}

func (e *confineError) Unwrap() error { return e.errno }
