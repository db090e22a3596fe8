package posix

import "unibench/libos/guest/linux"

func (p *Process) sysTruncate(a *Args) linux.Errno {
	if a.int64(1) < 0 {
		return linux.EINVAL
	}
	at, path, errno := p.pathAt(a, linux.AtFdcwd, 0)
	if errno != 0 {
		return errno
	}
	node, errno := p.fs().Lookup(at, path, true)
	if errno != 0 {
		return errno
	}
	return node.Truncate(a.int64(1))
}

func (p *Process) sysMkdir(a *Args, dirfd, i int) linux.Errno {
	at, path, errno := p.pathAt(a, dirfd, i)
	if errno != 0 {
		return errno
	}
	return p.fs().Mkdir(at, path, p.masked(a.uint32(i+1)))
}

func (p *Process) sysMknod(a *Args, dirfd, i int) linux.Errno {
	at, path, errno := p.pathAt(a, dirfd, i)
	if errno != 0 {
		return errno
	}
	return p.fs().Mknod(at, path, p.masked(a.uint32(i+1)), uint64(a.uint32(i+2)))
}

func (p *Process) sysUnlink(a *Args, dirfd, i, flags int) linux.Errno {
	if flags&^linux.AtRemovedir != 0 {
		return linux.EINVAL
	}
	at, path, errno := p.pathAt(a, dirfd, i)
	if errno != 0 {
		return errno
	}
	if flags != 0 {
		return p.fs().Rmdir(at, path)
	}
	return p.fs().Unlink(at, path)
}

func (p *Process) sysRename(a *Args, oldfd, i, newfd, j, flags int) linux.Errno {
	oldAt, oldPath, errno := p.pathAt(a, oldfd, i)
	if errno != 0 {
		return errno
	}
	newAt, newPath, errno := p.pathAt(a, newfd, j)
	if errno != 0 {
		return errno
	}
	return p.fs().Rename(oldAt, oldPath, newAt, newPath, flags)
}

func (p *Process) sysLink(a *Args, oldfd, i, newfd, j, flags int) linux.Errno {
	if flags&^(linux.AtSymlinkFollow|linux.AtEmptyPath) != 0 {
		return linux.EINVAL
	}
	newAt, newPath, errno := p.pathAt(a, newfd, j)
	if errno != 0 {
		return errno
	}
	// A name of a descriptor leads to its file, and so does an empty path.
	old, errno := a.string(i)
	if errno != 0 {
		return errno
	}
	_, named := descriptorPath(old)
	if named && flags&linux.AtSymlinkFollow != 0 || old == "" && flags&linux.AtEmptyPath != 0 {
		t, errno := p.find(a, oldfd, i, flags&linux.AtEmptyPath)
		if errno != 0 {
			return errno
		}
		defer t.put()
		if t.node == nil {
			return linux.EXDEV
		}
		return p.fs().LinkInode(t.node, newAt, newPath)
	}
	oldAt, errno := p.at(oldfd, old)
	if errno != 0 {
		return errno
	}
	return p.fs().Link(oldAt, old, newAt, newPath, flags&linux.AtSymlinkFollow != 0)
}

// sysSymlink makes a link to argument 0; its own path is in argument i.
func (p *Process) sysSymlink(a *Args, dirfd, i int) linux.Errno {
	if i == 1 {
		dirfd = linux.AtFdcwd
	}
	to, errno := a.string(0)
	if errno != 0 {
		return errno
	}
	if to == "" {
		return linux.ENOENT
	}
	at, path, errno := p.pathAt(a, dirfd, i)
	if errno != 0 {
		return errno
	}
	return p.fs().Symlink(to, at, path)
}

func (p *Process) sysReadlink(a *Args, dirfd, i int) (uintptr, linux.Errno) {
	if a.int(i+2) <= 0 {
		return 0, linux.EINVAL
	}
	path, errno := a.string(i)
	if errno != 0 {
		return 0, errno
	}
	flags := linux.AtSymlinkNofollow
	if path == "" {
		flags |= linux.AtEmptyPath // a descriptor of the link itself
	}
	t, errno := p.find(a, dirfd, i, flags)
	if errno != 0 {
		return 0, errno
	}
	defer t.put()
	if t.node == nil || t.node.Kind() != linux.ModeSymlink {
		if path == "" {
			return 0, linux.ENOENT
		}
		return 0, linux.EINVAL
	}
	b, errno := a.bytes(i+1, uintptr(a.int(i+2)))
	if errno != 0 {
		return 0, errno
	}
	return uintptr(copy(b, t.node.Target())), 0
}

func (p *Process) sysChdir(a *Args) linux.Errno {
	at, path, errno := p.pathAt(a, linux.AtFdcwd, 0)
	if errno != 0 {
		return errno
	}
	node, errno := p.fs().Lookup(at, path, true)
	if errno != 0 {
		return errno
	}
	if !node.IsDir() {
		return linux.ENOTDIR
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cwd = node
	return 0
}

func (p *Process) sysFchdir(a *Args) linux.Errno {
	f, errno := p.get(a.int(0))
	if errno != 0 {
		return errno
	}
	defer f.put()
	if f.node == nil || !f.node.IsDir() {
		return linux.ENOTDIR
	}
	p.fs() // which sets the first working folder
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cwd = f.node
	return 0
}

// sysGetcwd returns the length of the path, its final zero counted.
func (p *Process) sysGetcwd(a *Args) (uintptr, linux.Errno) {
	p.fs()
	p.mu.Lock()
	cwd := p.cwd
	p.mu.Unlock()
	path, errno := cwd.Path()
	if errno != 0 {
		return 0, errno
	}
	if a.U[1] < uintptr(len(path)+1) {
		return 0, linux.ERANGE
	}
	b, errno := a.bytes(0, uintptr(len(path)+1))
	if errno != 0 {
		return 0, errno
	}
	b[copy(b, path)] = 0
	return uintptr(len(b)), 0
}

func (p *Process) sysUmask(a *Args) (uintptr, linux.Errno) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.umask
	p.umask = a.uint32(0) & 0o777
	return uintptr(old), 0
}
