package posix

import "unibench/libos/guest/linux"

// pid is the process number of the only process.
const pid = 1

// release is what uname(2) reports. The first number is that of the kernel
// whose answers this package gives; programs parse it.
const (
	release = "6.1.0-unibench"
	version = "#1 unibench"
)

func (p *Process) sysUname(a *Args) linux.Errno {
	var u linux.Utsname
	copy(u.Sysname[:64], "Linux")
	copy(u.Nodename[:64], p.hal.Hostname())
	copy(u.Release[:64], release)
	copy(u.Version[:64], version)
	copy(u.Machine[:64], "x86_64")
	copy(u.Domainname[:64], "(none)")
	return store(a, 0, u)
}

func (p *Process) sysSysinfo(a *Args) linux.Errno {
	total, free := p.hal.MemInfo()
	return store(a, 0, linux.Sysinfo{
		Uptime: p.hal.MonoTime() / second, Totalram: total, Freeram: free, Procs: 1, Unit: 1,
	})
}

// limit returns a resource limit. Only that on descriptors is one.
func (p *Process) limit(resource uint32) (linux.Rlimit, linux.Errno) {
	if resource >= linux.RlimitCount {
		return linux.Rlimit{}, linux.EINVAL
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch resource {
	case linux.RlimitNofile:
		return p.nofile, 0
	case linux.RlimitCore:
		return p.core, 0
	}
	return linux.Rlimit{Cur: linux.RlimInfinity, Max: linux.RlimInfinity}, 0
}

// setLimit sets the limit on descriptors, which maxFiles bounds, or that on core
// dumps, of which the program writes none. Other limits could not be kept: EPERM, unless nothing changes.
func (p *Process) setLimit(resource uint32, to linux.Rlimit) linux.Errno {
	old, errno := p.limit(resource)
	switch {
	case errno != 0:
		return errno
	case to.Cur > to.Max:
		return linux.EINVAL
	case to == old:
		return 0
	case resource != linux.RlimitNofile && resource != linux.RlimitCore,
		resource == linux.RlimitNofile && to.Max > maxFiles:
		return linux.EPERM
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if resource == linux.RlimitCore {
		p.core = to
		return 0
	}
	p.nofile = to
	return 0
}

func (p *Process) sysGetrlimit(a *Args) linux.Errno {
	l, errno := p.limit(a.uint32(0))
	if errno != 0 {
		return errno
	}
	return store(a, 1, l)
}

func (p *Process) sysSetrlimit(a *Args) linux.Errno {
	l, errno := load[linux.Rlimit](a, 1)
	if errno != 0 {
		return errno
	}
	return p.setLimit(a.uint32(0), l)
}

func (p *Process) sysPrlimit(a *Args) linux.Errno {
	if who := a.int(0); who != 0 && who != pid {
		return linux.ESRCH
	}
	old, errno := p.limit(a.uint32(1))
	if errno != 0 {
		return errno
	}
	if !a.null(2) {
		l, errno := load[linux.Rlimit](a, 2)
		if errno != 0 {
			return errno
		}
		if errno := p.setLimit(a.uint32(1), l); errno != 0 {
			return errno
		}
	}
	if a.null(3) {
		return 0
	}
	return store(a, 3, old)
}

func (p *Process) sysGetrandom(a *Args) (uintptr, linux.Errno) {
	const nonblock, random, insecure = 1, 2, 4
	if flags := a.uint32(2); flags&^(nonblock|random|insecure) != 0 || flags&(random|insecure) == random|insecure {
		return 0, linux.EINVAL
	}
	b, errno := a.bytes(0, min(a.U[1], linux.MaxReadWrite))
	if errno != 0 {
		return 0, errno
	}
	p.hal.Random(b)
	return uintptr(len(b)), 0
}

// sysSchedGetaffinity stores one bit for each processor and returns the number
// of bytes that took, in words of eight.
func (p *Process) sysSchedGetaffinity(a *Args) (uintptr, linux.Errno) {
	if !p.ourself(a.int(0)) {
		return 0, linux.ESRCH
	}
	cpus := p.hal.NumCPU()
	need := (cpus + 63) / 64 * 8
	if a.U[1] < uintptr(need) || a.U[1]%8 != 0 {
		return 0, linux.EINVAL
	}
	b, errno := a.bytes(2, uintptr(need))
	if errno != 0 {
		return 0, errno
	}
	clear(b)
	for i := range cpus {
		b[i/8] |= 1 << (i % 8)
	}
	return uintptr(need), 0
}

// sysKill sends to the only process, alone or as its group or as "all".
func (p *Process) sysKill(a *Args) linux.Errno {
	switch a.int(0) {
	case pid, 0, -1:
		return p.signal(0, a.int(1))
	}
	return linux.ESRCH
}

func (p *Process) sysTgkill(a *Args) linux.Errno {
	switch {
	case a.int(0) <= 0 || a.int(1) <= 0:
		return linux.EINVAL
	case a.int(0) != pid:
		return linux.ESRCH
	}
	return p.signal(a.int(1), a.int(2))
}

func (p *Process) sysTkill(a *Args) linux.Errno {
	if a.int(0) <= 0 {
		return linux.EINVAL
	}
	return p.signal(a.int(0), a.int(1))
}

func (p *Process) signal(tid, sig int) linux.Errno {
	const count = 64
	if sig < 0 || sig > count {
		return linux.EINVAL
	}
	if sig == 0 && tid == 0 {
		return 0
	}
	return p.hal.Kill(tid, sig)
}
