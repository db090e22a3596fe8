package vmm

import (
	"syscall"
	"unsafe"
)

// pollFD is struct pollfd.
type pollFD struct {
	fd              int32
	events, revents int16
}

// Events of poll(2).
const (
	pollIn    = 0x01
	pollOut   = 0x04
	pollError = 0x08 | 0x10 | 0x20 // POLLERR, POLLHUP, POLLNVAL
)

// ppoll waits until one of fds has an event or nanos have passed, negative for
// no limit. An interruption by a signal is no event.
func ppoll(fds []pollFD, nanos int64) (n int) {
	var ts *syscall.Timespec
	if nanos >= 0 {
		t := syscall.NsecToTimespec(nanos)
		ts = &t
	}
	r, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(unsafe.SliceData(fds))), uintptr(len(fds)),
		uintptr(unsafe.Pointer(ts)), 0, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(r)
}

// bell is an eventfd(2): any thread rings it, one waits for it with ppoll.
type bell int

func newBell() (bell, error) {
	const flags = syscall.O_NONBLOCK | syscall.O_CLOEXEC
	fd, _, errno := syscall.RawSyscall(syscall.SYS_EVENTFD2, 0, flags, 0)
	if errno != 0 {
		return -1, errno
	}
	return bell(fd), nil
}

func (b bell) close() {
	if b >= 0 {
		syscall.Close(int(b))
	}
}

func (b bell) ring() {
	one := uint64(1)
	syscall.RawSyscall(syscall.SYS_WRITE, uintptr(b), uintptr(unsafe.Pointer(&one)), 8)
}

// quiet takes the rings back.
func (b bell) quiet() {
	var n uint64
	syscall.RawSyscall(syscall.SYS_READ, uintptr(b), uintptr(unsafe.Pointer(&n)), 8)
}
