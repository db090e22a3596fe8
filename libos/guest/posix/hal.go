package posix

import "unibench/libos/guest/linux"

// HAL is what this package needs from the platform below it. Every method may
// be called by any number of goroutines at once, on ordinary goroutine stacks,
// and with none of this package's locks that PollReady's receivers need.
//
// Byte slices may lie on the calling goroutine's stack. A method uses them
// until it returns and keeps no reference.
//
// The glue (goroot/syscall/zlibos_hal_unsafe.go) takes these from the runtime by
// linkname; the runtime defines each as package runtime function of that name:
//
//	libos_consoleWrite(fd int32, p unsafe.Pointer, n int32) (written, errno int32)
//	libos_consoleRead(p unsafe.Pointer, n int32) (read, errno int32)
//	libos_waitStdin()
//	libos_consoleMode(fd int32) uint32
//	libos_consoleIsTTY(fd int32) bool
//	libos_wallTime() (sec int64, nsec int32)
//	libos_monoTime() int64
//	libos_cpuTime() int64
//	libos_random(p unsafe.Pointer, n int)
//	libos_exit(code int32)
//	libos_kill(tid, sig int32) (errno int32)
//	libos_mmap(addr, n uintptr, prot, flags int32) (start uintptr, errno int32)
//	libos_munmap(addr, n uintptr) (errno int32)
//	libos_mprotect(addr, n uintptr, prot int32) (errno int32)
//	libos_madvise(addr, n uintptr, advice int32) (errno int32)
//	libos_pollReady(pd uintptr, mode int32)
//	libos_setPoller(open func(fd int32, pd uintptr) (errno int32), close func(fd int32) (errno int32))
//	libos_numCPU() int32
//	libos_memInfo() (total, free uint64)
//	libos_initrd() (start unsafe.Pointer, n uintptr)
//	libos_hostname() string
//	libos_workDir() string
//	libos_countENOSYS(num uintptr)
//	libos_segments(to *[8]uintptr)
//	libos_clocks() (rate uint64, start int64)
//	libos_args() (args, env []string)
//	libos_threads(to *int32, n int32) int32
//	libos_cpuid(leaf, subleaf uint32, to *[4]uint32)
//	libos_rawCall(number, a, b, c, d, e, f uintptr) (r1, r2, errno uintptr)
//	libos_tracing() bool
//	libos_trace(number uintptr, args *[6]uintptr, result uintptr, start int64, unfinished bool)
//
// RawKernel is libos_rawCall, Sleep the runtime's time.Sleep.
type HAL interface {
	// ConsoleWrite writes p to descriptor fd, 1 or 2, of the monitor and
	// returns how many bytes it took.
	ConsoleWrite(fd int, p []byte) (int, linux.Errno)
	// OutputWrite writes p to an output file of the monitor, by its number,
	// and returns how many bytes it took.
	OutputWrite(n int, p []byte) (int, linux.Errno)
	// ConsoleRead reads from the monitor's descriptor 0 without waiting: 0
	// bytes is the end of the input, EAGAIN that there is nothing yet.
	ConsoleRead(p []byte) (int, linux.Errno)
	// WaitStdin parks the goroutine until ConsoleRead may answer something
	// other than EAGAIN.
	WaitStdin()
	// ConsoleMode returns the file type bits (linux.ModeFifo, ...) of the
	// monitor's descriptor fd, 0 to 2, or 0 if it is closed.
	ConsoleMode(fd int) uint32
	// ConsoleIsTTY reports whether the monitor's descriptor is a terminal.
	ConsoleIsTTY(fd int) bool

	// WallTime returns the time since 1970 in UTC.
	WallTime() (sec int64, nsec int32)
	// MonoTime returns the time since some point before the start, in
	// nanoseconds.
	MonoTime() int64
	// CPUTime returns the time that the processors were not idle, summed,
	// in nanoseconds.
	CPUTime() int64
	// Sleep parks the goroutine for a number of nanoseconds.
	Sleep(nanoseconds int64)

	// Random fills p with bytes fit for keys.
	Random(p []byte)
	// Exit ends the program with a status from 0 to 255 and does not return.
	Exit(code int)
	// Kill sends the signal sig to a thread of this process, or to the
	// process if tid is 0.
	Kill(tid, sig int) linux.Errno

	// Mmap and its fellows handle anonymous private memory with the flags
	// and answers of mmap(2), munmap(2), mprotect(2) and madvise(2).
	Mmap(addr, n uintptr, prot, flags int) (uintptr, linux.Errno)
	Munmap(addr, n uintptr) linux.Errno
	Mprotect(addr, n uintptr, prot int) linux.Errno
	Madvise(addr, n uintptr, advice int) linux.Errno

	// PollReady wakes who waits in the runtime's poller for the descriptor
	// registered with pd: mode is 'r', 'w' or 'r'+'w'. It does not block.
	PollReady(pd uintptr, mode int)

	// OnStack reports whether p leads into the stack of the calling goroutine.
	OnStack(p *byte) bool

	// NumCPU returns the number of processors.
	NumCPU() int
	// MemInfo returns the size of the memory and of its unused part, in bytes.
	MemInfo() (total, free uint64)
	// Initrd returns the archive with the initial files, nil if there is
	// none. It stays mapped and unchanged for ever.
	Initrd() []byte
	// Hostname returns the name of the machine.
	Hostname() string
	// Describe returns what else proc(5) shows.
	Describe() Description
	// CPUID returns the answer of the instruction: EAX, EBX, ECX, EDX.
	CPUID(leaf, subleaf uint32) [4]uint32
	// Threads returns the numbers of threads, ascending.
	Threads() []int
	// WorkDir returns the path of the folder in which the program starts, ""
	// for the root.
	WorkDir() string
	// CountENOSYS notes that system call num answered ENOSYS.
	CountENOSYS(num uintptr)
	// RawKernel makes the calls that belong to the kernel: signals, threads,
	// futexes and timers.
	RawKernel(num uintptr, a Args) (uintptr, linux.Errno)

	// Tracing reports whether Trace is to be called for each system call: it
	// never changes. unfinished calls do not return.
	Tracing() bool
	Trace(num uintptr, a Args, result uintptr, start int64, unfinished bool)
}

// Description tells of the program and of the machine.
type Description struct {
	Args, Env  []string
	Image      []Segment // of the program in memory, ascending
	Heap       Segment   // where all other memory comes from
	ClockRate  uint64    // of the time stamp counter, in Hz
	StartNanos int64     // of HAL.MonoTime
}

// Segment is a range of addresses with a protection.
type Segment struct {
	Start, End uintptr
	Prot       int
}
