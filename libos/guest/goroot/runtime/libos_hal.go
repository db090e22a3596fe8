//go:build unibench_guest

package runtime

import (
	"internal/chacha8rand"
	"internal/libos/abi"
	"internal/libos/kern"
	"internal/runtime/atomic"
	"internal/runtime/syscall/linux"
	"unsafe"
)

// These functions are what the file layer, package posix, is given by the
// runtime, by linkname; posix.HAL says what each has to do. They run on
// ordinary goroutines. Those that leave the VM go through a system call, since
// only library OS code stays on its vCPU between filling in a hypercall's
// arguments and making it.

// System calls that package kern serves.
const (
	libosSysRead     = 0
	libosSysMmap     = 9
	libosSysMprotect = 10
	libosSysMunmap   = 11
	libosSysMadvise  = 28
	libosSysKill     = 62
	libosSysTgkill   = 234
)

// libosErrno splits a result of Syscall6.
//
//go:nosplit
func libosErrno(r1, _, errno uintptr) (int32, int32) {
	if errno != 0 {
		return 0, int32(errno)
	}
	return int32(r1), 0
}

// libosSysConsole is the number of a system call of our own: write to the console,
// or EINTR if nobody reads what was written before.
const libosSysConsole = 0x4c03

// libos_consoleWrite lets other goroutines run while it waits for a reader of the
// output, which a vCPU cannot do for as long as it is outside of the VM.
//
//go:linkname libos_consoleWrite
func libos_consoleWrite(fd int32, p unsafe.Pointer, n int32) (written, errno int32) {
	for {
		written, errno = libosErrno(linux.Syscall6(libosSysConsole, uintptr(fd), uintptr(p), uintptr(n), 0, 0, 0))
		if errno != -libosEINTR {
			return
		}
		Gosched()
	}
}

//go:linkname libos_consoleRead
//go:nosplit
func libos_consoleRead(p unsafe.Pointer, n int32) (read, errno int32) {
	atomic.Store(&libosPoller.ready, 0)
	return libosErrno(libosCall6(libosSysRead, 0, uintptr(p), uintptr(n), 0, 0, 0))
}

// libos_waitStdin parks the goroutine until the monitor reports input. One
// goroutine waits at a time.
//
//go:linkname libos_waitStdin
func libos_waitStdin() {
	netpollGenericInit()
	netpollAdjustWaiters(1)
	gopark(libosStdinCommit, nil, waitReasonIOWait, traceBlockNet, 2)
}

// libosStdinCommit makes gp the one that waits, or does not park it if the
// input is there already. It runs on g0.
//
//go:nowritebarrierrec
func libosStdinCommit(gp *g, _ unsafe.Pointer) bool {
	libosPoller.stdin.Store(uintptr(unsafe.Pointer(gp)))
	if atomic.Load(&libosPoller.ready) != 0 && libosPoller.stdin.Swap(0) != 0 {
		netpollAdjustWaiters(-1)
		return false
	}
	return true
}

//go:linkname libos_consoleMode
func libos_consoleMode(fd int32) uint32 {
	return uint32(libosBootInfo().Stdio[fd&3] &^ abi.StdioTerminal)
}

//go:linkname libos_consoleIsTTY
func libos_consoleIsTTY(fd int32) bool {
	return libosBootInfo().Stdio[fd&3]&abi.StdioTerminal != 0
}

//go:linkname libos_wallTime
func libos_wallTime() (sec int64, nsec int32) {
	sec, nsec, _ = time_now()
	return
}

//go:linkname libos_monoTime
func libos_monoTime() int64 { return nanotime() }

// libosIdleTime is the time for which vCPUs had nothing to do: in HypercallWait, or
// not started. It is changed under libosLock and read without: seq is odd meanwhile.
type libosIdleTime struct {
	seq    uint32
	count  uint64 // vCPUs that have nothing to do now
	since  uint64 // times since which they have, summed
	waited uint64 // nanoseconds that vCPUs had nothing to do before, summed
}

func (t *libosIdleTime) change(count, since, waited int64) {
	atomic.Xadd(&t.seq, 1)
	atomic.Xadd64(&t.count, count)
	atomic.Xadd64(&t.since, since)
	atomic.Xadd64(&t.waited, waited)
	atomic.Xadd(&t.seq, 1)
}

// libos_cpuTime returns the time of the vCPUs that was not spent in waiting.
//
//go:linkname libos_cpuTime
func libos_cpuTime() int64 {
	b := libosBootInfo()
	t := &libosState.idle
	for {
		seq := atomic.Load(&t.seq)
		now := nanotime()
		idle := int64(atomic.Load64(&t.count))*now - int64(atomic.Load64(&t.since)) + int64(atomic.Load64(&t.waited))
		if seq&1 == 0 && atomic.Load(&t.seq) == seq {
			return max(int64(b.VCPUs)*(now-int64(b.MonoBase))-idle, 0)
		}
	}
}

// libosRandom is the generator behind libos_random: ChaCha8 with key erasure,
// seeded by the monitor, its output mixed with RDRAND where there is one.
var libosRandom struct {
	lock   mutex
	seeded bool
	state  chacha8rand.State
}

func libosRDRAND() uint64

