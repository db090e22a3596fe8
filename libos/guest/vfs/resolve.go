package vfs

import "unibench/libos/guest/linux"

// How a path is resolved, as openat2(2) restricts it.
const (
	ResolveNoXdev       = 0x01
	ResolveNoMagicLinks = 0x02
	ResolveNoSymlinks   = 0x04
	ResolveBeneath      = 0x08
	ResolveInRoot       = 0x10
	ResolveCached       = 0x20
	ResolveAll          = 0x3f
)

// start returns the folder at which path begins: at, or the root if the path is
// absolute.
func (w *walker) start(at *Inode, path string) (*Inode, linux.Errno) {
	switch {
	case path[0] != '/':
		return at, 0
	case w.how&ResolveBeneath != 0:
		return nil, linux.EXDEV
	case w.how&ResolveInRoot != 0:
		return w.top, 0
	}
	return w.fs.root, 0
}

// up returns the parent of a folder.
func (w *walker) up(dir *Inode) (*Inode, linux.Errno) {
	if dir == w.top {
		switch {
		case w.how&ResolveBeneath != 0:
			return nil, linux.EXDEV
		case w.how&ResolveInRoot != 0:
			return dir, 0
		}
	}
	return dir.folder.parent, 0
}

// crosses reports whether the way from one folder to the next is forbidden.
func (w *walker) crosses(from, to *Inode) bool {
	return w.how&ResolveNoXdev != 0 && from.fileSystem() != to.fileSystem()
}
