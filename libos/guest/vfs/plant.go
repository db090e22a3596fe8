package vfs

import "unibench/libos/guest/linux"

// Node describes a file that is put into the tree before programs run.
type Node struct {
	Mode     uint32 // type and permissions
	UID, GID uint32
	Rdev     uint64
	Mtime    linux.Timespec
	Data     []byte // contents of a regular file: aliased, and must not change
	Target   string // of a symbolic link
}

// Plant puts a file at path, below the root, and returns it. Folders that are
// missing on the way are made. What is there already is replaced, except that
// a folder over a folder only changes its attributes. Symbolic links on the
// way are followed, as by all other calls.
func (fs *FS) Plant(path string, node Node) (*Inode, linux.Errno) {
	fs.names.Lock()
	defer fs.names.Unlock()
	p, errno := fs.prepare(path)
	if errno != 0 {
		return nil, errno
	}
	n := p.node
	switch {
	case p.kind != lastName:
		n = p.dir
	case p.dir.virtual != nil, n != nil && n.virtual != nil:
		return n, 0 // what is made up stays
	case n != nil && n.folder != nil && node.Mode&linux.ModeType == linux.ModeDir:
	default:
		if errno := fs.evict(p); errno != 0 {
			return nil, errno
		}
		if node.Mode&linux.ModeType == linux.ModeDir {
			n = fs.mkdir(p, 0)
		} else {
			n = fs.newInode(node.Mode)
			n.target, n.rdev = node.Target, node.Rdev
			n.content.base, n.content.size = node.Data, int64(len(node.Data))
			fs.enter(p, n)
		}
	}
	n.attrs.Lock()
	defer n.attrs.Unlock()
	n.perm, n.uid, n.gid = node.Mode&linux.ModePerm, node.UID, node.GID
	n.atime, n.mtime, n.ctime = node.Mtime, node.Mtime, node.Mtime
	return n, 0
}

// PlantLink gives n the further name path, as Plant would.
func (fs *FS) PlantLink(path string, n *Inode) linux.Errno {
	fs.names.Lock()
	defer fs.names.Unlock()
	p, errno := fs.prepare(path)
	if errno != 0 {
		return errno
	}
	if p.node == n {
		return 0
	}
	if p.kind != lastName || p.dir.virtual != nil {
		return linux.EEXIST
	}
	if errno := fs.evict(p); errno != 0 {
		return errno
	}
	p.node = nil
	return fs.link(n, p)
}

// evict frees the name at p, which a full folder may not hold.
func (fs *FS) evict(p place) linux.Errno {
	switch {
	case p.node == nil:
		return 0
	case p.node.folder == nil:
		p.dir.folder.remove(p.name)
		fs.unlinked(p.node)
	case len(p.node.folder.byName) != 0:
		return linux.ENOTEMPTY
	default:
		p.dir.folder.remove(p.name)
		fs.buried(p.node)
	}
	return 0
}

// prepare locates path after making the folders that it needs.
func (fs *FS) prepare(path string) (place, linux.Errno) {
	for end := 1; end < len(path); end++ {
		if path[end] != '/' {
			continue
		}
		w := walker{fs: fs}
		p, errno := w.locate(fs.root, path[:end])
		if errno != 0 {
			return p, errno
		}
		if p.kind == lastName && p.node == nil && p.dir.virtual == nil {
			fs.mkdir(p, 0o755)
		}
	}
	w := walker{fs: fs}
	return w.locate(fs.root, path)
}

// SetData gives a planted regular file other contents, on the terms of
// Node.Data.
func (n *Inode) SetData(data []byte) {
	n.attrs.Lock()
	defer n.attrs.Unlock()
	n.content.truncate(0, n.fs)
	if n.content.extent.maps > 0 {
		n.content.writeAt(data, 0, n.fs)
		return
	}
	n.content.drop(n.fs)
	n.content = content{base: data, size: int64(len(data))}
}
