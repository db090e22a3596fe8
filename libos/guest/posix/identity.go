package posix

import "unibench/libos/guest/linux"

// identity is who the process is (credentials(7)). It starts as the superuser,
// and may become another user. That is remembered and told, and as on Linux
// there is no way back without the superuser's rights; but files stay open to
// all: package vfs enforces no permissions.
type identity struct {
	uid, gid ids
	groups   []uint32
}

// ids are the user or group numbers of a process.
type ids struct{ real, effective, saved, fs uint32 }

const unchanged = ^uint32(0) // "no change" in setresuid and its fellows

// privileged reports whether the process may become anyone.
func (i *identity) privileged() bool { return i.uid.effective == 0 }

// has reports whether x is one of the three that an unprivileged process may
// choose from.
func (i *ids) has(x uint32) bool {
	return x == unchanged || x == i.real || x == i.effective || x == i.saved
}

// which returns the user's or the group's numbers.
func (i *identity) which(group bool) *ids {
	if group {
		return &i.gid
	}
	return &i.uid
}

// setID is setuid and setgid.
func (p *Process) setID(group bool, x uint32) linux.Errno {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.ids.which(group)
	switch {
	case x == unchanged:
		return linux.EINVAL
	case p.ids.privileged():
		*w = ids{x, x, x, x}
	case x == w.real || x == w.saved:
		w.effective, w.fs = x, x
	default:
		return linux.EPERM
	}
	return 0
}

// setRealEffective is setreuid and setregid.
func (p *Process) setRealEffective(group bool, real, effective uint32) linux.Errno {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.ids.which(group)
	if !p.ids.privileged() && (real != unchanged && real != w.real && real != w.effective || !w.has(effective)) {
		return linux.EPERM
	}
	old := w.real
	if real != unchanged {
		w.real = real
	}
	if effective != unchanged {
		w.effective = effective
	}
	if real != unchanged || effective != unchanged && effective != old {
		w.saved = w.effective
	}
	w.fs = w.effective
	return 0
}

// setAll is setresuid and setresgid.
func (p *Process) setAll(group bool, real, effective, saved uint32) linux.Errno {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.ids.which(group)
	if !p.ids.privileged() && !(w.has(real) && w.has(effective) && w.has(saved)) {
		return linux.EPERM
	}
	for _, x := range []struct {
		to *uint32
		v  uint32
	}{{&w.real, real}, {&w.effective, effective}, {&w.saved, saved}} {
		if x.v != unchanged {
			*x.to = x.v
		}
	}
	w.fs = w.effective
	return 0
}

// setFS is setfsuid and setfsgid: it returns the number before, and no error.
func (p *Process) setFS(group bool, x uint32) uintptr {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.ids.which(group)
	old := w.fs
	if x != unchanged && (p.ids.privileged() || w.has(x) || x == w.fs) {
		w.fs = x
	}
	return uintptr(old)
}

// identities makes the calls that ask for numbers.
func (p *Process) identities(num uintptr, a *Args) (uintptr, linux.Errno) {
	p.mu.Lock()
	i := p.ids
	p.mu.Unlock()
	three := func(w ids) (uintptr, linux.Errno) {
		for k, v := range [...]uint32{w.real, w.effective, w.saved} {
			if errno := store(a, k, v); errno != 0 {
				return 0, errno
			}
		}
		return 0, 0
	}
	switch num {
	case linux.SysGetuid:
		return uintptr(i.uid.real), 0
	case linux.SysGeteuid:
		return uintptr(i.uid.effective), 0
	case linux.SysGetgid:
		return uintptr(i.gid.real), 0
	case linux.SysGetegid:
		return uintptr(i.gid.effective), 0
	case linux.SysGetresuid:
		return three(i.uid)
	case linux.SysGetresgid:
		return three(i.gid)
	}
	// getgroups
	switch n := a.int(0); {
	case n < 0 || n > 0 && n < len(i.groups):
		return 0, linux.EINVAL
	case n > 0 && len(i.groups) > 0:
		list, errno := numbers(a, 1, len(i.groups))
		if errno != 0 {
			return 0, errno
		}
		copy(list, i.groups)
	}
	return uintptr(len(i.groups)), 0
}

// maxGroups is NGROUPS_MAX.
const maxGroups = 65536

func (p *Process) sysSetgroups(a *Args) linux.Errno {
	n := a.int(0)
	p.mu.Lock()
	allowed := p.ids.privileged()
	p.mu.Unlock()
	switch {
	case !allowed:
		return linux.EPERM
	case n < 0 || n > maxGroups:
		return linux.EINVAL
	}
	list, errno := numbers(a, 1, n)
	if errno != 0 {
		return errno
	}
	groups := append([]uint32(nil), list...)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids.groups = groups
	return 0
}

// becomes makes the calls that set numbers.
func (p *Process) becomes(num uintptr, a *Args) (uintptr, linux.Errno) {
	switch num {
	case linux.SysSetuid, linux.SysSetgid:
		return 0, p.setID(num == linux.SysSetgid, a.uint32(0))
	case linux.SysSetreuid, linux.SysSetregid:
		return 0, p.setRealEffective(num == linux.SysSetregid, a.uint32(0), a.uint32(1))
	case linux.SysSetresuid, linux.SysSetresgid:
		return 0, p.setAll(num == linux.SysSetresgid, a.uint32(0), a.uint32(1), a.uint32(2))
	case linux.SysSetfsuid, linux.SysSetfsgid:
		return p.setFS(num == linux.SysSetfsgid, a.uint32(0)), 0
	}
	return 0, p.sysSetgroups(a)
}
