package abi

import "unsafe"

// BootInfo is what the monitor tells the guest, at BootGPA, read-only for it.
type BootInfo struct {
	Version  uint32
	VCPUs    uint32
	MemStart uint64 // first byte of RAM, 2 MiB aligned
	MemEnd   uint64 // end of RAM's addresses; more than MemLimit bytes
	MemLimit uint64 // bytes of RAM that the guest may use at a time

	// Clocks: monotonic ns = MonoBase + (tsc-TSCBase)*TSCMult>>32,
	// wall ns = monotonic + WallOffset.
	TSCBase    uint64
	TSCMult    uint64
	MonoBase   uint64
	WallOffset uint64

	XCR0      uint64 // state components that XSAVE saves
	XSaveSize uint64 // bytes that XSAVE needs for them

	InitrdStart uint64
	InitrdSize  uint64

	// Stdio describes descriptors 0, 1 and 2 of the monitor: the file type
	// bits of st_mode, 0 if closed, and StdioTerminal.
	Stdio [4]uint16

	Seed     [64]byte // secret random bytes
	Hostname [64]byte // zero-terminated

	// WorkDir is the working directory of the program at its start,
	// zero-terminated; empty means the root.
	WorkDir [MaxWorkDir]byte

	// Trace is not 0 if the guest is to report its system calls
	// (HypercallTrace).
	Trace uint64

	Net NetInfo

	// CPUID answers, so that start-up code need not execute the instruction,
	// which leaves the VM. Entries beyond CPUIDCount are unused.
	CPUIDCount uint64
	CPUID      [MaxCPUID]CPUIDEntry
}

// MaxWorkDir is the room for a working directory with its final zero, in bytes.
const MaxWorkDir = 1024

// StdioTerminal marks a descriptor that is a terminal.
const StdioTerminal = 1

// AnySubleaf is the Subleaf of an entry for a leaf that has none.
const AnySubleaf = 1<<32 - 1

// MaxCPUID is the number of CPUID answers that fit BootInfo.
const MaxCPUID = 48

// CPUIDEntry is the answer of CPUID to one leaf and subleaf.
type CPUIDEntry struct {
	Leaf, Subleaf, AX, BX, CX, DX uint32
}

// StatsPage holds counters that the guest keeps and the monitor reads at any
// time, and the signals that the monitor wants delivered. The guest may write
// anything here: the monitor uses the values for reporting only.
type StatsPage struct {
	EntryTSC    uint64 // TSC at the first guest instruction
	MainTSC     uint64 // TSC just before main.main
	RawSyscalls uint64 // SYSCALL instructions executed
	_           uint64
	MemPeak     uint64 // most bytes of RAM in use
	Signals     uint64 // bit n-1: signal n is to be delivered; set by the monitor
	// ProfileInterval is the number of nanoseconds of guest execution between
	// two EventProfile, 0 for none. Set by the guest.
	ProfileInterval uint64
	_               uint64
	Threads         ThreadTable // set by the guest
	Net             NetStats
	ENOSYS          [MaxSyscall]uint32 // calls answered with ENOSYS, by number
}

// MaxSyscall is one more than the highest system call number that is counted.
const MaxSyscall = 512

var (
	_ [PageSize - unsafe.Sizeof(BootInfo{})]byte
	_ [StatsSize - unsafe.Sizeof(StatsPage{})]byte
)
