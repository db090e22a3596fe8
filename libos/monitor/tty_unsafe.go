package monitor

import (
	"syscall"
	"unsafe"
)

// isTerminal reports whether TCGETS works on fd.
func isTerminal(fd int) bool {
	var t syscall.Termios
	_, _, errno := syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TCGETS, uintptr(unsafe.Pointer(&t)))
	return errno == 0
}

// pollFD is struct pollfd.
type pollFD struct {
	fd              int32
	events, revents int16
}

func waitReadable(fd int) { poll(fd, 1) } // POLLIN
func waitWritable(fd int) { poll(fd, 4) } // POLLOUT

// poll sleeps until fd has one of events, an error or a hang-up.
func poll(fd int, events int16) {
	p := pollFD{fd: int32(fd), events: events}
	syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, 0, 0, 0, 0)
}

// monotonic reads CLOCK_MONOTONIC in nanoseconds.
func monotonic() int64 {
	var ts syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&ts)), 0)
	return ts.Nano()
}

// random fills p from the kernel's generator.
func random(p []byte) error {
	n, _, errno := syscall.RawSyscall(318 /* getrandom */, uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), 0)
	if errno != 0 {
		return errno
	}
	if int(n) != len(p) {
		return syscall.EIO
	}
	return nil
}
