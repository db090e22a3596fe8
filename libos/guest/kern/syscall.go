package kern

import "unibench/libos/abi"

// System call numbers that the runtime uses (arch/x86/entry/syscalls/
// syscall_64.tbl).
const (
	sysRead             = 0
	sysWrite            = 1
	sysOpen             = 2
	sysClose            = 3
	sysMmap             = 9
	sysMprotect         = 10
	sysMunmap           = 11
	sysRtSigaction      = 13
	sysRtSigprocmask    = 14
	sysRtSigreturn      = 15
	sysSchedYield       = 24
	sysMincore          = 27
	sysMadvise          = 28
	sysNanosleep        = 35
	sysSetitimer        = 38
	sysGetpid           = 39
	sysClone            = 56
	sysExit             = 60
	sysKill             = 62
	sysFcntl            = 72
	sysSigaltstack      = 131
	sysPrctl            = 157
	sysArchPrctl        = 158
	sysGettid           = 186
	sysFutex            = 202
	sysSchedGetaffinity = 204
	sysClockGettime     = 228
	sysExitGroup        = 231
	sysTgkill           = 234
	sysOpenat           = 257
	sysClockNanosleep   = 230
)

// Op is what a system call asks of the caller of Syscall.
type Op uint8

// Operations.
const (
	OpNone    Op = iota // nothing: the result is in pc.Save.AX, or the thread has left pc
	OpWrite             // console write of A: descriptor, address, length
	OpRead              // read of standard input: address A[0], length A[1]
	OpExit              // end the program with status A[0], by signal A[1]
	OpKick              // make the vCPUs in mask A[0] look at their events
	OpRestore           // the registers are at address A[0]
	OpProfile           // deliver SIGPROF each A[0] nanoseconds of execution; 0: no more
	OpUnknown           // no such call here: count it
)

// Request is an operation with its arguments.
type Request struct {
	Op Op
	A  [3]uint64
}

// Syscall executes the system call in pc.Save of the running thread. now is the
// monotonic time in nanoseconds.
func (k *Kernel) Syscall(pc *abi.PerCPU, now int64) Request {
	r := &pc.Save
	switch r.AX {
	case sysFutex:
		return k.futex(pc, now)
	case sysSchedYield:
		k.Yield(pc)
	case sysNanosleep:
		k.nanosleep(pc, r.DI, now)
	case sysSetitimer:
		const profile = 2 // ITIMER_PROF, what the runtime uses
		if r.DI != profile || r.SI == 0 {
			r.AX = neg(ENOSYS)
			return Request{OpUnknown, [3]uint64{sysSetitimer}}
		}
		r.AX = 0
		return Request{OpProfile, [3]uint64{1e9*Load64(uintptr(r.SI)) + 1e3*Load64(uintptr(r.SI)+8)}}
	case sysGettid:
		r.AX = TID(pc.Thread)
	case sysGetpid:
		r.AX = 1
	case sysClone:
		r.AX = k.Clone(pc, r.DI, r.SI, r.R8)
	case sysExit:
		k.ExitThread(pc)
		return kick(k.Retarget(pc))
	case sysExitGroup:
		return Request{OpExit, [3]uint64{r.DI & 0xff}}
	case sysWrite:
		if r.DI != 1 && r.DI != 2 && r.DI-abi.FirstOutput >= abi.MaxOutputs {
			r.AX = neg(EBADF)
			break
		}
		return Request{OpWrite, [3]uint64{r.DI, r.SI, r.DX}}
	case sysRead:
		if r.DI != 0 {
			r.AX = neg(EBADF)
			break
		}
		return Request{OpRead, [3]uint64{r.SI, r.DX}}
	case sysFcntl:
		// The runtime asks at its start whether the standard descriptors
		// are open.
		r.AX = 0
		if r.DI > 2 {
			r.AX = neg(EBADF)
		}
	case sysClose:
		// The descriptors of the program are package posix's.
		r.AX = neg(EBADF)
	case sysArchPrctl:
		const setFS = 0x1002
		if r.DI != setFS {
			r.AX = neg(EINVAL)
			break
		}
		r.FS = r.SI
		r.AX = 0
	case sysRtSigaction:
		r.AX = k.Sigaction(r.DI, uintptr(r.SI), uintptr(r.DX))
	case sysRtSigprocmask:
		r.AX = k.Sigprocmask(pc, r.DI, uintptr(r.SI), uintptr(r.DX))
		return kick(k.Retarget(pc))
	case sysSigaltstack:
		r.AX = k.Sigaltstack(pc, uintptr(r.DI), uintptr(r.SI))
	case sysRtSigreturn:
		return Request{OpRestore, [3]uint64{uint64(k.Sigreturn(pc, uintptr(r.SP)))}}
	case sysTgkill:
		var cpu int32
		if r.AX, cpu = k.Tgkill(r.SI, r.DX); cpu >= 0 {
			return kick(1 << cpu)
		}
	case sysKill:
		if r.SI > MaxSignal {
			r.AX = neg(EINVAL)
			break
		}
		r.AX = 0
		if r.SI == 0 {
			break
		}
		return kick(k.Kill(bit(int(r.SI))))
	case sysMmap:
		r.AX = k.mmap(r)
	case sysMunmap:
		r.AX = 0
		if !k.Mem.Free(uintptr(r.DI), uintptr(r.SI)) {
			r.AX = neg(EINVAL)
		}
	case sysMadvise:
		k.madvise(r)
	case sysMincore:
		r.AX = k.mincore(uintptr(r.DI), uintptr(r.SI), uintptr(r.DX))
	case sysMprotect:
		k.mprotect(r)
	case sysSchedGetaffinity:
		if r.SI < 8 {
			r.AX = neg(EINVAL)
			break
		}
		Store64(uintptr(r.DX), 1<<k.vcpus-1)
		r.AX = 8
	case sysPrctl:
		r.AX = neg(EINVAL)
	case sysOpen, sysOpenat:
		r.AX = neg(ENOENT)
	case sysClockGettime:
		Store64(uintptr(r.SI), uint64(now/1e9))
		Store64(uintptr(r.SI)+8, uint64(now%1e9))
		r.AX = 0
	default:
		call := r.AX
		r.AX = neg(ENOSYS)
		return Request{OpUnknown, [3]uint64{call}}
	}
	return Request{}
}

