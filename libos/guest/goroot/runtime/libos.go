//go:build unibench_guest

package runtime

import (
	goabi "internal/abi"
	"internal/libos/abi"
	"internal/libos/kern"
	"internal/runtime/atomic"
	"internal/runtime/math"
	"unsafe"
)

// This file joins package runtime in an image. It is what stands between the
// runtime, which believes to be on Linux, and package kern: the entries from
// assembly, the lock, the idle loop and the hypercalls.
//
// Everything but libosMainStart runs in library OS context: on the kernel stack
// of a vCPU, with a g that is only stack bounds, perhaps inside the runtime's
// own locks. So: no allocation, no write barrier, no lock of the runtime, no
// call of ABI0 assembly.

// libosKernel is the state of threads, signals and memory, under libosLock.
var libosKernel kern.Kernel

// libosState is the glue's own state, under libosLock but for what is atomic.
var libosState struct {
	lock     uint32
	spinning uint32  // vCPUs that look for work, 0 or 1
	started  uint64  // vCPUs that have been started, a mask
	waiting  uint64  // vCPUs in HypercallWait or not started, a mask
	xsave    uintptr // bytes of vector state
	rdrand   bool    // the CPU has RDRAND
	idle     libosIdleTime

	// deadline is what each vCPU in HypercallWait waits for.
	deadline [abi.MaxVCPUs]int64
}

// Constants for assembly.
const (
	libosMadvPrepare = kern.MadvPrepare
	libosMadvRelease = kern.MadvRelease
	libosMadvReuse   = kern.MadvReuse
	libosStats       = abi.StatsGPA
	libosStatsRaw    = unsafe.Offsetof(abi.StatsPage{}.RawSyscalls)
	libosPort        = abi.HypercallPort
	libosBoot        = abi.BootGPA
	libosBootTSC     = unsafe.Offsetof(abi.BootInfo{}.TSCBase)
	libosBootCPUID   = abi.BootGPA + unsafe.Offsetof(abi.BootInfo{}.CPUID)
)

func libosOut(number uintptr)
func libosTSC() uint64
func libosPause()
func libosMainStart()
func libosYield()
func libosSyscall()

//go:nosplit
func libosBootInfo() *abi.BootInfo {
	p := uintptr(abi.BootGPA)
	return *(**abi.BootInfo)(unsafe.Pointer(&p))
}

//go:nosplit
func libosStatsPage() *abi.StatsPage {
	p := uintptr(abi.StatsGPA)
	return *(**abi.StatsPage)(unsafe.Pointer(&p))
}

//go:nosplit
func libosPerCPU(i uintptr) *abi.PerCPU {
	p := uintptr(abi.PerCPUGPA) + i*abi.PerCPUStride
	return *(**abi.PerCPU)(unsafe.Pointer(&p))
}

// libosInit runs once, on vCPU 0, before anything of the runtime.
//
//go:nosplit
func libosInit(pc *abi.PerCPU) {
	boot := libosBootInfo()
	n := uintptr(boot.VCPUs)
	for i := uintptr(0); i < n; i++ {
		c := libosPerCPU(i)
		base := uintptr(unsafe.Pointer(c))
		gp := (*g)(unsafe.Pointer(&c.KernelG))
		gp.stack = stack{base + abi.PerCPUStack, base + abi.PerCPUStride}
		gp.stackguard0 = gp.stack.lo + stackGuard
		gp.stackguard1 = gp.stackguard0
	}
	libosState.waiting = 1<<n - 2
	libosState.idle.count = uint64(n - 1)
	libosState.idle.since = uint64(n-1) * boot.MonoBase
	libosState.xsave = (uintptr(boot.XSaveSize) + 63) &^ 63
	for _, e := range boot.CPUID[:boot.CPUIDCount] {
		if e.Leaf == 1 {
			libosState.rdrand = e.CX>>30&1 != 0
		}
	}
	libosKernel.Init(int(n))
	libosKernel.Mem.Init(uintptr(boot.MemStart), uintptr(boot.MemEnd), boot.MemLimit)
	libosStatsPage().Threads = libosKernel.Table()
	pc.Thread = 0
	pc.Started = 1
	libosState.started = 1
}

