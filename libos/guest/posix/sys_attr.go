package posix

import "unibench/libos/guest/linux"

func (p *Process) sysChmod(a *Args, dirfd, i, flags int) linux.Errno {
	if flags&^(linux.AtSymlinkNofollow|linux.AtEmptyPath) != 0 {
		return linux.EINVAL
	}
	t, errno := p.find(a, dirfd, i, flags)
	if errno != 0 {
		return errno
	}
	defer t.put()
	if t.node == nil {
		return linux.EPERM
	}
	return t.node.Chmod(a.uint32(i + 1))
}

func (p *Process) sysChown(a *Args, dirfd, i, flags int) linux.Errno {
	if flags&^(linux.AtSymlinkNofollow|linux.AtEmptyPath) != 0 {
		return linux.EINVAL
	}
	t, errno := p.find(a, dirfd, i, flags)
	if errno != 0 {
		return errno
	}
	defer t.put()
	if t.node == nil || t.node.Virtual() {
		return linux.EPERM
	}
	t.node.Chown(a.uint32(i+1), a.uint32(i+2))
	return 0
}

// both is the pair of times, of access and of change, that the calls take.
type both [2]linux.Timespec

// nowBoth stands for the time of the call.
func nowBoth() both { return both{{Nsec: linux.UtimeNow}, {Nsec: linux.UtimeNow}} }

// sysUtimensat sets the times of a path, or of the descriptor itself if the
// path is NULL.
func (p *Process) sysUtimensat(a *Args) linux.Errno {
	flags := a.int(3)
	if flags&^(linux.AtSymlinkNofollow|linux.AtEmptyPath) != 0 {
		return linux.EINVAL
	}
	times := nowBoth()
	if !a.null(2) {
		var errno linux.Errno
		if times, errno = load[both](a, 2); errno != 0 {
			return errno
		}
	}
	if a.null(1) {
		if flags != 0 {
			return linux.EINVAL
		}
		if a.int(0) == linux.AtFdcwd {
			return linux.EFAULT
		}
		flags = linux.AtEmptyPath
	}
	return p.setTimes(a, a.int(0), 1, flags, times)
}

func (p *Process) setTimes(a *Args, dirfd, i, flags int, times both) linux.Errno {
	for _, t := range times {
		if (t.Nsec < 0 || t.Nsec > 999_999_999) && t.Nsec != linux.UtimeNow && t.Nsec != linux.UtimeOmit {
			return linux.EINVAL
		}
	}
	t, errno := p.find(a, dirfd, i, flags)
	if errno != 0 {
		return errno
	}
	defer t.put()
	if t.node == nil {
		return 0 // pipes and the console show no times
	}
	return t.node.SetTimes(times[0], times[1])
}

// sysUtimes is utimes and futimesat: struct timeval in argument i+1.
func (p *Process) sysUtimes(a *Args, dirfd, i int) linux.Errno {
	times := nowBoth()
	if !a.null(i + 1) {
		tv, errno := load[[2]linux.Timeval](a, i+1)
		if errno != 0 {
			return errno
		}
		for k, t := range tv {
			if t.Usec < 0 || t.Usec > 999_999 {
				return linux.EINVAL
			}
			times[k] = linux.Timespec{Sec: t.Sec, Nsec: t.Usec * 1000}
		}
	}
	return p.setTimes(a, dirfd, i, 0, times)
}

// sysUtime takes whole seconds.
func (p *Process) sysUtime(a *Args) linux.Errno {
	times := nowBoth()
	if !a.null(1) {
		sec, errno := load[[2]int64](a, 1)
		if errno != 0 {
			return errno
		}
		times = both{{Sec: sec[0]}, {Sec: sec[1]}}
	}
	return p.setTimes(a, linux.AtFdcwd, 0, 0, times)
}

// sysXattr answers for extended attributes (xattr(7)): no file has any.
func (p *Process) sysXattr(num uintptr, a *Args) linux.Errno {
	flags := 0
	switch num {
	case linux.SysLsetxattr, linux.SysLgetxattr, linux.SysLlistxattr, linux.SysLremovexattr:
		flags = linux.AtSymlinkNofollow
	}
	t, errno := p.find(a, linux.AtFdcwd, 0, flags)
	if errno != 0 {
		return errno
	}
	t.put()
	if num == linux.SysListxattr || num == linux.SysLlistxattr {
		return 0
	}
	return linux.EOPNOTSUPP
}

// sysFxattr is sysXattr of a descriptor.
func (p *Process) sysFxattr(num uintptr, a *Args) linux.Errno {
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return errno
	}
	f.put()
	if num == linux.SysFlistxattr {
		return 0
	}
	return linux.EOPNOTSUPP
}