// kick asks to make the vCPUs of a mask look at their events, if there are any.
func kick(cpus uint64) Request {
	if cpus == 0 {
		return Request{}
	}
	return Request{OpKick, [3]uint64{cpus}}
}

func (k *Kernel) futex(pc *abi.PerCPU, now int64) Request {
	r := &pc.Save
	addr := uintptr(r.DI)
	switch r.SI & futexOpMask {
	case futexWait:
		deadline := forever
		if r.R10 != 0 {
			var ok bool
			if deadline, ok = timespec(uintptr(r.R10), now); !ok {
				r.AX = neg(EINVAL)
				break
			}
		}
		if errno := k.FutexWait(pc, addr, uint32(r.DX), deadline); errno != 0 {
			r.AX = neg(errno)
		}
	case futexWake:
		r.AX = k.FutexWake(addr, uint32(r.DX))
	default:
		r.AX = neg(ENOSYS)
		return Request{OpUnknown, [3]uint64{sysFutex}}
	}
	return Request{}
}

// timespec adds the struct timespec at addr to now; a sum beyond the end of time
// is the end of time. It returns false for what is no time (Linux's
// timespec64_valid).
func timespec(addr uintptr, now int64) (int64, bool) {
	s, ns := int64(Load64(addr)), Load64(addr+8)
	if s < 0 || ns >= 1e9 {
		return 0, false
	}
	if s > 1<<32 {
		return NoDeadline - 1, true
	}
	return now + s*1e9 + int64(ns), true
}

func (k *Kernel) nanosleep(pc *abi.PerCPU, ts uint64, now int64) {
	until, ok := timespec(uintptr(ts), now)
	if !ok {
		pc.Save.AX = neg(EINVAL)
		return
	}
	pc.Save.AX = 0
	if errno := k.Sleep(pc, until); errno != 0 {
		pc.Save.AX = neg(errno)
	}
}