// libosNow returns the monotonic time in nanoseconds.
//
//go:nosplit
func libosNow() int64 {
	b := libosBootInfo()
	hi, lo := math.Mul64(libosTSC()-b.TSCBase, b.TSCMult)
	return int64(b.MonoBase + hi<<32 + lo>>32)
}

// libosAcquire takes the lock. It is held for less than a microsecond at a time,
// but while memory is cleared (kern.Memory.Use) or goes back to the host
// (libosReclaim). Waiting for much longer thus most likely means that the host took
// the CPU from the vCPU that has it: then the host gets this one too.
func libosAcquire(pc *abi.PerCPU) {
	for {
		for i := 0; i < libosLockSpins; i++ {
			if atomic.Load(&libosState.lock) == 0 && atomic.Cas(&libosState.lock, 0, 1) {
				return
			}
			libosPause()
		}
		libosOut(abi.HypercallYield)
	}
}

// libosLockSpins is some 20 us of PAUSE instructions.
const libosLockSpins = 1000

func libosRelease() { atomic.Store(&libosState.lock, 0) }

// libosHypercall leaves the VM.
func libosHypercall(pc *abi.PerCPU, number uintptr, a, b, c, d uint64) int64 {
	pc.Call.Args[0], pc.Call.Args[1], pc.Call.Args[2], pc.Call.Args[3] = a, b, c, d
	libosOut(number)
	return int64(pc.Call.Ret)
}

// libosExit ends the VM.
func libosExit(pc *abi.PerCPU, status, signal uint64) {
	fatal := uint64(0)
	if gp := libosThreadG(pc); gp != nil && gp.m != nil && gp.m.dying != 0 {
		fatal = 1 // throw, a panic, or a signal such as SIGQUIT
	}
	for {
		libosHypercall(pc, abi.HypercallExit, status, signal, fatal, 0)
	}
}

// libosKernelSyscall serves a system call of the thread in pc.Save. The result
// is for libosResume.
func libosKernelSyscall(pc *abi.PerCPU) uintptr {
	pc.Context = 0
	if libosBootInfo().Trace|(pc.Save.AX&libosSysOwn) != 0 && libosOwnCall(pc) {
		libosAcquire(pc)
		return libosFinish(pc, 0)
	}
	libosAcquire(pc)
	req := libosKernel.Syscall(pc, libosNow())
	switch req.Op {
	case kern.OpNone:
	case kern.OpWrite:
		libosWrite(pc, req.A[0], req.A[1], req.A[2])
	case kern.OpRead:
		libosRelease()
		pc.Save.AX = uint64(libosHypercall(pc, abi.HypercallRead, req.A[0], req.A[1], 0, 0))
		libosAcquire(pc)
	case kern.OpExit:
		libosExit(pc, req.A[0], req.A[1])
	case kern.OpKick:
		libosPost(pc, req.A[0], abi.EventSignal)
	case kern.OpProfile:
		atomic.Store64(&libosStatsPage().ProfileInterval, req.A[0])
	case kern.OpRestore:
		return libosFinish(pc, uintptr(req.A[0]))
	case kern.OpUnknown:
		libosCountENOSYS(uintptr(req.A[0]))
	}
	return libosFinish(pc, 0)
}

// libosSysOwn is a bit that the numbers of our own system calls have, and none of
// Linux.
const libosSysOwn = 0x4000

