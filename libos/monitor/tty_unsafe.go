package monitor

import (
	"syscall"
	"time"
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

// Events of poll(2).
const (
	pollIn  = 1
	pollOut = 4
)

func waitReadable(fd int) { poll(fd, pollIn, nil) }
func waitWritable(fd int) { poll(fd, pollOut, nil) }

// writable waits until fd takes output, has an error or a hang-up, and returns
// true; or until the time is over or a signal came, and returns false.
func writable(fd int, limit time.Duration) bool {
	ts := syscall.NsecToTimespec(int64(limit))
	return poll(fd, pollOut, &ts)
}

// poll sleeps until fd has one of events, an error or a hang-up, for as long as
// limit says (nil: for ever), or until a signal, after which it never goes on.
// It reports whether fd has something.
func poll(fd int, events int16, limit *syscall.Timespec) bool {
	p := pollFD{fd: int32(fd), events: events}
	n, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(limit)), 0, 0, 0)
	return errno == 0 && n > 0
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
