//go:build unibench_guest

package runtime

import (
	goabi "internal/abi"
	"internal/libos/abi"
	"internal/libos/kern"
	"internal/runtime/atomic"
	"unsafe"
)

// This file handles the events of a vCPU, in library OS context.

// libosEvents handles the event bits of pc.
func libosEvents(pc *abi.PerCPU, events uint32, ctx uintptr) uintptr {
	k := &libosKernel
	if events&abi.EventSignal != 0 {
		if set := atomic.Xchg64(&libosStatsPage().Signals, 0); set != 0 {
			if mask := k.Kill(set) &^ (1 << pc.Index); mask != 0 {
				libosPost(pc, mask, abi.EventSignal)
			}
		}
	}
	if events&abi.EventStdin != 0 {
		libosStdinEvent(k)
	}
	if events&abi.EventNet != 0 {
		libosNetEvent(k)
	}
	if events&abi.EventProfile != 0 && pc.Thread >= 0 {
		k.Notify(pc, kern.SIGPROF)
	}
	if events&abi.EventTick != 0 && pc.Thread >= 0 {
		return libosTick(pc, ctx)
	}
	return ctx
}

// libosTick ends a time slice: the goroutine and the thread that run make room for
// others, as soon as they can. Where that is follows from ctx: a thread at the end
// of a system call can go at once, one that was interrupted needs to be made to.
func libosTick(pc *abi.PerCPU, ctx uintptr) uintptr {
	k := &libosKernel
	k.Expire(libosNow())
	if libosNetChanged() || libosPoller.stdin.Load() != 0 && atomic.Load(&libosPoller.ready) != 0 {
		atomic.Store(&libosPoller.due, 1)
		libosNetEvent(k)
	}
	libosPreempt(pc, ctx != 0)
	if k.Runnable() == 0 {
		return ctx
	}
	switch ctx {
	case 0:
		k.Requeue(pc)
	case uintptr(unsafe.Pointer(&pc.Trap)):
		if k.Interject(pc, uint64(goabi.FuncPCABI0(libosYield)), libosState.xsave) {
			return 0
		}
	}
	return ctx
}

// libosThreadG returns the g of the running thread, nil if it has none yet.
func libosThreadG(pc *abi.PerCPU) *g {
	fs := uintptr(pc.Save.FS) // pc.FSBase is not the thread's yet if it was just chosen
	if fs == 0 || pc.Thread < 0 {
		return nil
	}
	return *(**g)(unsafe.Pointer(fs - 8))
}

// libosPreempt asks the running goroutine to make room if it has run for a whole
// time slice, which is what Go's sysmon thread does elsewhere. There is no such
// thread here: it would wake up fifty times in the first millisecond. One that was
// interrupted is asked by a signal too; in a system call no goroutine stops for one.
func libosPreempt(pc *abi.PerCPU, interrupted bool) {
	gp := libosThreadG(pc)
	if gp == nil || gp.m == nil {
		return
	}
	mp := gp.m
	pp, curg := mp.p.ptr(), mp.curg
	if pp == nil || curg == nil || curg == mp.g0 {
		return
	}
	// Kept with the P, in the field that sysmon would use: there may be more
	// Ps than vCPUs, whose threads take turns from tick to tick.
	last := &pp.sysmontick.schedtick
	if *last != pp.schedtick {
		*last = pp.schedtick
		return
	}
	curg.preempt = true
	curg.stackguard0 = stackPreempt
	pp.preempt = true
	if interrupted && debug.asyncpreemptoff == 0 {
		libosKernel.Notify(pc, kern.SIGURG)
	}
}

// libosPost sets an event for the vCPUs in mask and makes them look. The lock
// is held, and released meanwhile for as long as it takes to leave the VM.
func libosPost(pc *abi.PerCPU, mask uint64, event uint32) {
	self := uint64(1) << pc.Index
	if mask&self != 0 {
		atomic.Or(&pc.Events, event)
		mask &^= self
	}
	if mask == 0 {
		return
	}
	libosState.waiting &^= mask
	for i := uintptr(0); mask>>i != 0; i++ {
		if mask>>i&1 != 0 {
			atomic.Or(&libosPerCPU(i).Events, event)
		}
	}
	libosRelease()
	libosHypercall(pc, abi.HypercallKick, mask, 0, 0, 0)
	libosAcquire(pc)
}