// libosOwnCall serves a call of our own. With tracing it sees all calls.
func libosOwnCall(pc *abi.PerCPU) bool {
	switch pc.Save.AX {
	case libosSysConsole:
		pc.Save.AX = uint64(libosHypercall(pc, abi.HypercallWrite, pc.Save.DI, pc.Save.SI, pc.Save.DX, 0))
		return true
	case libosSysNotify:
		pc.Save.AX = uint64(libosHypercall(pc, abi.HypercallNotify, pc.Save.DI, 0, 0, 0))
		return true
	case libosSysTrace:
		libosTraceRecord(pc)
		return true
	}
	if libosTracing() {
		libosTraceEnter(pc)
	}
	return false
}

// libosEINTR is the result of an interrupted call.
const libosEINTR = -4

// libosWrite writes to the console for the runtime itself, which tries nothing
// twice. The monitor does not wait for ever for a reader of the output: after the
// signals and the threads that want the vCPU meanwhile, the thread makes the call
// once more, as on Linux with SA_RESTART.
func libosWrite(pc *abi.PerCPU, fd, addr, n uint64) {
	libosRelease()
	r := libosHypercall(pc, abi.HypercallWrite, fd, addr, n, 0)
	libosAcquire(pc)
	if r != libosEINTR {
		pc.Save.AX = uint64(r)
		return
	}
	// As before libosSyscall was called: the return address is on the stack.
	pc.Save.SP -= 8
	pc.Save.IP = uint64(goabi.FuncPCABI0(libosSyscall))
	if libosTracing() {
		libosKernel.TraceLeave(pc) // to be reported once
	}
}

// libosCountENOSYS counts a system call that is not there.
func libosCountENOSYS(number uintptr) {
	if number < abi.MaxSyscall {
		atomic.Xadd(&libosStatsPage().ENOSYS[number], 1)
	}
}

// libosKernelEvents looks at the events that came while the thread at ctx (0:
// in pc.Save) was being resumed.
func libosKernelEvents(pc *abi.PerCPU, ctx uintptr) uintptr {
	libosAcquire(pc)
	return libosFinish(pc, ctx)
}

// libosFinish ends every stay in the library OS: it handles events, chooses a
// thread, delivers its signals, and releases the lock. ctx is where the
// registers of the running thread are, as for libosResume; the result too.
func libosFinish(pc *abi.PerCPU, ctx uintptr) uintptr {
	k := &libosKernel
	for {
		if k.Deadline() != kern.NoDeadline {
			k.Expire(libosNow())
		}
		if events := atomic.Xchg(&pc.Events, 0); events != 0 {
			ctx = libosEvents(pc, events, ctx)
		}
		if pc.Thread < 0 {
			ctx = 0
			if !k.Next(pc) {
				libosIdle(pc)
				continue
			}
		}
		pc.Context = uint64(ctx)
		if libosTracing() && ctx == 0 {
			libosTraceLeave(pc)
		}
		if !k.HasPending(pc) {
			break
		}
		ctx = libosSignal(pc, ctx)
	}
	var kick uint64
	if k.Runnable() > int32(libosState.spinning) && libosState.waiting != 0 {
		kick = libosState.waiting & -libosState.waiting // the lowest bit
	}
	if m := &k.Mem; m.Peak > libosStatsPage().MemPeak {
		libosStatsPage().MemPeak = m.Peak
	}
	if kick != 0 {
		libosPost(pc, kick, abi.EventWake)
	}
	libosRelease()
	return ctx
}

