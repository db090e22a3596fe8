package posix

import "unibench/libos/guest/linux"

// Bits of PointerMask: bit i is argument i.
const (
	p1 = 1 << iota
	p2
	p3
	p4
	p5
	p6
	// byRequest marks calls whose second argument decides.
	byRequest = 1 << 7
)

// pointerMasks says for each call which arguments point to memory of the caller.
// Addresses of mappings (mmap, munmap, mprotect, madvise) are numbers here: they are
// never on a stack. It is data, not code: every system call looks here first.
var pointerMasks = [...]uint8{
	linux.SysOpen: p1, linux.SysCreat: p1, linux.SysTruncate: p1, linux.SysChdir: p1, linux.SysRmdir: p1,
	linux.SysUnlink: p1, linux.SysMkdir: p1, linux.SysChmod: p1, linux.SysChown: p1, linux.SysLchown: p1,
	linux.SysAccess: p1, linux.SysMknod: p1, linux.SysGetcwd: p1, linux.SysPipe: p1, linux.SysPipe2: p1,
	linux.SysUname: p1, linux.SysSysinfo: p1, linux.SysTimes: p1, linux.SysTime: p1, linux.SysGetrandom: p1,
	linux.SysPoll: p1,
	linux.SysStat: p1 | p2, linux.SysLstat: p1 | p2, linux.SysStatfs: p1 | p2, linux.SysRename: p1 | p2,
	linux.SysLink: p1 | p2, linux.SysSymlink: p1 | p2, linux.SysReadlink: p1 | p2, linux.SysUtime: p1 | p2,
	linux.SysUtimes: p1 | p2, linux.SysGettimeofday: p1 | p2, linux.SysNanosleep: p1 | p2,
	linux.SysSigaltstack: p1 | p2, linux.SysCapget: p1 | p2,
	linux.SysRead: p2, linux.SysWrite: p2, linux.SysPread64: p2, linux.SysPwrite64: p2, linux.SysReadv: p2,
	linux.SysWritev: p2, linux.SysPreadv: p2, linux.SysPwritev: p2, linux.SysFstat: p2, linux.SysFstatfs: p2,
	linux.SysGetdents64: p2, linux.SysOpenat: p2, linux.SysMkdirat: p2, linux.SysMknodat: p2, linux.SysUnlinkat: p2,
	linux.SysFchmodat: p2, linux.SysFchmodat2: p2, linux.SysFchownat: p2, linux.SysFaccessat: p2,
	linux.SysFaccessat2: p2, linux.SysGetrlimit: p2, linux.SysSetrlimit: p2, linux.SysGetrusage: p2,
	linux.SysClockGettime: p2, linux.SysClockGetres: p2, linux.SysGetgroups: p2, linux.SysGetitimer: p2,
	linux.SysWait4: p2, linux.SysSetgroups: p2, linux.SysBind: p2, linux.SysConnect: p2, linux.SysSendmsg: p2, linux.SysRecvmsg: p2,
	linux.SysSendmmsg: p2, linux.SysEpollWait: p2, linux.SysTimerfdGettime: p2,
	linux.SysNewfstatat: p2 | p3, linux.SysReadlinkat: p2 | p3, linux.SysUtimensat: p2 | p3,
	linux.SysFutimesat: p2 | p3, linux.SysRtSigaction: p2 | p3, linux.SysRtSigprocmask: p2 | p3,
	linux.SysSetitimer: p2 | p3, linux.SysTimerCreate: p2 | p3, linux.SysAccept: p2 | p3, linux.SysAccept4: p2 | p3,
	linux.SysGetsockname: p2 | p3, linux.SysGetpeername: p2 | p3,
	linux.SysRenameat: p2 | p4, linux.SysRenameat2: p2 | p4, linux.SysLinkat: p2 | p4, linux.SysCopyFileRange: p2 | p4,
	linux.SysSplice:    p2 | p4,
	linux.SysSymlinkat: p1 | p3,
	linux.SysGetresuid: p1 | p2 | p3, linux.SysGetresgid: p1 | p2 | p3, linux.SysGetcpu: p1 | p2 | p3,
	linux.SysSendfile: p3, linux.SysSchedGetaffinity: p3, linux.SysMincore: p3,
	linux.SysPrlimit64: p3 | p4, linux.SysClockNanosleep: p3 | p4, linux.SysTimerSettime: p3 | p4,
	linux.SysTimerfdSettime: p3 | p4,
	linux.SysStatx:          p2 | p5, linux.SysSendto: p2 | p5, linux.SysRecvmmsg: p2 | p5, linux.SysEpollPwait: p2 | p5,
	linux.SysRecvfrom:   p2 | p5 | p6,
	linux.SysSocketpair: p4, linux.SysSetsockopt: p4, linux.SysEpollCtl: p4,
	linux.SysGetsockopt:  p4 | p5,
	linux.SysPpoll:       p1 | p3 | p4,
	linux.SysSelect:      p2 | p3 | p4 | p5,
	linux.SysPselect6:    p2 | p3 | p4 | p5 | p6,
	linux.SysEpollPwait2: p2 | p4 | p5,

	linux.SysMemfdCreate: p1, linux.SysPrctl: p2, linux.SysSchedSetparam: p2, linux.SysSchedGetparam: p2,
	linux.SysSetxattr: p1, linux.SysLsetxattr: p1, linux.SysGetxattr: p1, linux.SysLgetxattr: p1,
	linux.SysListxattr: p1, linux.SysLlistxattr: p1, linux.SysRemovexattr: p1, linux.SysLremovexattr: p1,
	linux.SysSchedSetscheduler: p3, linux.SysSchedSetaffinity: p3, linux.SysCapset: p1 | p2,
	linux.SysPreadv2: p2, linux.SysPwritev2: p2, linux.SysOpenat2: p2 | p3,

	linux.SysIoctl: byRequest, linux.SysFcntl: byRequest, linux.SysFutex: byRequest,
}

