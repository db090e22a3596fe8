//go:build unibench_guest

package syscall

import (
	"unsafe"

	image "unibench/libos/abi"
	abi "unibench/libos/guest/linux"
	"unibench/libos/guest/posix"
)

// The runtime's side of posix.HAL (libos/guest/goroot/runtime).

//go:noescape
//go:linkname libos_consoleWrite runtime.libos_consoleWrite
func libos_consoleWrite(fd int32, p unsafe.Pointer, n int32) (written, errno int32)

//go:noescape
//go:linkname libos_consoleRead runtime.libos_consoleRead
func libos_consoleRead(p unsafe.Pointer, n int32) (read, errno int32)

//go:linkname libos_waitStdin runtime.libos_waitStdin
func libos_waitStdin()

//go:linkname libos_consoleMode runtime.libos_consoleMode
func libos_consoleMode(fd int32) uint32

//go:linkname libos_consoleIsTTY runtime.libos_consoleIsTTY
func libos_consoleIsTTY(fd int32) bool

//go:linkname libos_wallTime runtime.libos_wallTime
func libos_wallTime() (sec int64, nsec int32)

//go:linkname libos_monoTime runtime.libos_monoTime
func libos_monoTime() int64

//go:linkname libos_cpuTime runtime.libos_cpuTime
func libos_cpuTime() int64

//go:linkname libos_sleep time.Sleep
func libos_sleep(nanoseconds int64)

//go:noescape
//go:linkname libos_random runtime.libos_random
func libos_random(p unsafe.Pointer, n int)

//go:linkname libos_exit runtime.libos_exit
func libos_exit(code int32)

//go:linkname libos_kill runtime.libos_kill
func libos_kill(tid, sig int32) (errno int32)

//go:linkname libos_mmap runtime.libos_mmap
func libos_mmap(addr, n uintptr, prot, flags int32) (start uintptr, errno int32)

//go:linkname libos_munmap runtime.libos_munmap
func libos_munmap(addr, n uintptr) (errno int32)

//go:linkname libos_mprotect runtime.libos_mprotect
func libos_mprotect(addr, n uintptr, prot int32) (errno int32)

//go:linkname libos_madvise runtime.libos_madvise
func libos_madvise(addr, n uintptr, advice int32) (errno int32)

//go:linkname libos_pollReady runtime.libos_pollReady
func libos_pollReady(pd uintptr, mode int32)

//go:linkname libos_setPoller runtime.libos_setPoller
func libos_setPoller(open func(fd int32, pd uintptr) (errno int32), close func(fd int32) (errno int32))

//go:noescape
//go:linkname libos_onStack runtime.libos_onStack
func libos_onStack(p unsafe.Pointer) bool

//go:linkname libos_numCPU runtime.libos_numCPU
func libos_numCPU() int32

//go:linkname libos_memInfo runtime.libos_memInfo
func libos_memInfo() (total, free uint64)

//go:linkname libos_initrd runtime.libos_initrd
func libos_initrd() (start unsafe.Pointer, n uintptr)

//go:linkname libos_hostname runtime.libos_hostname
func libos_hostname() string

//go:linkname libos_workDir runtime.libos_workDir
func libos_workDir() string

//go:linkname libos_countENOSYS runtime.libos_countENOSYS
func libos_countENOSYS(num uintptr)

//go:linkname libos_segments runtime.libos_segments
func libos_segments(to *[8]uintptr)

//go:linkname libos_clocks runtime.libos_clocks
func libos_clocks() (rate uint64, start int64)

//go:linkname libos_args runtime.libos_args
func libos_args() (args, env []string)

//go:noescape
//go:linkname libos_threads runtime.libos_threads
func libos_threads(to *int32, n int32) int32

//go:noescape
//go:linkname libos_cpuid runtime.libos_cpuid
func libos_cpuid(leaf, subleaf uint32, to *[4]uint32)

//go:linkname libos_tracing runtime.libos_tracing
func libos_tracing() bool

//go:noescape
//go:linkname libos_trace runtime.libos_trace
func libos_trace(number uintptr, args *[6]uintptr, result uintptr, start int64, unfinished bool)

//go:linkname libos_rawCall runtime.libos_rawCall
func libos_rawCall(number, a, b, c, d, e, f uintptr) (r1, r2, errno uintptr)

// libosHAL implements posix.HAL by the functions above.
type libosHAL struct{}

func (libosHAL) ConsoleWrite(fd int, p []byte) (int, abi.Errno) {
	n, errno := libos_consoleWrite(int32(fd), unsafe.Pointer(unsafe.SliceData(p)), int32(len(p)))
	return int(n), abi.Errno(errno)
}