// libosSignal makes the running thread handle one pending signal.
func libosSignal(pc *abi.PerCPU, ctx uintptr) uintptr {
	k := &libosKernel
	sig := k.Pending(pc)
	if ctx != 0 && ctx != uintptr(unsafe.Pointer(&pc.Trap)) {
		// The end of a handler, straight into the next: the context moves to
		// where an interruption would have left it.
		pc.Trap = *(*abi.SigContext)(unsafe.Pointer(ctx))
		area := uint64(uintptr(unsafe.Pointer(pc)) + abi.PerCPUXSave)
		if pc.Trap.FPState != 0 {
			memmove(unsafe.Pointer(uintptr(area)), unsafe.Pointer(uintptr(pc.Trap.FPState)), libosState.xsave)
		} else {
			// The end of a system call, where vector registers hold
			// nothing: the initial state (Intel SDM volume 1, 13.6).
			const header, mxcsr, masked = 512, 24, 0x1f80
			memclrNoHeapPointers(unsafe.Pointer(uintptr(area)+header), 64)
			*(*uint32)(unsafe.Pointer(uintptr(area) + mxcsr)) = masked
		}
		pc.Trap.FPState = area
		ctx = uintptr(unsafe.Pointer(&pc.Trap))
		pc.Context = uint64(ctx)
	}
	const tkill = -6
	switch k.Deliver(pc, kern.Cause{Signal: sig, Code: tkill}, ctx != 0, false, libosState.xsave) {
	case kern.Fatal:
		libosExit(pc, 128+uint64(sig), uint64(sig))
	case kern.Handled:
		return 0
	}
	return ctx
}

// Idle times in nanoseconds.
const (
	// libosSpin is how long a vCPU of several looks for work before it leaves
	// the VM. One at a time does so: it takes what comes first, and more would
	// only take the host's CPUs from the vCPUs that work.
	libosSpin = 50_000
	// libosShort is how close a deadline has to be for leaving not to pay.
	libosShort = 100_000
	// libosStagger is by how much a vCPU lets a deadline pass for each one that
	// waits for the same already, so that not all wake up for it.
	libosStagger = 500_000
)

// When released memory goes back to the host: when a vCPU is about to wait this
// long, and there is this much of it.
const (
	libosReclaimIdle = 1_000_000
	libosReclaimMin  = 2 << 20
)

// libosReclaim gives released memory back to the host. The lock is held all the
// time: nobody may use a page again while it goes.
func libosReclaim(pc *abi.PerCPU) {
	from := uintptr(0)
	for {
		start, size := libosKernel.Mem.Reclaim(from)
		if size == 0 {
			return
		}
		libosHypercall(pc, abi.HypercallFree, uint64(start), uint64(size), 0, 0)
		from = start + size
	}
}

// libosIdle returns when there may be a thread to run or an event, with the
// lock held as on entry. First it polls, then it lets the host have the CPU.
func libosIdle(pc *abi.PerCPU) {
	k := &libosKernel
	s := &libosState
	now, deadline := libosNow(), k.Deadline()
	if s.spinning == 0 {
		until := now
		if libosBootInfo().VCPUs > 1 || libosNetPolling() {
			until += libosSpin
		}
		if deadline-now < libosShort {
			until = deadline
		}
		pc.Idle = abi.IdleSpin
		s.spinning = 1
		libosRelease()
		for libosNow() < until && k.Runnable() == 0 && atomic.Load(&pc.Events) == 0 && !libosNetChanged() {
			libosPause()
		}
		libosAcquire(pc)
		s.spinning = 0
		pc.Idle = abi.IdleNo
		if k.Runnable() != 0 || atomic.Load(&pc.Events) != 0 || libosNetChanged() && libosNetEvent(k) {
			return
		}
		now, deadline = libosNow(), k.Deadline()
		if deadline <= now {
			return
		}
	}
	s.deadline[pc.Index] = deadline
	if deadline != kern.NoDeadline {
		until := deadline
		for i, w := 0, s.waiting&s.started; w != 0; i, w = i+1, w>>1 {
			if w&1 != 0 && s.deadline[i] == until {
				deadline += libosStagger
			}
		}
	}
	if k.Mem.Released >= libosReclaimMin && deadline-now > libosReclaimIdle {
		libosReclaim(pc)
	}
	self := uint64(1) << pc.Index
	s.waiting |= self
	pc.Idle = abi.IdleWait
	start := libosNow()
	s.idle.change(1, start, 0)
	libosRelease()
	libosHypercall(pc, abi.HypercallWait, uint64(deadline), 0, 0, 0)
	libosAcquire(pc)
	s.idle.change(-1, -start, libosNow()-start)
	pc.Idle = abi.IdleNo
	s.waiting &^= self
}
