package vfs

import "unibench/libos/guest/linux"

// vacant finds the place for a new file, folders allowed to end in a slash.
func (w *walker) vacant(at *Inode, path string, folder bool) (place, linux.Errno) {
	p, errno := w.locate(at, path)
	switch {
	case errno != 0:
		return p, errno
	case p.kind != lastName || p.node != nil:
		return p, linux.EEXIST
	case p.slash && !folder, p.dir.folder.removed, p.dir.virtual != nil:
		return p, linux.ENOENT
	}
	return p, 0
}

// Mkdir makes an empty folder. perm has the umask already taken off.
func (fs *FS) Mkdir(at *Inode, path string, perm uint32) linux.Errno {
	fs.names.Lock()
	defer fs.names.Unlock()
	w := walker{fs: fs}
	p, errno := w.vacant(at, path, true)
	if errno != 0 {
		return errno
	}
	fs.mkdir(p, perm&(0o777|linux.ModeSticky))
	return 0
}

// mkdir makes a folder at p, which is free.
func (fs *FS) mkdir(p place, perm uint32) *Inode {
	d := fs.newInode(linux.ModeDir | perm)
	d.folder.parent, d.folder.name = p.dir, p.name
	d.nlink = 2
	fs.enter(p, d)
	p.dir.links(+1)
	return d
}

// Symlink makes a symbolic link at path to target, which is not looked at.
func (fs *FS) Symlink(target string, at *Inode, path string) linux.Errno {
	switch {
	case target == "":
		return linux.ENOENT
	case len(target) >= linux.PathMax:
		return linux.ENAMETOOLONG
	}
	fs.names.Lock()
	defer fs.names.Unlock()
	w := walker{fs: fs}
	p, errno := w.vacant(at, path, false)
	if errno != 0 {
		return errno
	}
	n := fs.newInode(linux.ModeSymlink | 0o777)
	n.target = target
	fs.enter(p, n)
	return 0
}

// Mknod makes a regular file, a named pipe or a device node without contents;
// rdev is the number of the device. Sockets are EPERM, the answer of a file
// system that has none: for them there is Mksock.
func (fs *FS) Mknod(at *Inode, path string, mode uint32, rdev uint64) linux.Errno {
	fs.names.Lock()
	defer fs.names.Unlock()
	w := walker{fs: fs}
	p, errno := w.vacant(at, path, false)
	if errno != 0 {
		return errno
	}
	switch mode & linux.ModeType {
	case 0, linux.ModeRegular:
		mode, rdev = mode|linux.ModeRegular, 0
	case linux.ModeFifo:
		rdev = 0
	case linux.ModeChar, linux.ModeBlock:
	case linux.ModeSocket, linux.ModeDir:
		return linux.EPERM
	default:
		return linux.EINVAL
	}
	n := fs.newInode(mode)
	n.rdev = rdev
	fs.enter(p, n)
	return 0
}

// Mksock makes the node of a socket that is bound to path. perm has the umask
// already taken off.
func (fs *FS) Mksock(at *Inode, path string, perm uint32) (*Inode, linux.Errno) {
	fs.names.Lock()
	defer fs.names.Unlock()
	w := walker{fs: fs}
	p, errno := w.vacant(at, path, false)
	if errno != 0 {
		return nil, errno
	}
	n := fs.newInode(linux.ModeSocket | perm&linux.ModePerm)
	fs.enter(p, n)
	return n, 0
}

// Link gives the file old the further name path. A symbolic link at the end of
// old is linked itself unless follow is set.
func (fs *FS) Link(oldAt *Inode, old string, at *Inode, path string, follow bool) linux.Errno {
	fs.names.Lock()
	defer fs.names.Unlock()
	w := walker{fs: fs}
	n, errno := w.resolve(oldAt, old, follow)
	if errno != 0 {
		return errno
	}
	w.links = 0
	p, errno := w.vacant(at, path, false)
	if errno != 0 {
		return errno
	}
	return fs.link(n, p)
}

// LinkInode gives n the further name path.
func (fs *FS) LinkInode(n *Inode, at *Inode, path string) linux.Errno {
	fs.names.Lock()
	defer fs.names.Unlock()
	w := walker{fs: fs}
	p, errno := w.vacant(at, path, false)
	if errno != 0 {
		return errno
	}
	return fs.link(n, p)
}

func (fs *FS) link(n *Inode, p place) linux.Errno {
	if n.folder != nil {
		return linux.EPERM
	}
	if n.virtual != nil {
		return linux.EXDEV
	}
	n.attrs.Lock()
	first, gone := n.linkable, n.nlink == 0
	n.linkable = false
	n.attrs.Unlock()
	if gone && !first {
		return linux.ENOENT
	}
	if gone {
		fs.live.Add(1)
	}
	p.dir.folder.add(p.name, n)
	p.dir.touch()
	n.links(+1)
	return 0
}
