package vfs

import "unibench/libos/guest/linux"

// Unlink removes a name of a file that is not a folder.
func (fs *FS) Unlink(at *Inode, path string) linux.Errno {
	fs.names.Lock()
	defer fs.names.Unlock()
	w := walker{fs: fs}
	p, errno := w.locate(at, path)
	switch {
	case errno != 0:
		return errno
	case p.kind != lastName:
		return linux.EISDIR
	case p.node == nil:
		return linux.ENOENT
	case p.node.folder != nil:
		return linux.EISDIR
	case p.slash:
		return linux.ENOTDIR
	case p.dir.virtual != nil:
		return linux.EPERM
	}
	p.dir.folder.remove(p.name)
	p.dir.touch()
	fs.unlinked(p.node)
	return 0
}

// unlinked notes that a file that is not a folder has lost a name.
func (fs *FS) unlinked(n *Inode) {
	n.links(-1)
	n.attrs.Lock()
	defer n.attrs.Unlock()
	if n.nlink == 0 {
		fs.live.Add(-1)
	}
}

// Rmdir removes an empty folder.
func (fs *FS) Rmdir(at *Inode, path string) linux.Errno {
	fs.names.Lock()
	defer fs.names.Unlock()
	w := walker{fs: fs}
	p, errno := w.locate(at, path)
	switch {
	case errno != 0:
		return errno
	case p.kind == lastDotDot:
		return linux.ENOTEMPTY
	case p.kind == lastDot:
		return linux.EINVAL
	case p.kind == lastRoot:
		return linux.EBUSY
	case p.node == nil:
		return linux.ENOENT
	case p.node.folder == nil:
		return linux.ENOTDIR
	case p.dir.virtual != nil:
		return linux.EPERM
	case p.node.virtual != nil:
		return linux.EBUSY
	case len(p.node.folder.byName) != 0:
		return linux.ENOTEMPTY
	}
	p.dir.folder.remove(p.name)
	p.dir.touch()
	fs.buried(p.node)
	return 0
}

// buried notes that an empty folder was taken out of its parent. It stays as
// the working folder of whoever was in it.
func (fs *FS) buried(d *Inode) {
	d.folder.removed = true
	d.folder.parent.links(-1)
	d.links(-2)
	fs.live.Add(-1)
}
