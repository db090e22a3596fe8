package posix

import "unibench/libos/guest/linux"

// answer makes system call num for Syscall.
func (p *Process) answer(num uintptr, a *Args) (r1, r2, errno uintptr) {
	if p.tracing {
		return p.traced(num, a)
	}
	r, e := p.dispatch(num, a)
	if e != 0 {
		return ^uintptr(0), 0, uintptr(e)
	}
	return r, 0, 0
}

// dispatch makes the calls, in one switch, which the compiler turns into one jump; by
// subject. A table of functions would do the same, but what is called by a variable
// makes Args escape to the heap.
func (p *Process) dispatch(num uintptr, a *Args) (uintptr, linux.Errno) {
	const cwd = linux.AtFdcwd
	switch num {
	// Descriptors that are open.
	case linux.SysRead:
		return p.sysRead(a)
	case linux.SysWrite:
		return p.sysWrite(a)
	case linux.SysPread64:
		return p.sysPread(a)
	case linux.SysPwrite64:
		return p.sysPwrite(a)
	case linux.SysReadv:
		return p.sysReadv(a, false)
	case linux.SysWritev:
		return p.sysWritev(a, false)
	case linux.SysPreadv:
		return p.sysReadv(a, true)
	case linux.SysPwritev:
		return p.sysWritev(a, true)
	case linux.SysPreadv2:
		return p.sysVectorFlags(a, false)
	case linux.SysPwritev2:
		return p.sysVectorFlags(a, true)
	case linux.SysFadvise64, linux.SysReadahead, linux.SysSyncFileRange:
		return 0, p.sysAdvise(num, a)
	case linux.SysLseek:
		return p.sysLseek(a)
	case linux.SysClose:
		return 0, p.close(a.int(0))
	case linux.SysFstat:
		return 0, p.sysFstat(a)
	case linux.SysFstatfs:
		return 0, p.sysFstatfs(a)
	case linux.SysFtruncate:
		return 0, p.sysFtruncate(a)
	case linux.SysFallocate:
		return 0, p.sysFallocate(a)
	case linux.SysGetdents64:
		return p.sysGetdents(a)
	case linux.SysFsync, linux.SysFdatasync, linux.SysSyncfs:
		return 0, p.sysFsync(a, num == linux.SysSyncfs)
	case linux.SysSync:
		return 0, 0 // memory is all there is
	case linux.SysFchmod:
		return 0, p.sysFchmod(a)
	case linux.SysFchown:
		return 0, p.sysFchown(a)
	case linux.SysFlock:
		return 0, p.sysFlock(a)
	case linux.SysFcntl:
		return p.sysFcntl(a)
	case linux.SysIoctl:
		return 0, p.sysIoctl(a)
	case linux.SysDup:
		return p.sysDup(a)
	case linux.SysDup2:
		return ret(p.dup(a.int(0), a.int(1), false))
	case linux.SysDup3:
		return p.sysDup3(a)
	case linux.SysCloseRange:
		return 0, p.sysCloseRange(a)
	case linux.SysPipe:
		return 0, p.sysPipe(a, 0)
	case linux.SysPipe2:
		return 0, p.sysPipe(a, a.int(1))
	case linux.SysSendfile:
		return p.sysSendfile(a)
	case linux.SysCopyFileRange:
		return p.sysCopyFileRange(a)
	case linux.SysSplice:
		return p.sysSplice(a)
	case linux.SysTee:
		return p.sysTee(a)

	// Paths.
	case linux.SysOpen:
		return p.sysOpen(a, cwd, 0, a.int(1), a.uint32(2))
	case linux.SysCreat:
		return p.sysOpen(a, cwd, 0, linux.OCreat|linux.OWronly|linux.OTrunc, a.uint32(1))
	case linux.SysOpenat:
		return p.sysOpen(a, a.int(0), 1, a.int(2), a.uint32(3))
	case linux.SysOpenat2:
		return p.sysOpenat2(a)
	case linux.SysStat:
		return 0, p.sysStat(a, cwd, 0, 0)
	case linux.SysLstat:
		return 0, p.sysStat(a, cwd, 0, linux.AtSymlinkNofollow)
	case linux.SysNewfstatat:
		return 0, p.sysStat(a, a.int(0), 1, a.int(3))
	case linux.SysStatx:
		return 0, p.sysStatx(a)
	case linux.SysStatfs:
		return 0, p.sysStatfs(a)
	case linux.SysAccess:
		return 0, p.sysAccess(a, cwd, 0, 0)
	case linux.SysFaccessat:
		return 0, p.sysAccess(a, a.int(0), 1, 0)
	case linux.SysFaccessat2:
		return 0, p.sysAccess(a, a.int(0), 1, a.int(3))
	case linux.SysTruncate:
		return 0, p.sysTruncate(a)
	case linux.SysMkdir:
		return 0, p.sysMkdir(a, cwd, 0)
	case linux.SysMkdirat:
		return 0, p.sysMkdir(a, a.int(0), 1)
	case linux.SysMknod:
		return 0, p.sysMknod(a, cwd, 0)
	case linux.SysMknodat:
		return 0, p.sysMknod(a, a.int(0), 1)
	case linux.SysRmdir:
		return 0, p.sysUnlink(a, cwd, 0, linux.AtRemovedir)
	case linux.SysUnlink:
		return 0, p.sysUnlink(a, cwd, 0, 0)
	case linux.SysUnlinkat:
		return 0, p.sysUnlink(a, a.int(0), 1, a.int(2))
	case linux.SysRename:
		return 0, p.sysRename(a, cwd, 0, cwd, 1, 0)
	case linux.SysRenameat:
		return 0, p.sysRename(a, a.int(0), 1, a.int(2), 3, 0)
	case linux.SysRenameat2:
		return 0, p.sysRename(a, a.int(0), 1, a.int(2), 3, a.int(4))
	case linux.SysLink:
		return 0, p.sysLink(a, cwd, 0, cwd, 1, 0)
	case linux.SysLinkat:
		return 0, p.sysLink(a, a.int(0), 1, a.int(2), 3, a.int(4))
	case linux.SysSymlink:
		return 0, p.sysSymlink(a, cwd, 1)
	case linux.SysSymlinkat:
		return 0, p.sysSymlink(a, a.int(1), 2)
	case linux.SysReadlink:
		return p.sysReadlink(a, cwd, 0)
	case linux.SysReadlinkat:
		return p.sysReadlink(a, a.int(0), 1)
	case linux.SysChmod:
		return 0, p.sysChmod(a, cwd, 0, 0)
	case linux.SysFchmodat:
		return 0, p.sysChmod(a, a.int(0), 1, 0)
	case linux.SysFchmodat2:
		return 0, p.sysChmod(a, a.int(0), 1, a.int(3))
	case linux.SysChown:
		return 0, p.sysChown(a, cwd, 0, 0)
	case linux.SysLchown:
		return 0, p.sysChown(a, cwd, 0, linux.AtSymlinkNofollow)
	case linux.SysFchownat:
		return 0, p.sysChown(a, a.int(0), 1, a.int(4))
	case linux.SysUtimensat:
		return 0, p.sysUtimensat(a)
	case linux.SysUtimes:
		return 0, p.sysUtimes(a, cwd, 0)
	case linux.SysFutimesat:
		return 0, p.sysUtimes(a, a.int(0), 1)
	case linux.SysUtime:
		return 0, p.sysUtime(a)
	case linux.SysChdir:
		return 0, p.sysChdir(a)
	case linux.SysFchdir:
		return 0, p.sysFchdir(a)
	case linux.SysGetcwd:
		return p.sysGetcwd(a)
	case linux.SysSetxattr, linux.SysLsetxattr, linux.SysGetxattr, linux.SysLgetxattr, linux.SysListxattr,
		linux.SysLlistxattr, linux.SysRemovexattr, linux.SysLremovexattr:
		return 0, p.sysXattr(num, a)
	case linux.SysFsetxattr, linux.SysFgetxattr, linux.SysFlistxattr, linux.SysFremovexattr:
		return 0, p.sysFxattr(num, a)
	case linux.SysUmask:
		return p.sysUmask(a)

	// The process and the machine.
	case linux.SysGetpid, linux.SysGetpgrp:
		return pid, 0
	case linux.SysGetpgid, linux.SysGetsid, linux.SysSetpgid, linux.SysSetsid:
		return p.groups(num, a)
	case linux.SysSchedGetPriorityMax, linux.SysSchedGetPriorityMin, linux.SysSchedGetparam, linux.SysSchedSetparam,
		linux.SysSchedGetscheduler, linux.SysSchedSetscheduler, linux.SysSchedSetaffinity:
		return p.scheduling(num, a)
	case linux.SysGetpriority, linux.SysSetpriority:
		return p.priority(a, num == linux.SysSetpriority)
	case linux.SysPersonality:
		return sysPersonality(a)
	case linux.SysMembarrier:
		return sysMembarrier(a)
	case linux.SysPrctl:
		return p.sysPrctl(a)
	case linux.SysCapget, linux.SysCapset:
		return 0, p.capabilities(a, num == linux.SysCapset)
	case linux.SysPidfdOpen:
		return p.sysPidfdOpen(a)
	case linux.SysPidfdSendSignal:
		return 0, p.sysPidfdSendSignal(a)
	case linux.SysPidfdGetfd:
		return p.sysPidfdGetfd(a)
	case linux.SysWaitid:
		return 0, sysWaitid(a)
	case linux.SysMemfdCreate:
		return p.sysMemfdCreate(a)
	case linux.SysMount, linux.SysUmount2, linux.SysPivotRoot, linux.SysSwapon, linux.SysSwapoff, linux.SysAcct,
		linux.SysReboot, linux.SysSethostname, linux.SysSetdomainname, linux.SysSettimeofday, linux.SysClockSettime,
		linux.SysChroot, linux.SysUnshare, linux.SysSetns:
		return 0, linux.EPERM // the machine is the monitor's
	case linux.SysGetppid:
		return 0, 0 // no parent
	case linux.SysGetuid, linux.SysGeteuid, linux.SysGetgid, linux.SysGetegid, linux.SysGetgroups,
		linux.SysGetresuid, linux.SysGetresgid:
		return p.identities(num, a)
	case linux.SysSetuid, linux.SysSetgid, linux.SysSetreuid, linux.SysSetregid, linux.SysSetresuid,
		linux.SysSetresgid, linux.SysSetfsuid, linux.SysSetfsgid, linux.SysSetgroups:
		return p.becomes(num, a)
	case linux.SysUname:
		return 0, p.sysUname(a)
	case linux.SysSysinfo:
		return 0, p.sysSysinfo(a)
	case linux.SysGetrlimit:
		return 0, p.sysGetrlimit(a)
	case linux.SysSetrlimit:
		return 0, p.sysSetrlimit(a)
	case linux.SysPrlimit64:
		return 0, p.sysPrlimit(a)
	case linux.SysGetrusage:
		return 0, p.sysGetrusage(a)
	case linux.SysTimes:
		return p.sysTimes(a)
	case linux.SysClockGettime:
		return 0, p.sysClockGettime(a)
	case linux.SysClockGetres:
		return 0, p.sysClockGetres(a)
	case linux.SysGettimeofday:
		return 0, p.sysGettimeofday(a)
	case linux.SysTime:
		return p.sysTime(a)
	case linux.SysNanosleep:
		return 0, p.sysNanosleep(a)
	case linux.SysClockNanosleep:
		return 0, p.sysClockNanosleep(a)
	case linux.SysGetrandom:
		return p.sysGetrandom(a)
	case linux.SysMmap:
		return p.sysMmap(a)
	case linux.SysMunmap:
		return 0, p.sysMunmap(a)
	case linux.SysMprotect:
		return 0, p.sysMprotect(a)
	case linux.SysMadvise:
		return 0, p.sysMadvise(a)
	case linux.SysMremap:
		return p.sysMremap(a)
	case linux.SysMsync:
		return 0, p.sysMsync(a)
	case linux.SysMincore:
		return 0, p.sysMincore(a)
	case linux.SysMlock, linux.SysMunlock:
		return 0, p.sysMlock(a, 0)
	case linux.SysMlock2:
		return 0, p.sysMlock(a, a.int(2))
	case linux.SysMlockall:
		return 0, sysMlockall(a.int(0))
	case linux.SysMunlockall:
		return 0, 0
	case linux.SysSchedGetaffinity:
		return p.sysSchedGetaffinity(a)
	case linux.SysKill:
		return 0, p.sysKill(a)
	case linux.SysTgkill:
		return 0, p.sysTgkill(a)
	case linux.SysTkill:
		return 0, p.sysTkill(a)
	case linux.SysWait4:
		return 0, linux.ECHILD
	case linux.SysExitGroup:
		p.hal.Exit(a.int(0) & 0xff)
		return 0, 0
	case linux.SysRtSigaction, linux.SysRtSigprocmask, linux.SysSigaltstack, linux.SysGettid, linux.SysFutex,
		linux.SysSchedYield, linux.SysTimerCreate, linux.SysTimerSettime, linux.SysTimerDelete,
		linux.SysSetitimer, linux.SysGetitimer, linux.SysGetcpu:
		r, errno := p.hal.RawKernel(num, *a)
		if errno == linux.ENOSYS {
			p.hal.CountENOSYS(num)
		}
		return r, errno
	}
	switch {
	case isSocketCall(num):
		return p.socketCall(num, a)
	case isPollCall(num):
		return p.pollCall(num, a)
	}
	p.hal.CountENOSYS(num)
	return 0, linux.ENOSYS
}

// ret converts the answer of a call that counts something or returns a
// descriptor.
func ret(n int, errno linux.Errno) (uintptr, linux.Errno) { return uintptr(n), errno }
