package abi

// HypercallPort is the I/O port of all hypercalls. The guest writes 32 bits,
// the number of the call; arguments and result are in PerCPU.Call. A port write
// is the cheapest exit that every KVM host offers to CPL 3 code.
const HypercallPort = 0x18

// Hypercalls. Addresses are guest-physical. Results below zero are negated
// Linux errno values.
const (
	// HypercallExit ends the VM. Args: exit status, signal number or 0, 1 if it
	// is a fatal error of the program and not its own wish.
	HypercallExit = iota + 1
	// HypercallWrite writes to the console or to an output file. Args:
	// descriptor (1 or 2) or FirstOutput plus the number of the file, address,
	// length. Result: bytes written.
	HypercallWrite
	// HypercallRead reads from standard input, without waiting. Args: address,
	// length. Result: bytes read, 0 at the end, -EAGAIN when there is nothing
	// yet; EventStdin follows.
	HypercallRead
	// HypercallWait stops the vCPU until an event is set for it or the
	// deadline has passed. Args: deadline in nanoseconds of the guest's
	// monotonic clock, or MaxInt64. Returns at once if Events is not 0.
	HypercallWait
	// HypercallKick makes other vCPUs look at their Events. Args: bit mask of
	// vCPUs. A vCPU that has not been started is started.
	HypercallKick
	// HypercallFree returns memory to the host. Args: address, length, both
	// page-aligned and inside RAM. The range reads as zero afterwards.
	HypercallFree
	// HypercallPanic reports that library OS code raised an exception. Args:
	// code, instruction pointer, address, vector. PerCPU.Broken has the
	// registers.
	HypercallPanic
	// HypercallYield lets other threads of the host run, such as another vCPU
	// that was interrupted while it held a lock.
	HypercallYield
	// HypercallNotify tells the network device that a virtqueue has new
	// buffers. Args: number of the queue.
	HypercallNotify
	// HypercallTrace reports a system call that has ended, if BootInfo.Trace
	// asks for it. Args: address of a TraceRecord.
	HypercallTrace
	hypercallEnd
)

// Output files are files of the host that the program sees as character devices
// with the major number OutputMajor, of the range for local use, and the number
// of the file as minor number (archive entries of that kind make them).
const (
	OutputMajor = 240
	// FirstOutput is more than any descriptor of the program, so that the two
	// cannot be confused.
	FirstOutput = 1 << 24
	// MaxOutputs bounds how many there are.
	MaxOutputs = 64
)

// HypercallMax is the highest valid hypercall number.
const HypercallMax = hypercallEnd - 1
