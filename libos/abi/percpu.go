package abi

import "unsafe"

// PerCPU is the block that a vCPU shares with the monitor. The GS base of a
// vCPU always points to its own. Offsets are fixed: assembly on one side and
// the monitor on the other use them.
//
// InKernel is 1 while the vCPU executes library OS code on its kernel stack.
// The monitor injects events only into a vCPU whose InKernel is 0 and whose RIP
// lies outside [NoInjectLo, NoInjectHi); otherwise it only sets Events, which
// the guest examines before it clears InKernel for good.
type PerCPU struct {
	Self         uint64    // 0x000 address of this block
	InKernel     uint32    // 0x008
	Events       uint32    // 0x00c event bits, set by others, cleared by the owner
	KernelSP     uint64    // 0x010 top of the kernel stack
	TrapEntry    uint64    // 0x018 CPL 3 address that exceptions and events enter
	SyscallEntry uint64    // 0x020 CPL 3 address that SYSCALL instructions enter
	Index        uint32    // 0x028 number of this vCPU
	Idle         uint32    // 0x02c IdleNo, IdleSpin, IdleWait
	CR2          uint64    // 0x030 faulting address, left by the page fault stub
	FSBase       uint64    // 0x038 FS base of the running thread
	Call         Hypercall // 0x040
	Save         Registers // 0x080 registers of the thread inside a system call
	NoInjectLo   uint64    // 0x108
	NoInjectHi   uint64    // 0x110
	Started      uint32    // 0x118 set by the guest once the vCPU schedules threads
	Thread       int32     // 0x11c index of the running thread, -1 if none
	Scratch      [2]uint64 // 0x120
	// Context is where the registers of the running thread are while InKernel
	// is not 0: the address of a SigContext, or 0 for Save.
	Context uint64     // 0x130
	_       [0x48]byte // 0x138
	Trap    SigContext // 0x180 registers of an interrupted thread
	Broken  SigContext // 0x280 registers of library OS code that raised an exception
	_       [0x80]byte
	KernelG [512]byte // 0x400 the g of library OS code
}

// Idle states of a vCPU.
const (
	IdleNo   = iota // runs a thread
	IdleSpin        // looks for work without leaving the VM
	IdleWait        // inside HypercallWait
)

// Event bits of PerCPU.Events.
const (
	EventTick    = 1 << iota // a time slice has passed
	EventSignal              // StatsPage.Signals has a bit, or a thread has one pending
	EventWake                // a thread became runnable
	EventStdin               // standard input became readable
	EventNet                 // a virtqueue was used
	EventProfile             // the profiling interval has passed
)

// Registers are the general registers that a system call preserves, in the
// order in which the entry code saves them.
type Registers struct {
	AX, BX, DX, SI, DI, BP, SP, IP uint64
	R8, R9, R10, R11, R12          uint64
	R13, R14, R15                  uint64
	FS                             uint64
}

// SigContext is struct sigcontext of Linux on x86-64
// (arch/x86/include/uapi/asm/sigcontext.h).
type SigContext struct {
	R8, R9, R10, R11, R12, R13, R14, R15      uint64
	DI, SI, BP, BX, DX, AX, CX, SP, IP, Flags uint64
	CS, GS, FS, SS                            uint16
	Err, TrapNo, OldMask, CR2, FPState        uint64
	Reserved                                  [8]uint64
}

// Hypercall is the argument block of the hypercall in progress. The guest fills
// Args and writes the number to HypercallPort; the monitor fills Ret.
type Hypercall struct {
	Args [6]uint64
	Ret  uint64
	_    uint64
}

// Layout, asserted by the compiler: an index that is not 0 does not compile.
var (
	_ = [1]int{}[unsafe.Offsetof(PerCPU{}.Call)-0x40]
	_ = [1]int{}[unsafe.Offsetof(PerCPU{}.Save)-0x80]
	_ = [1]int{}[unsafe.Offsetof(PerCPU{}.NoInjectLo)-0x108]
	_ = [1]int{}[unsafe.Offsetof(PerCPU{}.Thread)-0x11c]
	_ = [1]int{}[unsafe.Offsetof(PerCPU{}.Trap)-0x180]
	_ = [1]int{}[unsafe.Offsetof(PerCPU{}.Context)-0x130]
	_ = [1]int{}[unsafe.Offsetof(PerCPU{}.Broken)-0x280]
	_ = [1]int{}[unsafe.Offsetof(PerCPU{}.KernelG)-0x400]
	_ = [1]int{}[unsafe.Sizeof(SigContext{})-256]
)
