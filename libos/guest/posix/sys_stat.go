package posix

import (
	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// target is a file that a call names by a path or by a descriptor: a node, or
// a description without one.
type target struct {
	node *vfs.Inode
	file *file // holds a reference, if not nil
}

func (t target) put() {
	if t.file != nil {
		t.file.put()
	}
}

func (t target) stat() linux.Stat {
	if t.file != nil {
		return t.file.stat()
	}
	return t.node.Stat()
}

// find returns the file that argument i names relative to dirfd, under the
// flags AtSymlinkNofollow and AtEmptyPath.
func (p *Process) find(a *Args, dirfd, i, flags int) (target, linux.Errno) {
	path := ""
	if !a.null(i) || flags&linux.AtEmptyPath == 0 {
		var errno linux.Errno
		if path, errno = a.string(i); errno != 0 {
			return target{}, errno
		}
	}
	fd, ok := descriptorPath(path)
	if path == "" && flags&linux.AtEmptyPath != 0 && dirfd != linux.AtFdcwd {
		fd, ok = dirfd, true
	} else if flags&linux.AtSymlinkNofollow != 0 {
		ok = false
	}
	if ok {
		f, errno := p.get(fd)
		if errno != 0 && path != "" {
			errno = linux.ENOENT
		}
		if errno != 0 {
			return target{}, errno
		}
		return target{f.node, f}, 0
	}
	if path == "" && flags&linux.AtEmptyPath != 0 {
		path = "."
	}
	at, errno := p.at(dirfd, path)
	if errno != 0 {
		return target{}, errno
	}
	node, errno := p.fs().Lookup(at, path, flags&linux.AtSymlinkNofollow == 0)
	return target{node: node}, errno
}

func (p *Process) sysStat(a *Args, dirfd, i, flags int) linux.Errno {
	if flags&^(linux.AtSymlinkNofollow|linux.AtEmptyPath|linux.AtNoAutomount) != 0 {
		return linux.EINVAL
	}
	t, errno := p.find(a, dirfd, i, flags)
	if errno != 0 {
		return errno
	}
	defer t.put()
	return store(a, i+1, t.stat())
}

func (p *Process) sysStatx(a *Args) linux.Errno {
	const reserved = 1 << 31
	flags := a.int(2)
	if flags&^(linux.AtSymlinkNofollow|linux.AtEmptyPath|linux.AtNoAutomount|linux.AtStatxSyncType) != 0 ||
		flags&linux.AtStatxSyncType == linux.AtStatxSyncType || a.uint32(3)&reserved != 0 {
		return linux.EINVAL
	}
	t, errno := p.find(a, a.int(0), 1, flags)
	if errno != 0 {
		return errno
	}
	defer t.put()
	st := t.stat()
	at := func(t linux.Timespec) linux.StatxTimestamp {
		return linux.StatxTimestamp{Sec: t.Sec, Nsec: uint32(t.Nsec)}
	}
	return store(a, 4, linux.Statx{
		Mask: linux.StatxBasic, Blksize: uint32(st.Blksize),
		Nlink: uint32(st.Nlink), UID: st.UID, GID: st.GID, Mode: uint16(st.Mode),
		Ino: st.Ino, Size: uint64(st.Size), Blocks: uint64(st.Blocks),
		Atime: at(st.Atim), Ctime: at(st.Ctim), Mtime: at(st.Mtim),
		RdevMajor: uint32(st.Rdev >> 8), RdevMinor: uint32(st.Rdev & 0xff),
		DevMajor: uint32(st.Dev >> 8), DevMinor: uint32(st.Dev & 0xff),
	})
}

func (p *Process) sysStatfs(a *Args) linux.Errno {
	at, path, errno := p.pathAt(a, linux.AtFdcwd, 0)
	if errno != 0 {
		return errno
	}
	node, errno := p.fs().Lookup(at, path, true)
	if errno != 0 {
		return errno
	}
	return store(a, 1, p.statfs(node))
}

// sysAccess checks what the superuser may do: all, but for executing a file
// that nobody may execute.
func (p *Process) sysAccess(a *Args, dirfd, i, flags int) linux.Errno {
	mode := a.uint32(i + 1)
	if mode&^(linux.ROk|linux.WOk|linux.XOk) != 0 ||
		flags&^(linux.AtSymlinkNofollow|linux.AtEmptyPath|linux.AtEaccess) != 0 {
		return linux.EINVAL
	}
	t, errno := p.find(a, dirfd, i, flags)
	if errno != 0 {
		return errno
	}
	defer t.put()
	st := t.stat()
	if mode&linux.XOk != 0 && st.Mode&linux.ModeType != linux.ModeDir && st.Mode&0o111 == 0 {
		return linux.EACCES
	}
	return 0
}
