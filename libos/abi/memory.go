package abi

// The guest-physical memory map. Guest-virtual addresses equal guest-physical
// ones (identity mapping), in one address space, built once by the monitor:
//
//	0x0000_0000  unmapped: a nil pointer faults
//	0x0001_0000  BootInfo, read-only
//	0x0001_1000  system page: GDT and exception stubs, ring 0 only
//	0x0001_2000  SYSCALL stub, read and execute
//	0x0002_0000  StatsPage, read-write
//	0x0010_0000  per-vCPU blocks, PerCPUStride apart (below)
//	0x0040_0000  the image, at the addresses its ELF headers give
//	             text r-x, rodata r--, data rw-
//	page tables, ring 0 only
//	initial stack: guard page, stack, argc/argv/envp/auxv
//	network: NetShared and the virtqueues, read-write, if there is a device
//	archive of -root, read-only
//	RAM, rw- and never executable, to BootInfo.MemEnd
//
// All addresses above the image vary; BootInfo names them.
const (
	PageSize  = 4096
	HugePage  = 2 << 20
	BootGPA   = 0x10000
	SystemGPA = 0x11000
	LSTARGPA  = 0x12000
	StatsGPA  = 0x20000
	StatsSize = 0x2000
	ImageGPA  = 0x400000
)

// One per-vCPU block:
//
//	+0x0000  PerCPU, read-write
//	+0x1000  vector state of an interrupted thread (XSAVE area), read-write
//	+0x5000  ring-0 stack, 1 page; exception frames are read from CPL 3
//	+0x6000  IDT, ring 0 only
//	+0x7000  TSS and exception stubs, ring 0 only
//	+0x8000  guard page, unmapped
//	+0x9000  kernel stack, read-write, to the end of the block
const (
	PerCPUGPA       = 0x100000
	PerCPUStride    = 0x18000
	PerCPUXSave     = 0x1000
	PerCPUXSaveSize = 0x4000
	PerCPURing0     = 0x5000
	PerCPUIDT       = 0x6000
	PerCPUTSS       = 0x7000
	PerCPUGuard     = 0x8000
	PerCPUStack     = 0x9000
	MaxVCPUs        = 31 // as many blocks as fit below ImageGPA
)

// TrapFrame is where, in a per-vCPU block, a ring-0 stub or the monitor leaves
// the seven words of an interruption: vector, error code, RIP, CS, RFLAGS, RSP,
// SS, lowest address first. It is the top of the ring-0 stack.
const TrapFrame = PerCPURing0 + PageSize - TrapFrameSize

// TrapFrameSize is the size of a trap frame in bytes.
const TrapFrameSize = 7 * 8

// VectorEvent is the vector number of the event that the monitor injects: look
// at PerCPU.Events. It is no hardware vector.
const VectorEvent = 256

// Segment selectors. They equal those of Linux, because a PVM host runs CPL 3
// on its own descriptors: CS 0x33 and SS 0x2b are then the real ones, and an
// IRETQ at CPL 3 works everywhere.
const (
	SelectorKernelCS = 0x10
	SelectorKernelSS = 0x18
	SelectorUserSS   = 0x2b
	SelectorUserCS   = 0x33
	SelectorTSS      = 0x40
)