func (libosHAL) OutputWrite(n int, p []byte) (int, abi.Errno) {
	w, errno := libos_consoleWrite(int32(image.FirstOutput+n), unsafe.Pointer(unsafe.SliceData(p)), int32(len(p)))
	return int(w), abi.Errno(errno)
}

func (libosHAL) ConsoleRead(p []byte) (int, abi.Errno) {
	n, errno := libos_consoleRead(unsafe.Pointer(unsafe.SliceData(p)), int32(len(p)))
	return int(n), abi.Errno(errno)
}

func (libosHAL) WaitStdin()                       { libos_waitStdin() }
func (libosHAL) ConsoleMode(fd int) uint32        { return libos_consoleMode(int32(fd)) }
func (libosHAL) ConsoleIsTTY(fd int) bool         { return libos_consoleIsTTY(int32(fd)) }
func (libosHAL) WallTime() (int64, int32)         { return libos_wallTime() }
func (libosHAL) MonoTime() int64                  { return libos_monoTime() }
func (libosHAL) CPUTime() int64                   { return libos_cpuTime() }
func (libosHAL) Sleep(nanoseconds int64)          { libos_sleep(nanoseconds) }
func (libosHAL) Random(p []byte)                  { libos_random(unsafe.Pointer(unsafe.SliceData(p)), len(p)) }
func (libosHAL) Exit(code int)                    { libos_exit(int32(code)) }
func (libosHAL) Kill(tid, sig int) abi.Errno      { return abi.Errno(libos_kill(int32(tid), int32(sig))) }
func (libosHAL) Munmap(addr, n uintptr) abi.Errno { return abi.Errno(libos_munmap(addr, n)) }
func (libosHAL) PollReady(pd uintptr, mode int)   { libos_pollReady(pd, int32(mode)) }
func (libosHAL) OnStack(p *byte) bool             { return libos_onStack(unsafe.Pointer(p)) }
func (libosHAL) NumCPU() int                      { return int(libos_numCPU()) }
func (libosHAL) MemInfo() (total, free uint64)    { return libos_memInfo() }
func (libosHAL) Hostname() string                 { return libos_hostname() }
func (libosHAL) WorkDir() string                  { return libos_workDir() }
func (libosHAL) CountENOSYS(num uintptr)          { libos_countENOSYS(num) }

func (libosHAL) Mmap(addr, n uintptr, prot, flags int) (uintptr, abi.Errno) {
	start, errno := libos_mmap(addr, n, int32(prot), int32(flags))
	return start, abi.Errno(errno)
}

func (libosHAL) Mprotect(addr, n uintptr, prot int) abi.Errno {
	return abi.Errno(libos_mprotect(addr, n, int32(prot)))
}

func (libosHAL) Madvise(addr, n uintptr, advice int) abi.Errno {
	return abi.Errno(libos_madvise(addr, n, int32(advice)))
}

func (libosHAL) Describe() (d posix.Description) {
	var s [8]uintptr
	libos_segments(&s)
	const read, write, exec = abi.ProtRead, abi.ProtWrite, abi.ProtExec
	d.Image = []posix.Segment{{s[0], s[1], read | exec}, {s[2], s[3], read}, {s[4], s[5], read | write}}
	d.Heap = posix.Segment{Start: s[6], End: s[7], Prot: read | write}
	d.ClockRate, d.StartNanos = libos_clocks()
	d.Args, d.Env = libos_args()
	return d
}

func (libosHAL) CPUID(leaf, subleaf uint32) (r [4]uint32) {
	libos_cpuid(leaf, subleaf, &r)
	return r
}

func (libosHAL) Threads() []int {
	var ids [1024]int32 // kern.MaxThreads
	tids := make([]int, libos_threads(&ids[0], int32(len(ids))))
	for i := range tids {
		tids[i] = int(ids[i])
	}
	return tids
}

func (libosHAL) Initrd() []byte {
	start, n := libos_initrd()
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(start), n)
}

func (libosHAL) RawKernel(num uintptr, a posix.Args) (uintptr, abi.Errno) {
	return libosRaw(num, &a)
}

// libosRaw turns pointers into numbers again, so the stack must not grow in it.
//
//go:nosplit
func libosRaw(num uintptr, a *posix.Args) (uintptr, abi.Errno) {
	u := a.Raw()
	r, _, errno := libos_rawCall(num, u[0], u[1], u[2], u[3], u[4], u[5])
	return r, abi.Errno(errno)
}

func (libosHAL) Tracing() bool { return libos_tracing() }

func (libosHAL) Trace(num uintptr, a posix.Args, result uintptr, start int64, unfinished bool) {
	libosTrace(num, &a, result, start, unfinished)
}

// libosTrace is as libosRaw is.
//
//go:nosplit
func libosTrace(num uintptr, a *posix.Args, result uintptr, start int64, unfinished bool) {
	u := a.Raw()
	libos_trace(num, &u, result, start, unfinished)
}
