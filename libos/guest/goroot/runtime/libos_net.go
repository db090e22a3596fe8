//go:build unibench_guest

package runtime

import (
	"internal/libos/abi"
	"internal/libos/kern"
	"internal/runtime/atomic"
	"internal/runtime/syscall/linux"
	"unsafe"
)

// This file lets goroutines wait for the network device. The device does not
// interrupt: it moves an index in memory, and the scheduler looks at it whenever
// it polls (netpoll). Only a vCPU that waits outside of the VM is woken, by
// EventNet.

// libosNetSlots is who waits for the device.
var libosNetSlots [libosNetMaxSlots]libosNetSlot

// libosNetMaxSlots bounds how many goroutines can wait at a time, one for each
// queue pair; libosNetMaxWatches what each waits for.
const (
	libosNetMaxSlots   = 16
	libosNetMaxWatches = 2
)

// libosNetSlot is free while g is 0, and being filled while it is 1. Nothing in
// it leads into the heap but g, whose goroutine the list of all keeps alive.
type libosNetSlot struct {
	g       atomic.Uintptr
	watched int
	watches [libosNetMaxWatches]libosNetWatch
}

// libosNetWatch has the layout of virtio.Watch.
type libosNetWatch struct {
	index uintptr // address of a uint16 that the device writes
	seen  uint16
}

// changed reports whether the device moved an index.
//
//go:nosplit
func (s *libosNetSlot) changed() bool {
	for i := 0; i < s.watched; i++ {
		w := &s.watches[i]
		if *(*uint16)(unsafe.Pointer(w.index)) != w.seen {
			return true
		}
	}
	return false
}

// libosNetChanged reports whether a goroutine's wait is over.
//
//go:nosplit
func libosNetChanged() bool {
	for i := range libosNetSlots {
		s := &libosNetSlots[i]
		if s.g.Load() > 1 && s.changed() {
			return true
		}
	}
	return false
}

// libos_netWait parks the goroutine until one of the watches, one or two, has
// changed. It may return early. They lie in the heap: the stack may move before
// they are read.
//
//go:linkname libos_netWait
func libos_netWait(watches unsafe.Pointer, n int32) {
	netpollGenericInit()
	netpollAdjustWaiters(1)
	commit := libosNetCommit2
	if n == 1 {
		commit = libosNetCommit1
	}
	gopark(commit, watches, waitReasonIOWait, traceBlockNet, 2)
}

//go:nowritebarrierrec
func libosNetCommit1(gp *g, watches unsafe.Pointer) bool { return libosNetCommit(gp, watches, 1) }

//go:nowritebarrierrec
func libosNetCommit2(gp *g, watches unsafe.Pointer) bool { return libosNetCommit(gp, watches, 2) }

// libosNetCommit puts gp into a slot, or does not park it. It runs on g0.
//
//go:nowritebarrierrec
func libosNetCommit(gp *g, watches unsafe.Pointer, n int) bool {
	for i := range libosNetSlots {
		s := &libosNetSlots[i]
		if !s.g.CompareAndSwap(0, 1) {
			continue
		}
		s.watched = n
		for j := 0; j < n; j++ {
			s.watches[j] = *(*libosNetWatch)(add(watches, uintptr(j)*unsafe.Sizeof(libosNetWatch{})))
		}
		s.g.Store(uintptr(unsafe.Pointer(gp)))
		if s.changed() && s.g.CompareAndSwap(uintptr(unsafe.Pointer(gp)), 0) {
			break
		}
		return true
	}
	netpollAdjustWaiters(-1)
	return false
}

// libosPollNet adds to list the goroutines whose wait is over.
//
//go:nowritebarrierrec
func libosPollNet(list *gList) (delta int32) {
	for i := range libosNetSlots {
		s := &libosNetSlots[i]
		gp := s.g.Load()
		// If another goroutine, or this one anew, comes between, it is woken
		// early.
		if gp > 1 && s.changed() && s.g.CompareAndSwap(gp, 0) {
			list.push(guintptr(gp).ptr())
			delta--
		}
	}
	return delta
}

// libosNetEvent wakes the thread that sleeps in netpoll, in library OS context,
// and reports whether there was one.
func libosNetEvent(k *kern.Kernel) bool {
	atomic.Xadd(&libosPoller.seq, 1)
	return k.FutexWake(uintptr(unsafe.Pointer(&libosPoller.seq)), 1) != 0
}

// libosNetPolling reports whether a thread of the monitor looks at the queues
// all the time.
func libosNetPolling() bool {
	n := &libosBootInfo().Net
	if n.Pairs == 0 {
		return false
	}
	shared := *(**abi.NetShared)(unsafe.Pointer(&n.Shared))
	return atomic.Load(&shared.Polling) != 0
}

// libosSysNotify is the number of a system call of our own: tell the device
// about a queue. Only library OS code stays on its vCPU between filling in a
// hypercall's arguments and making it.
const libosSysNotify = 0x4c01

// libos_netNotify tells the device that a queue has new buffers.
//
//go:linkname libos_netNotify
//go:nosplit
func libos_netNotify(queue int32) {
	linux.Syscall6(libosSysNotify, uintptr(queue), 0, 0, 0, 0, 0)
}

// libosPollDue polls if a tick found that the scheduler has not done so for a
// while: it does not as long as goroutines that never wait take turns. On Linux
// that is a duty of sysmon. It runs on g0, with a P.
func libosPollDue() {
	if atomic.Load(&libosPoller.due) == 0 {
		return
	}
	atomic.Store(&libosPoller.due, 0)
	if !netpollinited() || !netpollAnyWaiters() || sched.lastpoll.Load() == 0 || sched.pollingNet.Swap(1) != 0 {
		return
	}
	list, delta := netpoll(0)
	sched.pollingNet.Store(0)
	if !list.empty() {
		injectglist(&list)
		netpollAdjustWaiters(delta)
	}
}
