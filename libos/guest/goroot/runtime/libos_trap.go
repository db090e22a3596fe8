//go:build unibench_guest

package runtime

import (
	"internal/libos/abi"
	"internal/libos/kern"
	"unsafe"
)

// This file is where exceptions and the monitor's events arrive, in library OS
// context.

// libosRestorer is the address of the code that signal handlers return to.
var libosRestorer uintptr

// libosTrapFrame is what the ring-0 stub or the monitor left of an interruption.
func libosTrapFrame(pc *abi.PerCPU) *[7]uint64 {
	return (*[7]uint64)(unsafe.Pointer(uintptr(unsafe.Pointer(pc)) + abi.TrapFrame))
}

// libosFrameRegisters completes registers by those in the trap frame.
func libosFrameRegisters(t *abi.SigContext, frame *[7]uint64, pc *abi.PerCPU) {
	t.IP, t.Flags, t.SP = frame[2], frame[4], frame[5]
	t.CS, t.SS = abi.SelectorUserCS, abi.SelectorUserSS
	t.Err, t.TrapNo, t.CR2 = frame[1], frame[0], pc.CR2
}

// libosKernelBroken ends the VM after an exception in library OS code, whose
// other registers are in pc.Broken.
func libosKernelBroken(pc *abi.PerCPU) {
	frame := libosTrapFrame(pc)
	libosFrameRegisters(&pc.Broken, frame, pc)
	for {
		libosHypercall(pc, abi.HypercallPanic, 1, frame[2], pc.CR2, frame[0])
	}
}

// libosKernelTrap handles an exception or an event of the monitor.
func libosKernelTrap(pc *abi.PerCPU) uintptr {
	frame := libosTrapFrame(pc)
	vector, ip := frame[0], frame[2]
	if pc.Started == 0 { // a vCPU that was just started
		pc.Started = 1
		libosAcquire(pc)
		libosState.started |= 1 << pc.Index
		base := int64(libosBootInfo().MonoBase)
		libosState.idle.change(-1, -base, libosNow()-base)
		return libosFinish(pc, 0)
	}
	t := &pc.Trap
	libosFrameRegisters(t, frame, pc)
	t.FPState = uint64(uintptr(unsafe.Pointer(pc)) + abi.PerCPUXSave)
	pc.Save.FS = pc.FSBase
	ctx := uintptr(unsafe.Pointer(t))
	pc.Context = uint64(ctx)
	libosAcquire(pc)
	if vector == abi.VectorEvent {
		return libosFinish(pc, ctx)
	}
	cause := kern.Fault(vector, t.Err, t.CR2, ip)
	if libosKernel.Deliver(pc, cause, true, true, libosState.xsave) == kern.Fatal {
		libosExit(pc, 128+uint64(cause.Signal), uint64(cause.Signal))
	}
	return libosFinish(pc, 0)
}