// Operations of futex(2) with more than one pointer.
const (
	futexWait          = 0
	futexRequeue       = 3
	futexCmpRequeue    = 4
	futexWakeOp        = 5
	futexLockPI        = 6
	futexWaitBitset    = 9
	futexWaitRequeuePI = 11
	futexCmpRequeuePI  = 12
	futexLockPI2       = 13
)

// futexPointers is PointerMask of futex(2) by the operation, without its flags, which are
// the bits above. Argument 4 is a struct timespec where the operation waits, and a count
// where it moves those that wait to the word of argument 5. It is data, since each word
// on the stack counts here.
var futexPointers = [16]uint8{
	futexWait: p1 | p4, 1: p1, 2: p1, futexRequeue: p1 | p5, futexCmpRequeue: p1 | p5, futexWakeOp: p1 | p5, futexLockPI: p1 | p4,
	7: p1, 8: p1, futexWaitBitset: p1 | p4, 10: p1, futexWaitRequeuePI: p1 | p4 | p5, futexCmpRequeuePI: p1 | p5, futexLockPI2: p1 | p4,
	14: p1, 15: p1,
}

// pointersByRequest is PointerMask of the calls with several meanings, and of those
// beyond Linux's. A number must not be taken for a pointer, for the collector rejects
// pointers to free memory.
//
//go:nosplit
//go:norace
func pointersByRequest(num, request uintptr) uint8 {
	switch num {
	case linux.SysIoctl:
		switch request {
		case linux.Tcgets, linux.Tiocgwinsz, linux.Fionread, linux.Fionbio, linux.Tiocoutq,
			linux.Siocgifname, linux.Siocgifconf, linux.Siocgifflags, linux.Siocgifaddr, linux.Siocgifbrdaddr,
			linux.Siocgifnetmask, linux.Siocgifmtu, linux.Siocgifhwaddr, linux.Siocgifindex, linux.Siocgiftxqlen:
			return p3
		}
	case linux.SysFcntl:
		switch request {
		case linux.FGetlk, linux.FSetlk, linux.FSetlkw, linux.FOfdGetlk, linux.FOfdSetlk, linux.FOfdSetlkw:
			return p3
		}
	case linux.SysFutex:
		return futexPointers[request%uintptr(len(futexPointers))]
	case linux.SysZcRecv, linux.SysZcDone:
		return p2
	case linux.SysZcSend:
		return p2 | p4
	}
	return 0
}
