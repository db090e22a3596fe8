package posix

import (
	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// sysOpen opens the path in argument i, relative to dirfd.
func (p *Process) sysOpen(a *Args, dirfd, i, flags int, perm uint32) (uintptr, linux.Errno) {
	path, errno := a.string(i)
	if errno != 0 {
		return 0, errno
	}
	if flags&linux.OPath != 0 {
		flags &= linux.OPath | linux.ODirectory | linux.ONofollow | linux.OCloexec
	} else {
		flags |= linux.OLargefile // as in all 64-bit programs
	}
	if errno := p.full(); errno != 0 {
		return 0, errno
	}
	if path == resolvConf {
		// Its contents may come from the network.
		if h := p.sockets.Load(); h != nil {
			h.calls.configured()
		}
	}
	f, errno := p.open(dirfd, path, flags, perm, 0)
	if errno != 0 {
		return 0, errno
	}
	return ret(p.install(f, 0, flags&linux.OCloexec != 0))
}

// sysOpenat2 is openat with all that it may be told about in a struct open_how. It
// minds unknown flags.
func (p *Process) sysOpenat2(a *Args) (uintptr, linux.Errno) {
	const version0 = 24
	const known = linux.OAccmode | linux.OCreat | linux.OExcl | linux.ONoctty | linux.OTrunc | linux.OAppend |
		linux.ONonblock | linux.OSync | linux.OAsync | linux.ODirect | linux.OLargefile | linux.ODirectory |
		linux.ONofollow | linux.ONoatime | linux.OCloexec | linux.OPath | linux.OTmpfile
	how, errno := load[struct{ flags, mode, resolve uint64 }](a, 2)
	flags := int(how.flags)
	switch {
	case a.U[3] < version0:
		return 0, linux.EINVAL
	case a.U[3] > version0:
		return 0, linux.E2BIG
	case errno != 0:
		return 0, errno
	case how.flags&^known != 0, how.resolve&^vfs.ResolveAll != 0, how.mode&^linux.ModePerm != 0,
		how.resolve&(vfs.ResolveBeneath|vfs.ResolveInRoot) == vfs.ResolveBeneath|vfs.ResolveInRoot,
		how.mode != 0 && flags&(linux.OCreat|linux.OTmpfile) == 0,
		flags&linux.OPath != 0 && flags&^(linux.OPath|linux.ODirectory|linux.ONofollow|linux.OCloexec) != 0:
		return 0, linux.EINVAL
	}
	path, errno := a.string(1)
	if errno != 0 {
		return 0, errno
	}
	if errno := p.full(); errno != 0 {
		return 0, errno
	}
	if how.resolve&vfs.ResolveCached != 0 && flags&(linux.OTrunc|linux.OCreat|linux.OTmpfile) != 0 {
		return 0, linux.EAGAIN
	}
	if flags&linux.OPath == 0 {
		flags |= linux.OLargefile
	}
	dirfd := a.int(0)
	if path != "" && path[0] == '/' && how.resolve&(vfs.ResolveBeneath|vfs.ResolveInRoot) != 0 {
		// The folder counts although the path is absolute.
		at, errno := p.at(dirfd, ".")
		if errno != 0 {
			return 0, errno
		}
		return p.openAt(at, path, flags, uint32(how.mode), uint32(how.resolve))
	}
	f, errno := p.open(dirfd, path, flags, uint32(how.mode), uint32(how.resolve))
	if errno != 0 {
		return 0, errno
	}
	return ret(p.install(f, 0, flags&linux.OCloexec != 0))
}

// openAt opens a path in a folder that is known.
func (p *Process) openAt(at *vfs.Inode, path string, flags int, perm, how uint32) (uintptr, linux.Errno) {
	node, errno := p.fs().OpenHow(at, path, flags, p.masked(perm), how)
	if errno != 0 {
		return 0, errno
	}
	f, errno := p.describe(node, flags)
	if errno != 0 {
		return 0, errno
	}
	return ret(p.install(f, 0, flags&linux.OCloexec != 0))
}

// open returns a new description of the file at path.
func (p *Process) open(dirfd int, path string, flags int, perm, how uint32) (*file, linux.Errno) {
	if fd, ok := descriptorPath(path); ok && how == 0 && flags&(linux.ONofollow|linux.OExcl) == 0 {
		return p.reopen(fd, flags)
	}
	at, errno := p.at(dirfd, path)
	if errno != 0 {
		return nil, errno
	}
	node, errno := p.fs().OpenHow(at, path, flags, p.masked(perm), how)
	if errno != 0 {
		return nil, errno
	}
	return p.describe(node, flags)
}

// describe makes the description of node, which is open already.
func (p *Process) describe(node *vfs.Inode, flags int) (*file, linux.Errno) {
	var s stream
	switch kind := node.Kind(); {
	case flags&linux.OPath != 0 || kind == linux.ModeRegular || kind == linux.ModeDir:
	case kind == linux.ModeFifo:
		var errno linux.Errno
		if s, errno = p.fifos.open(p.hal, node, flags); errno != 0 {
			node.Release()
			return nil, errno
		}
	default:
		var errno linux.Errno
		if s, errno = newDevice(p.hal, kind, node.Rdev()); errno != 0 {
			node.Release()
			return nil, errno
		}
	}
	return newFile(node, s, flags), 0
}

// reopen makes a new description of what descriptor fd has open, as opening
// its name in /proc/self/fd does.
func (p *Process) reopen(fd, flags int) (*file, linux.Errno) {
	f, errno := p.get(fd)
	if errno != 0 {
		return nil, linux.ENOENT
	}
	defer f.put()
	if f.node != nil {
		if errno := f.node.Open(flags); errno != 0 {
			return nil, errno
		}
		return p.describe(f.node, flags)
	}
	if flags&linux.ODirectory != 0 {
		return nil, linux.ENOTDIR
	}
	s, errno := f.stream.reopen(flags)
	if errno != 0 {
		return nil, errno
	}
	return newFile(nil, s, flags), 0
}

// descriptorPath returns the descriptor that path names, if it is one of the
// names for descriptors: /dev/stdin and its fellows, /dev/fd/N and
// /proc/self/fd/N, by any name of the process. These names work when written like this, from any folder;
// links to them do not.
func descriptorPath(path string) (fd int, ok bool) {
	switch path {
	case "/dev/stdin":
		return 0, true
	case "/dev/stdout":
		return 1, true
	case "/dev/stderr":
		return 2, true
	}
	for _, prefix := range [...]string{"/dev/fd/", "/proc/self/fd/", "/proc/1/fd/", "/proc/thread-self/fd/"} {
		if len(path) > len(prefix) && path[:len(prefix)] == prefix {
			return number(path[len(prefix):])
		}
	}
	return 0, false
}

// number reads a decimal number of at most seven digits.
func number(s string) (n int, ok bool) {
	if len(s) == 0 || len(s) > 7 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}
