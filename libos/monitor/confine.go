package monitor

import "slices"

// allowedCalls are the host calls that a monitor with a running guest makes,
// most frequent first. Opening, connecting, executing and tracing are not among
// them: whatever a guest made of the monitor could use only what it has open.
var allowedCalls = []uint32{
	202, // futex
	0,   // read
	1,   // write
	28,  // madvise
	234, // tgkill
	39,  // getpid
	186, // gettid
	228, // clock_gettime
	15,  // rt_sigreturn
	14,  // rt_sigprocmask
	13,  // rt_sigaction
	131, // sigaltstack
	35,  // nanosleep
	24,  // sched_yield
	281, // epoll_pwait
	232, // epoll_wait
	233, // epoll_ctl
	291, // epoll_create1
	290, // eventfd2
	271, // ppoll
	9,   // mmap
	11,  // munmap
	10,  // mprotect
	12,  // brk
	3,   // close
	77,  // ftruncate
	72,  // fcntl
	17,  // pread64, for files of the root packed before
	5,   // fstat
	204, // sched_getaffinity
	219, // restart_syscall
	230, // clock_nanosleep
	318, // getrandom
	157, // prctl, names of memory areas
	273, // set_robust_list
	334, // rseq
	60,  // exit
	231, // exit_group
}

// allowedIoctls are the requests that ioctl may make: those of a vCPU that
// starts or runs, and the question whether a descriptor is a terminal.
var allowedIoctls = []uint32{
	0xAE80,     // KVM_RUN
	0x8090AE81, // KVM_GET_REGS
	0x4090AE82, // KVM_SET_REGS
	0x8040AE9F, // KVM_GET_VCPU_EVENTS
	0xAE41,     // KVM_CREATE_VCPU
	0x4008AE90, // KVM_SET_CPUID2
	0x4138AE84, // KVM_SET_SREGS
	0x4188AEA7, // KVM_SET_XCRS
	0x4008AE89, // KVM_SET_MSRS
	0x5401,     // TCGETS
}

// netCalls are those that the network device adds.
var netCalls = []uint32{
	19, // readv
	20, // writev
}

// coreCalls are those that writing a core adds.
var coreCalls = []uint32{
	18, // pwrite64
}

// netIoctls are the requests that it adds.
var netIoctls = []uint32{
	0x400454d0, // TUNSETOFFLOAD
}

// threadFlags are the clone flags of a thread of this process; a new process
// lacks some of them.
const threadFlags = 0x100 | 0x800 | 0x10000 // VM, SIGHAND, THREAD

// Classic BPF (Documentation/userspace-api/seccomp_filter.rst of Linux).
const (
	bpfLoad    = 0x20 // A = word k of struct seccomp_data
	bpfAnd     = 0x54 // A &= k
	bpfEqual   = 0x15 // if A == k
	bpfReturn  = 0x06
	dataNr     = 0
	dataArch   = 4
	dataArg0   = 16
	dataArg1   = 24
	retAllow   = 0x7fff0000
	retEPERM   = 0x00050000 | 1
	retKill    = 0x80000000
	archX86_64 = 0xc000003e
	sysIoctl   = 16
	sysClone   = 56
)

// filterStep is struct sock_filter.
type filterStep struct {
	code   uint16
	jt, jf uint8
	k      uint32
}

// permissions says what a run needs besides the calls that all make.
type permissions struct{ net, core bool }

// filter returns the program: anything that is not allowed fails with EPERM.
func filter(may permissions) []filterStep {
	calls, ioctls := allowedCalls, allowedIoctls
	if may.core {
		calls = slices.Concat(calls, coreCalls)
	}
	if may.net {
		calls, ioctls = slices.Concat(netCalls, calls), slices.Concat(ioctls, netIoctls)
	}
	p := []filterStep{
		{bpfLoad, 0, 0, dataArch},
		{bpfEqual, 1, 0, archX86_64},
		{bpfReturn, 0, 0, retKill},
		{bpfLoad, 0, 0, dataNr},
	}
	allow := func(k uint32) {
		p = append(p, filterStep{bpfEqual, 0, 1, k}, filterStep{bpfReturn, 0, 0, retAllow})
	}
	// ioctl first: KVM_RUN is the one call whose cost counts.
	p = append(p, filterStep{bpfEqual, 0, uint8(1 + 2*len(ioctls) + 1), sysIoctl},
		filterStep{bpfLoad, 0, 0, dataArg1})
	for _, k := range ioctls {
		allow(k)
	}
	p = append(p, filterStep{bpfReturn, 0, 0, retEPERM})
	p = append(p, filterStep{bpfEqual, 0, 5, sysClone},
		filterStep{bpfLoad, 0, 0, dataArg0},
		filterStep{bpfAnd, 0, 0, threadFlags})
	allow(threadFlags)
	p = append(p, filterStep{bpfReturn, 0, 0, retEPERM})
	for _, k := range calls {
		allow(k)
	}
	return append(p, filterStep{bpfReturn, 0, 0, retEPERM})
}
