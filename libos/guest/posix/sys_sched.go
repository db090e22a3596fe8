package posix

import "unibench/libos/guest/linux"

// Calls about scheduling. Threads are Go's affair here: there is one policy, no
// priority has an effect, and no thread stays on a processor. What asks for that
// is told so (EPERM).

// ourself reports whether a call about a process or thread means this one.
func (p *Process) ourself(id int) bool {
	if id == 0 || id == pid {
		return true
	}
	for _, tid := range p.hal.Threads() {
		if tid == id {
			return true
		}
	}
	return false
}

// Policies of sched(7).
const (
	schedFIFO = 1
	schedRR   = 2
	schedLast = 6
)

func (p *Process) scheduling(num uintptr, a *Args) (uintptr, linux.Errno) {
	switch num {
	case linux.SysSchedGetPriorityMax, linux.SysSchedGetPriorityMin:
		switch policy := a.int(0); {
		case policy < 0 || policy > schedLast || policy == 4:
			return 0, linux.EINVAL
		case policy != schedFIFO && policy != schedRR:
			return 0, 0
		case num == linux.SysSchedGetPriorityMax:
			return 99, 0
		}
		return 1, 0
	}
	switch {
	case a.int(0) < 0:
		return 0, linux.EINVAL
	case !p.ourself(a.int(0)):
		return 0, linux.ESRCH
	}
	switch num {
	case linux.SysSchedGetparam:
		return 0, store(a, 1, int32(0))
	case linux.SysSchedSetparam, linux.SysSchedSetscheduler:
		i, policy := 1, 0
		if num == linux.SysSchedSetscheduler {
			i, policy = 2, a.int(1)
		}
		priority, errno := load[int32](a, i)
		switch {
		case errno != 0:
			return 0, errno
		case policy < 0 || policy > schedLast:
			return 0, linux.EINVAL
		case policy != 0:
			return 0, linux.EPERM
		case priority != 0:
			return 0, linux.EINVAL
		}
	case linux.SysSchedSetaffinity:
		return 0, p.setAffinity(a)
	}
	return 0, 0 // SCHED_OTHER
}

// setAffinity takes masks with all processors only.
func (p *Process) setAffinity(a *Args) linux.Errno {
	mask, errno := a.bytes(2, min(a.U[1], 128))
	if errno != 0 {
		return errno
	}
	cpus, found := p.hal.NumCPU(), 0
	for i := range cpus {
		if i/8 < len(mask) && mask[i/8]>>(i%8)&1 != 0 {
			found++
		}
	}
	switch found {
	case 0:
		return linux.EINVAL
	case cpus:
		return 0
	}
	return linux.EPERM
}

// priority is getpriority and setpriority: the number is kept.
func (p *Process) priority(a *Args, set bool) (uintptr, linux.Errno) {
	const user = 2
	which, who := a.int(0), a.int(1)
	switch {
	case which < 0 || which > user:
		return 0, linux.EINVAL
	case which == user && who != 0, which != user && !p.ourself(who):
		return 0, linux.ESRCH
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if set {
		p.nice = min(max(a.int(2), -20), 19)
		return 0, 0
	}
	return uintptr(20 - p.nice), 0
}

// groups answers for process groups and sessions: the process leads its own.
func (p *Process) groups(num uintptr, a *Args) (uintptr, linux.Errno) {
	switch num {
	case linux.SysSetsid:
		return 0, linux.EPERM
	case linux.SysSetpgid:
		switch {
		case a.int(1) < 0:
			return 0, linux.EINVAL
		case a.int(0) != 0 && a.int(0) != pid:
			return 0, linux.ESRCH
		}
		return 0, linux.EPERM
	}
	if !p.ourself(a.int(0)) {
		return 0, linux.ESRCH
	}
	return pid, 0
}

// sysPersonality knows the usual one, and tells of it.
func sysPersonality(a *Args) (uintptr, linux.Errno) {
	if persona := a.uint32(0); persona != 0 && persona != 0xffffffff {
		return 0, linux.EINVAL
	}
	return 0, 0
}

// sysMembarrier supports nothing, and says so.
func sysMembarrier(a *Args) (uintptr, linux.Errno) {
	if a.int(0) != 0 || a.int(1) != 0 {
		return 0, linux.EINVAL
	}
	return 0, 0
}

// sysPrctl serves the name of the process, and what is only remembered.
func (p *Process) sysPrctl(a *Args) (uintptr, linux.Errno) {
	const (
		getDumpable, setDumpable = 3, 4
		getKeepCaps, setKeepCaps = 7, 8
		setName, getName         = 15, 16
		boundingSet, lastCap     = 23, 40
		setNoNew, getNoNew       = 38, 39
	)
	switch option := a.int(0); option {
	case setName:
		b, errno := a.stringUpTo(1, commLen)
		if errno != 0 {
			return 0, errno
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.comm = b
		return 0, 0
	case getName:
		var b [commLen + 1]byte
		copy(b[:commLen], p.name())
		return 0, store(a, 1, b)
	case boundingSet:
		if a.U[1] > lastCap {
			return 0, linux.EINVAL
		}
		return 1, 0
	case getDumpable, getNoNew, getKeepCaps, setDumpable, setNoNew, setKeepCaps:
		p.mu.Lock()
		defer p.mu.Unlock()
		flag, value := &p.undumpable, a.U[1] == 0
		if option == setNoNew || option == getNoNew {
			flag, value = &p.noNew, true
		} else if option == setKeepCaps || option == getKeepCaps {
			flag, value = &p.keepCaps, a.U[1] == 1
		}
		switch option {
		case getDumpable:
			return b2u(!*flag), 0
		case getNoNew, getKeepCaps:
			return b2u(*flag), 0
		}
		if a.U[1] > 1 || option == setNoNew && (a.U[1] != 1 || a.U[2]|a.U[3]|a.U[4] != 0) {
			return 0, linux.EINVAL
		}
		*flag = value
		return 0, 0
	}
	return 0, linux.EINVAL // as Linux says of an option that it was built without
}

func b2u(b bool) uintptr {
	if b {
		return 1
	}
	return 0
}

// capabilities is capget and capset (capabilities(7)): the superuser has all,
// everyone else none.
func (p *Process) capabilities(a *Args, set bool) linux.Errno {
	type header struct {
		version uint32
		pid     int32
	}
	type data [2]struct{ effective, permitted, inheritable uint32 }
	const v1, v2, v3 = 0x19980330, 0x20071026, 0x20080522
	h, errno := load[header](a, 0)
	if errno != 0 {
		return errno
	}
	if h.version != v2 && h.version != v3 {
		errno := store(a, 0, header{v3, h.pid})
		if errno == 0 && (set || !a.null(1)) && h.version != v1 {
			errno = linux.EINVAL
		}
		return errno
	}
	if !p.ourself(int(h.pid)) {
		return linux.ESRCH
	}
	var have data
	p.mu.Lock()
	if p.ids.privileged() {
		have[0].effective, have[0].permitted = ^uint32(0), ^uint32(0)
		have[1].effective, have[1].permitted = 0x1ff, 0x1ff
	}
	p.mu.Unlock()
	if !set {
		if a.null(1) {
			return 0
		}
		return store(a, 1, have)
	}
	want, errno := load[data](a, 1)
	if errno == 0 && want != have {
		errno = linux.EPERM
	}
	return errno
}