//go:linkname libos_random
func libos_random(p unsafe.Pointer, n int) {
	r := &libosRandom
	for i := 0; i < n; i += 8 {
		lock(&r.lock)
		if !r.seeded {
			r.state.Init([32]byte(libosBootInfo().Seed[:32]))
			r.seeded = true
		}
		x, ok := r.state.Next()
		for !ok {
			r.state.Refill()
			x, ok = r.state.Next()
		}
		unlock(&r.lock)
		if libosState.rdrand {
			x ^= libosRDRAND()
		}
		for j := i; j < n && j < i+8; j++ {
			*(*byte)(add(p, uintptr(j))) = byte(x)
			x >>= 8
		}
	}
}

//go:linkname libos_exit
func libos_exit(code int32) { exit(code) }

//go:linkname libos_kill
func libos_kill(tid, sig int32) (errno int32) {
	if tid == 0 {
		_, errno = libosErrno(libosCall6(libosSysKill, 1, uintptr(sig), 0, 0, 0, 0))
	} else {
		_, errno = libosErrno(libosCall6(libosSysTgkill, 1, uintptr(tid), uintptr(sig), 0, 0, 0))
	}
	return errno
}

//go:linkname libos_mmap
func libos_mmap(addr, n uintptr, prot, flags int32) (start uintptr, errno int32) {
	r, _, e := libosCall6(libosSysMmap, addr, n, uintptr(prot), uintptr(flags)|kern.MapTop, ^uintptr(0), 0)
	return r, int32(e)
}

//go:linkname libos_munmap
func libos_munmap(addr, n uintptr) (errno int32) {
	_, _, e := libosCall6(libosSysMunmap, addr, n, 0, 0, 0, 0)
	return int32(e)
}

//go:linkname libos_mprotect
func libos_mprotect(addr, n uintptr, prot int32) (errno int32) {
	_, _, e := libosCall6(libosSysMprotect, addr, n, uintptr(prot), 0, 0, 0)
	return int32(e)
}

//go:linkname libos_madvise
func libos_madvise(addr, n uintptr, advice int32) (errno int32) {
	_, _, e := libosCall6(libosSysMadvise, addr, n, uintptr(advice), 0, 0, 0)
	return int32(e)
}

// libos_pollReady makes the goroutines ready that wait for pd.
//
//go:linkname libos_pollReady
func libos_pollReady(pd uintptr, mode int32) {
	desc := (*pollDesc)(unsafe.Pointer(pd))
	delta := int32(0)
	var rg, wg *g
	if mode == 'r' || mode == 'r'+'w' {
		rg = netpollunblock(desc, 'r', true, &delta)
	}
	if mode == 'w' || mode == 'r'+'w' {
		wg = netpollunblock(desc, 'w', true, &delta)
	}
	netpollAdjustWaiters(delta)
	if rg != nil {
		netpollgoready(rg, 3)
	}
	if wg != nil {
		netpollgoready(wg, 3)
	}
}

//go:linkname libos_setPoller
func libos_setPoller(open func(fd int32, pd uintptr) (errno int32), close func(fd int32) (errno int32)) {
	libosPoller.open, libosPoller.close = open, close
}

// libos_onStack needs no lock: nobody but this goroutine, which is here, moves its
// stack while it runs, and p moves along.
//
//go:nosplit
//go:linkname libos_onStack
func libos_onStack(p unsafe.Pointer) bool {
	s := getg().stack
	return s.lo <= uintptr(p) && uintptr(p) < s.hi
}

//go:linkname libos_numCPU
func libos_numCPU() int32 { return int32(libosBootInfo().VCPUs) }

//go:linkname libos_memInfo
func libos_memInfo() (total, free uint64) {
	total = libosBootInfo().MemLimit
	return total, total - min(total, atomic.Load64(&libosKernel.Mem.InUse))
}

//go:linkname libos_initrd
func libos_initrd() (start unsafe.Pointer, n uintptr) {
	b := libosBootInfo()
	return *(*unsafe.Pointer)(unsafe.Pointer(&b.InitrdStart)), uintptr(b.InitrdSize)
}

//go:linkname libos_hostname
func libos_hostname() string {
	return gostringnocopy(&libosBootInfo().Hostname[0])
}

//go:linkname libos_workDir
func libos_workDir() string {
	return gostringnocopy(&libosBootInfo().WorkDir[0])
}

//go:linkname libos_countENOSYS
func libos_countENOSYS(num uintptr) { libosCountENOSYS(num) }

// libosMaxStack is the most that a goroutine's stack may grow to: as much as on
// Linux, or a third of the memory, since a stack that grows is there twice.
// Runaway recursion then ends in Go's own error and not in lack of memory.
func libosMaxStack() uintptr {
	return min(1000000000, uintptr(libosBootInfo().MemLimit/3))
}

// libosMemoryLimit is the collector's memory limit if the environment sets none:
// below what there is, so that the heap is collected instead of growing into the
// wall. The limit is a soft one: while the vCPU of a collecting thread waits for
// a CPU of the host, the others go on allocating. The room for that is a quarter
// of the memory, 64 MiB at most.
func libosMemoryLimit() int64 {
	limit := int64(libosBootInfo().MemLimit)
	return limit - min(limit/4, 64<<20)
}
