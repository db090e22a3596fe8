//go:build unibench_guest

package runtime

import (
	"internal/libos/abi"
	"internal/runtime/syscall/linux"
	"unsafe"
)

// Tracing of system calls, if BootInfo asks for it. Calls of the program go
// through package posix, which reports each when it has ended (libos_trace); those
// of the runtime arrive in library OS context, where the number and the time are
// kept with the thread until it goes on with the result. The monitor turns numbers
// into text: it sees all memory, and here would be no place for it.

const (
	// libosSysTrace is the number of a system call of our own: hand over a
	// record.
	libosSysTrace = 0x4c02
	// libosSysInner, added to the number of a call, says that the call is a part
	// of one that package posix makes and reports.
	libosSysInner = 1 << 32
)

//go:nosplit
func libosTracing() bool { return libosBootInfo().Trace != 0 }

// libosCall6 is Syscall6 for calls that are parts of those of package posix.
//
//go:nosplit
func libosCall6(number, a, b, c, d, e, f uintptr) (r1, r2, errno uintptr) {
	if libosTracing() {
		number |= libosSysInner
	}
	return linux.Syscall6(number, a, b, c, d, e, f)
}

//go:linkname libos_rawCall
//go:nosplit
func libos_rawCall(number, a, b, c, d, e, f uintptr) (r1, r2, errno uintptr) {
	return libosCall6(number, a, b, c, d, e, f)
}

//go:linkname libos_tracing
func libos_tracing() bool { return libosTracing() }

// libos_trace reports a call of the running goroutine that began at start. args may
// hold pointers into its stack, which must not move until they are handed over.
//
//go:linkname libos_trace
//go:nosplit
func libos_trace(number uintptr, args *[6]uintptr, result uintptr, start int64, unfinished bool) {
	r := abi.TraceRecord{Number: uint64(number), Result: uint64(result), Start: start, End: libosNow()}
	r.Args = *(*[6]uint64)(unsafe.Pointer(args))
	r.Goroutine = getg().goid
	if unfinished {
		r.Unfinished = 1
	}
	linux.Syscall6(libosSysTrace, uintptr(unsafe.Pointer(&r)), 0, 0, 0, 0, 0)
}

// libosTraceRecord serves libosSysTrace.
func libosTraceRecord(pc *abi.PerCPU) {
	r := (*abi.TraceRecord)(unsafe.Pointer(uintptr(pc.Save.DI)))
	r.Thread = uint32(pc.Thread) + 1
	libosHypercall(pc, abi.HypercallTrace, pc.Save.DI, 0, 0, 0)
}

// libosTraceEnter notes a call of the runtime, in pc.Save.
func libosTraceEnter(pc *abi.PerCPU) {
	number := pc.Save.AX
	if number&libosSysInner != 0 {
		pc.Save.AX = number &^ libosSysInner
		return
	}
	now := libosNow()
	if libosKernel.TraceEnter(pc, now) {
		return
	}
	// It ends the thread, or the handler of a signal.
	libosTraceReport(pc, &abi.TraceRecord{Number: number, Start: now, End: now, Unfinished: 1})
}

// libosTraceLeave reports the call whose result the running thread is about to
// get. The lock is held, and released meanwhile.
func libosTraceLeave(pc *abi.PerCPU) {
	number, start, ok := libosKernel.TraceLeave(pc)
	if !ok {
		return
	}
	libosRelease()
	libosTraceReport(pc, &abi.TraceRecord{Number: number, Start: start, End: libosNow(), Result: pc.Save.AX})
	libosAcquire(pc)
}

// libosTraceReport adds what the registers of the thread say, and reports.
func libosTraceReport(pc *abi.PerCPU, r *abi.TraceRecord) {
	s := &pc.Save
	r.Args = [6]uint64{s.DI, s.SI, s.DX, s.R10, s.R8, s.R9}
	r.Thread = uint32(pc.Thread) + 1
	libosHypercall(pc, abi.HypercallTrace, uint64(uintptr(unsafe.Pointer(r))), 0, 0, 0)
}
