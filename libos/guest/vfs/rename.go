package vfs

import "unibench/libos/guest/linux"

// Rename moves a file from one name to another, replacing what is there, or
// exchanges two files, as renameat2(2) does with these flags. The checks come
// in the order of do_renameat2 and vfs_rename.
func (fs *FS) Rename(oldAt *Inode, oldPath string, newAt *Inode, newPath string, flags int) linux.Errno {
	exchange, keep := flags&linux.RenameExchange != 0, flags&linux.RenameNoreplace != 0
	if flags&^(linux.RenameExchange|linux.RenameNoreplace) != 0 || exchange && keep {
		return linux.EINVAL
	}
	fs.names.Lock()
	defer fs.names.Unlock()
	w := walker{fs: fs}
	from, errno := w.locateName(oldAt, oldPath)
	if errno != 0 {
		return errno
	}
	w.links = 0
	to, errno := w.locateName(newAt, newPath)
	if errno != 0 {
		return errno
	}
	switch {
	case from.kind != lastName:
		return linux.EBUSY
	case to.kind != lastName && keep:
		return linux.EEXIST
	case to.kind != lastName:
		return linux.EBUSY
	}
	if errno := from.lookup(); errno != 0 {
		return errno
	}
	if from.node == nil {
		return linux.ENOENT
	}
	if errno := to.lookup(); errno != 0 {
		return errno
	}
	if errno := checkRename(from, to, exchange, keep); errno != 0 {
		return errno
	}
	switch {
	case from.node == to.node:
	case exchange:
		fs.exchange(from, to)
	default:
		fs.move(from, to)
	}
	return 0
}

// locateName finds a place without looking up its last name, so that errors of
// the second path's folders come before errors of the first path's name.
func (w *walker) locateName(at *Inode, path string) (place, linux.Errno) {
	end := len(path)
	for end > 0 && path[end-1] == '/' {
		end--
	}
	start := end
	for start > 0 && path[start-1] != '/' {
		start--
	}
	name := path[start:end]
	if len(path) >= linux.PathMax || len(name) <= linux.NameMax {
		return w.locate(at, path)
	}
	// The name is too long for locate; find its folder and leave the
	// complaint to lookup.
	dir, errno := w.resolve(at, path[:start]+".", true)
	return place{dir: dir, name: name, slash: end < len(path)}, errno
}

// checkRename decides whether from may become to.
func checkRename(from, to place, exchange, keep bool) linux.Errno {
	isDir := from.node.folder != nil
	switch {
	case from.dir.fileSystem() != to.dir.fileSystem():
		return linux.EXDEV
	case from.dir.virtual != nil:
		return linux.EPERM
	case from.node.virtual != nil, to.node != nil && to.node.virtual != nil:
		return linux.EBUSY
	case keep && to.node != nil:
		return linux.EEXIST
	case exchange && to.node == nil:
		return linux.ENOENT
	case exchange && to.slash && to.node.folder == nil:
		return linux.ENOTDIR
	case !isDir && (from.slash || to.slash && !exchange):
		return linux.ENOTDIR
	case isDir && to.dir.within(from.node):
		return linux.EINVAL
	case to.node != nil && to.node.folder != nil && from.dir.within(to.node):
		if exchange {
			return linux.EINVAL
		}
		return linux.ENOTEMPTY
	case from.node == to.node:
		return 0
	case to.dir.folder.removed:
		return linux.ENOENT
	case exchange || to.node == nil:
		return 0
	case isDir && to.node.folder == nil:
		return linux.ENOTDIR
	case !isDir && to.node.folder != nil:
		return linux.EISDIR
	case isDir && len(to.node.folder.byName) != 0:
		return linux.ENOTEMPTY
	}
	return 0
}

// move takes from.node to to, over what is there.
func (fs *FS) move(from, to place) {
	n := from.node
	from.dir.folder.remove(from.name)
	if to.node == nil {
		to.dir.folder.add(to.name, n)
	} else {
		to.dir.folder.replace(to.name, n)
		if to.node.folder != nil {
			fs.buried(to.node)
		} else {
			fs.unlinked(to.node)
		}
	}
	fs.settle(n, from.dir, to)
	from.dir.touch()
	to.dir.touch()
}

// exchange makes each of two names mean the other's file.
func (fs *FS) exchange(a, b place) {
	a.dir.folder.replace(a.name, b.node)
	b.dir.folder.replace(b.name, a.node)
	fs.settle(a.node, a.dir, b)
	fs.settle(b.node, b.dir, a)
	a.dir.touch()
	b.dir.touch()
}

// settle tells n, which was in the folder from, its new place.
func (fs *FS) settle(n, from *Inode, to place) {
	if n.folder != nil {
		n.folder.parent, n.folder.name = to.dir, to.name
		from.links(-1)
		to.dir.links(+1)
	}
	n.links(0) // the time of change
}
