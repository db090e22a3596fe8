package vfs

import "unibench/libos/guest/linux"

// Open finds, and with OCreat makes, the file that path means, as open(2) does
// with these flags, and truncates it if they say so. perm has the umask already
// taken off. The caller owns one Acquire of the result.
func (fs *FS) Open(at *Inode, path string, flags int, perm uint32) (*Inode, linux.Errno) {
	return fs.OpenHow(at, path, flags, perm, 0)
}

// OpenHow is Open with Resolve flags.
func (fs *FS) OpenHow(at *Inode, path string, flags int, perm, how uint32) (*Inode, linux.Errno) {
	if flags&linux.OTmpfile != 0 && flags&linux.OPath == 0 {
		return fs.openNameless(at, path, flags, perm, how)
	}
	if flags&linux.OPath != 0 {
		flags &= linux.OPath | linux.ODirectory | linux.ONofollow
	}
	if flags&linux.OCreat != 0 && flags&linux.ODirectory != 0 {
		return nil, linux.EINVAL
	}
	fs.names.Lock()
	defer fs.names.Unlock()
	w := walker{fs: fs, how: how, top: at}
	var (
		node    *Inode
		created bool
		errno   linux.Errno
	)
	if flags&linux.OCreat != 0 {
		node, created, errno = w.create(at, path, flags, perm)
	} else {
		node, errno = w.resolve(at, path, flags&linux.ONofollow == 0)
	}
	if errno != 0 {
		return nil, errno
	}
	if created {
		flags &^= linux.OTrunc
	}
	if errno := node.Open(flags); errno != 0 {
		return nil, errno
	}
	return node, 0
}

// Open opens a file that is known already, as FS.Open does one by its path.
func (n *Inode) Open(flags int) linux.Errno {
	if errno := mayOpen(n, flags); errno != 0 {
		return errno
	}
	n.attrs.Lock()
	defer n.attrs.Unlock()
	if flags&linux.OTrunc != 0 && n.kind == linux.ModeRegular && n.virtual == nil {
		if errno := n.truncate(0); errno != 0 {
			return errno
		}
	}
	n.opens++
	return 0
}

// openNameless makes a file without a name in the folder path (O_TMPFILE). Unless
// the flags say that it never gets one, LinkInode can give it one.
func (fs *FS) openNameless(at *Inode, path string, flags int, perm, how uint32) (*Inode, linux.Errno) {
	if flags&linux.OAccmode == linux.ORdonly || flags&linux.ODirectory == 0 || flags&linux.OCreat != 0 {
		return nil, linux.EINVAL
	}
	fs.names.Lock()
	defer fs.names.Unlock()
	w := walker{fs: fs, how: how, top: at}
	dir, errno := w.resolve(at, path, flags&linux.ONofollow == 0)
	switch {
	case errno != 0:
		return nil, errno
	case dir.folder == nil:
		return nil, linux.ENOTDIR
	case dir.virtual != nil:
		return nil, linux.EOPNOTSUPP
	case dir.folder.removed:
		return nil, linux.ENOENT
	}
	n := fs.newInode(linux.ModeRegular | perm&linux.ModePerm)
	n.nlink, n.opens, n.linkable = 0, 1, flags&linux.OExcl == 0
	n.home, n.called = dir.folder, "#"+decimal(n.ino)
	return n, 0
}

// decimal formats a number.
func decimal(n uint64) (s string) {
	for ; n > 0 || s == ""; n /= 10 {
		s = string([]byte{byte('0' + n%10)}) + s
	}
	return s
}

// mayOpen checks the type of an existing file against flags.
func mayOpen(node *Inode, flags int) linux.Errno {
	writes := flags&linux.OAccmode != linux.ORdonly || flags&linux.OTrunc != 0
	switch {
	case flags&linux.ODirectory != 0 && node.folder == nil:
		return linux.ENOTDIR
	case flags&linux.OPath != 0:
		return 0
	case node.kind == linux.ModeSymlink:
		return linux.ELOOP
	case node.folder != nil && (writes || flags&linux.OCreat != 0):
		return linux.EISDIR
	}
	return 0
}

// create finds or makes the file for an open with OCreat and reports which.
func (w *walker) create(at *Inode, path string, flags int, perm uint32) (*Inode, bool, linux.Errno) {
	for {
		p, errno := w.locate(at, path)
		if errno != 0 {
			return nil, false, errno
		}
		exclusive := flags&linux.OExcl != 0
		switch {
		case p.kind != lastName && exclusive:
			return nil, false, linux.EEXIST
		case p.kind != lastName || p.slash:
			return nil, false, linux.EISDIR
		case p.node == nil:
			if p.dir.folder.removed || p.dir.virtual != nil {
				return nil, false, linux.ENOENT
			}
			node := w.fs.newInode(linux.ModeRegular | perm&linux.ModePerm)
			w.fs.enter(p, node)
			return node, true, 0
		case exclusive:
			return nil, false, linux.EEXIST
		case p.node.kind != linux.ModeSymlink || flags&linux.ONofollow != 0:
			return p.node, false, 0
		}
		// A link: go on with what it points to, which may be missing.
		if w.links++; w.links > linux.MaxSymlinks || w.how&ResolveNoSymlinks != 0 {
			return nil, false, linux.ELOOP
		}
		at, path = p.dir, p.node.leadsTo()
	}
}

// enter makes p, which is free, mean node.
func (fs *FS) enter(p place, node *Inode) {
	p.dir.attrs.Lock()
	if p.dir.perm&linux.ModeSetgid != 0 {
		node.gid = p.dir.gid
		if node.folder != nil {
			node.perm |= linux.ModeSetgid
		}
	}
	p.dir.attrs.Unlock()
	p.dir.folder.add(p.name, node)
	p.dir.touch()
	fs.live.Add(1)
}
