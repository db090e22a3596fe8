//go:build unibench_guest

package syscall

import (
	"unsafe"

	"unibench/libos/guest/posix"
)

// libos is the one process of the image. It exists before the first system
// call, which the init functions of this package make.
var libos = posix.New(libosHAL{})

func init() {
	libos_setPoller(libosPollOpen, libosPollClose)
}

// libosSyscall makes every system call of this package, and so of all packages
// above it: the edits of libos/build lead them here. Pointers among the
// arguments may lead into this goroutine's stack, so the stack must not grow
// until package posix has made pointers of them again: this function and those
// that lead to it are nosplit.
//
// The call is made outside of the bubble that the goroutine may be in
// (testing/synctest): a kernel has none. Goroutines, channels and timers that the
// call makes are not the bubble's, which would wait for them and give them its
// own time; and to the bubble a goroutine in a system call is one that runs.
//
//go:nosplit
//go:norace
func libosSyscall(trap, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2 uintptr, err Errno) {
	var bubble unsafe.Pointer
	if libos_bubbles {
		bubble = libos_leaveBubble()
	}
	r1, r2, errno := libos.Syscall(trap, a1, a2, a3, a4, a5, a6)
	if bubble != nil {
		libos_enterBubble(bubble)
	}
	return r1, r2, Errno(errno)
}

//go:linkname libos_bubbles runtime.libos_bubbles
var libos_bubbles bool

//go:linkname libos_leaveBubble runtime.libos_leaveBubble
func libos_leaveBubble() unsafe.Pointer

//go:linkname libos_enterBubble runtime.libos_enterBubble
func libos_enterBubble(bubble unsafe.Pointer)

// libosGettimeofday takes the place of the call into the vDSO.
func libosGettimeofday(tv *Timeval) (err Errno) {
	_, _, err = libosSyscall(SYS_GETTIMEOFDAY, uintptr(unsafe.Pointer(tv)), 0, 0, 0, 0, 0)
	return err
}

// libosFork answers for fork and exec: there are no other processes.
func libosFork() (err Errno) {
	_, _, err = libosSyscall(SYS_CLONE, 0, 0, 0, 0, 0, 0)
	return err
}

// libosPollOpen and libosPollClose are what the runtime's poller calls when a
// descriptor comes under its care and leaves it.
func libosPollOpen(fd int32, pd uintptr) (errno int32) {
	return int32(libos.PollRegister(int(fd), pd))
}

func libosPollClose(fd int32) (errno int32) { return int32(libos.PollUnregister(int(fd))) }
