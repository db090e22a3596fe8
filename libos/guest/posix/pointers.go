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
)

// PointerMask says which arguments of call num point to memory of the caller.
// It runs before the stack may grow, so it is a leaf without calls. Addresses
// of mappings (mmap, munmap, mprotect, madvise) are numbers here: they are
// never on a stack. request is the second argument, on which the meaning of
// the third depends in some calls: a number must not be taken for a pointer,
// for the collector rejects pointers to free memory.
//
//go:nosplit
//go:norace
func PointerMask(num, request uintptr) uint8 {
	switch num {
	case linux.SysOpen, linux.SysCreat, linux.SysTruncate, linux.SysChdir, linux.SysRmdir, linux.SysUnlink,
		linux.SysMkdir, linux.SysChmod, linux.SysChown, linux.SysLchown, linux.SysAccess, linux.SysMknod,
		linux.SysGetcwd, linux.SysPipe, linux.SysPipe2, linux.SysUname, linux.SysSysinfo, linux.SysTimes,
		linux.SysTime, linux.SysGetrandom:
		return p1
	case linux.SysStat, linux.SysLstat, linux.SysStatfs, linux.SysRename, linux.SysLink, linux.SysSymlink,
		linux.SysReadlink, linux.SysUtime, linux.SysUtimes, linux.SysGettimeofday, linux.SysNanosleep,
		linux.SysSigaltstack, linux.SysCapget:
		return p1 | p2
	case linux.SysRead, linux.SysWrite, linux.SysPread64, linux.SysPwrite64, linux.SysReadv, linux.SysWritev,
		linux.SysPreadv, linux.SysPwritev, linux.SysFstat, linux.SysFstatfs, linux.SysGetdents64,
		linux.SysOpenat, linux.SysMkdirat, linux.SysMknodat, linux.SysUnlinkat, linux.SysFchmodat,
		linux.SysFchmodat2, linux.SysFchownat, linux.SysFaccessat, linux.SysFaccessat2, linux.SysGetrlimit,
		linux.SysSetrlimit, linux.SysGetrusage, linux.SysClockGettime, linux.SysClockGetres, linux.SysGetgroups,
		linux.SysGetitimer, linux.SysWait4:
		return p2
	case linux.SysNewfstatat, linux.SysReadlinkat, linux.SysUtimensat, linux.SysFutimesat,
		linux.SysRtSigaction, linux.SysRtSigprocmask, linux.SysSetitimer, linux.SysTimerCreate:
		return p2 | p3
	case linux.SysRenameat, linux.SysRenameat2, linux.SysLinkat:
		return p2 | p4
	case linux.SysSymlinkat:
		return p1 | p3
	case linux.SysGetresuid, linux.SysGetresgid, linux.SysGetcpu:
		return p1 | p2 | p3
	case linux.SysSendfile, linux.SysSchedGetaffinity:
		return p3
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
	case linux.SysCopyFileRange:
		return p2 | p4
	case linux.SysPrlimit64, linux.SysClockNanosleep, linux.SysTimerSettime:
		return p3 | p4
	case linux.SysStatx:
		return p2 | p5
	case linux.SysFutex:
		return p1 | p5
	}
	return socketPointers(num)
}

// socketPointers is PointerMask of the calls on sockets, and of polling.
//
//go:nosplit
//go:norace
func socketPointers(num uintptr) uint8 {
	switch num {
	case linux.SysBind, linux.SysConnect, linux.SysSendmsg, linux.SysRecvmsg, linux.SysSendmmsg,
		linux.SysEpollWait, linux.SysZcRecv, linux.SysZcDone:
		return p2
	case linux.SysAccept, linux.SysAccept4, linux.SysGetsockname, linux.SysGetpeername:
		return p2 | p3
	case linux.SysSendto, linux.SysRecvmmsg, linux.SysEpollPwait:
		return p2 | p5
	case linux.SysRecvfrom:
		return p2 | p5 | p6
	case linux.SysSocketpair, linux.SysSetsockopt, linux.SysEpollCtl:
		return p4
	case linux.SysGetsockopt:
		return p4 | p5
	case linux.SysPoll:
		return p1
	case linux.SysPpoll:
		return p1 | p3 | p4
	case linux.SysSelect:
		return p2 | p3 | p4 | p5
	case linux.SysPselect6:
		return p2 | p3 | p4 | p5 | p6
	case linux.SysEpollPwait2:
		return p2 | p4 | p5
	case linux.SysTimerfdSettime:
		return p3 | p4
	case linux.SysTimerfdGettime:
		return p2
	case linux.SysZcSend:
		return p2 | p4
	}
	return 0
}
