//go:build unibench_guest

package runtime

import (
	"internal/libos/kern"
	"internal/runtime/atomic"
	"unsafe"
)

// This file takes the place of the runtime's poller for epoll, with the
// interface that netpoll.go states. There is nothing to poll: files and pipes
// are Go code in the same program, which readies the goroutines that wait for
// them itself (libos_pollReady). What is left is to sleep until the earliest
// timer, and the events that come from outside: standard input, and the network
// device (libos_net.go).

// libosPoller is the state of the poller.
var libosPoller struct {
	// open and close tell the file layer which pollDesc belongs to a
	// descriptor. Set once, before the first file is opened.
	open  func(fd int32, pd uintptr) (errno int32)
	close func(fd int32) (errno int32)

	due   uint32         // the next findRunnable polls (libosPollDue)
	seq   uint32         // futex word, changed by each event
	stdin atomic.Uintptr // g that waits for standard input, 0 if none
	ready uint32         // standard input became readable
}

func netpollinit() {}

func netpollIsPollDescriptor(fd uintptr) bool { return false }

func netpollopen(fd uintptr, pd *pollDesc) uintptr {
	if libosPoller.open == nil {
		return _EPERM
	}
	return uintptr(libosPoller.open(int32(fd), uintptr(unsafe.Pointer(pd))))
}

const _EPERM = 1

func netpollclose(fd uintptr) uintptr { return uintptr(libosPoller.close(int32(fd))) }

func netpollarm(pd *pollDesc, mode int) {
	throw("runtime: unused")
}

// netpollBreak ends a netpoll that sleeps.
func netpollBreak() {
	atomic.Xadd(&libosPoller.seq, 1)
	futexwakeup(&libosPoller.seq, 1)
}

// netpoll returns the goroutines that events from outside made ready. delay < 0:
// sleeps until there is something; 0: does not sleep; > 0: for that many
// nanoseconds at most.
//
//go:nowritebarrierrec
func netpoll(delay int64) (gList, int32) {
	var list gList
	seq := atomic.Load(&libosPoller.seq)
	delta := libosPollStdin(&list) + libosPollNet(&list)
	if delta == 0 && delay != 0 {
		futexsleep(&libosPoller.seq, seq, delay)
		delta = libosPollStdin(&list) + libosPollNet(&list)
	}
	return list, delta
}

// libosPollStdin adds the goroutine that waits for standard input to list if
// there is input.
//
//go:nowritebarrierrec
func libosPollStdin(list *gList) int32 {
	if atomic.Load(&libosPoller.ready) == 0 || libosPoller.stdin.Load() == 0 {
		return 0
	}
	gp := libosPoller.stdin.Swap(0)
	if gp == 0 {
		return 0
	}
	list.push(guintptr(gp).ptr())
	return -1
}

// libosStdinEvent runs in library OS context when standard input became
// readable.
func libosStdinEvent(k *kern.Kernel) {
	atomic.Store(&libosPoller.ready, 1)
	atomic.Xadd(&libosPoller.seq, 1)
	k.FutexWake(uintptr(unsafe.Pointer(&libosPoller.seq)), 1)
}
