package netstack_test

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// getsockopt gets an option of a socket of the host into b.
func getsockopt(fd, level, name int, b []byte) (int, unix.Errno) {
	n := uint32(len(b))
	_, _, e := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(unsafe.Pointer(&b[0])), uintptr(unsafe.Pointer(&n)), 0)
	return int(n), e
}