// Flags of mmap and values of madvise.
const (
	protNone     = 0
	mapFixed     = 0x10
	mapAnonymous = 0x20

	// MapTop is no flag of Linux: what is mapped is no memory of the runtime's
	// own. See Memory.ReserveTop.
	MapTop = 1 << 30

	// These are no advice of Linux: the runtime's sysMap, sysUnused and
	// sysUsed give it.
	MadvPrepare = 999
	MadvRelease = 1000
	MadvReuse   = 1001

	madvNormal   = 0
	madvDontNeed = 4
	madvCollapse = 25
)

// mmap serves the runtime's three uses: reserve (no protection), use a part of
// a reservation (fixed), and both at once.
func (k *Kernel) mmap(r *abi.Registers) uint64 {
	addr, n := uintptr(r.DI), uintptr(r.SI)
	switch {
	case n == 0:
		return neg(EINVAL)
	case n > maxLength:
		return neg(ENOMEM)
	}
	if r.R10&mapAnonymous == 0 {
		return neg(ENOSYS)
	}
	if r.R10&mapFixed != 0 {
		switch {
		case addr%pageSize != 0:
			return neg(EINVAL)
		case r.DX == protNone && !k.Mem.Unuse(addr, n),
			r.DX != protNone && !k.Mem.Use(addr, n):
			return neg(ENOMEM)
		}
		return r.DI
	}
	// A hint that is not honoured makes Go's heap give the address back and
	// try the next hint, of which it has more than a hundred: a plain no takes
	// it to the end of them at once.
	if addr != 0 {
		return neg(ENOMEM)
	}
	at := uintptr(0)
	if r.R10&MapTop != 0 {
		at = k.Mem.ReserveTop(n)
	} else {
		at = k.Mem.Reserve(n)
	}
	if at == 0 {
		return neg(ENOMEM)
	}
	if r.DX != protNone && !k.Mem.Use(at, n) {
		k.Mem.Free(at, n)
		return neg(ENOMEM)
	}
	return uint64(at)
}

// mprotect gives addresses memory that were reserved without. Otherwise all
// memory stays readable and writable: the page tables are out of reach. Programs
// use it to catch their own mistakes.
func (k *Kernel) mprotect(r *abi.Registers) {
	addr, n := uintptr(r.DI), uintptr(r.SI)
	r.AX = 0
	switch {
	case addr%pageSize != 0:
		r.AX = neg(EINVAL)
	case n == 0:
	case !k.Mem.contains(addr, n), !k.Mem.reserved(addr, addr+round(n)),
		r.DX != protNone && !k.Mem.Ensure(addr, n):
		r.AX = neg(ENOMEM)
	}
}

// mincore stores a byte for each page of a range: 1 if it has memory.
func (k *Kernel) mincore(addr, n, vector uintptr) uint64 {
	switch {
	case addr%pageSize != 0:
		return neg(EINVAL)
	case n == 0:
		return 0
	case !k.Mem.contains(addr, n):
		return neg(ENOMEM)
	}
	for i := uintptr(0); i < round(n)/pageSize; i++ {
		present := byte(0)
		if k.Mem.inUse.get(addr + i*pageSize) {
			present = 1
		}
		store8(vector+i, present)
	}
	return 0
}

// madvise takes the heap's word on what it needs; other advice changes nothing
// here, where pages are large from the start.
func (k *Kernel) madvise(r *abi.Registers) {
	addr, n := uintptr(r.DI), uintptr(r.SI)
	advice := r.DX
	r.AX = 0
	switch {
	case addr%pageSize != 0:
		r.AX = neg(EINVAL)
	case n == 0:
	case !k.Mem.contains(addr, n), advice == madvNormal && !k.Mem.reserved(addr, addr+round(n)):
		r.AX = neg(ENOMEM)
	case advice == madvDontNeed:
		k.Mem.Clear(addr, n)
	case advice == MadvRelease:
		k.Mem.Release(addr, n)
	case advice == MadvPrepare && !k.Mem.Prepare(addr, n),
		advice == MadvReuse && !k.Mem.Reuse(addr, n):
		r.AX = neg(ENOMEM)
	case advice == madvCollapse:
		r.AX = neg(EINVAL)
	}
}
