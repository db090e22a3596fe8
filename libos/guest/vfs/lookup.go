package vfs

import "unibench/libos/guest/linux"

// lastKind says what the last component of a path is.
type lastKind int

const (
	lastName   lastKind = iota // an ordinary name
	lastDot                    // "."
	lastDotDot                 // ".."
	lastRoot                   // nothing: the path is all slashes
)

// place is where a path leads to, short of its last component.
type place struct {
	dir   *Inode // the folder that the last component is looked up in
	kind  lastKind
	name  string
	slash bool   // slashes follow the name
	node  *Inode // what name means now, itself if a symbolic link; nil if nothing
}

// walker resolves one path. FS.names is held while it is in use.
type walker struct {
	fs    *FS
	links int    // symbolic links followed so far
	how   uint32 // Resolve flags
	top   *Inode // where the path began, for those
}

// locate finds the place of path, relative to at unless path is absolute.
// Symbolic links on the way are followed, one at the end is not.
func (w *walker) locate(at *Inode, path string) (place, linux.Errno) {
	if path == "" {
		return place{}, linux.ENOENT
	}
	if len(path) >= linux.PathMax {
		return place{}, linux.ENAMETOOLONG
	}
	at, errno := w.start(at, path)
	if errno != 0 {
		return place{}, errno
	}
	for {
		path = skipSlashes(path)
		if path == "" {
			return place{dir: at, kind: lastRoot}, 0
		}
		if at.folder == nil {
			return place{}, linux.ENOTDIR
		}
		end := 0
		for end < len(path) && path[end] != '/' {
			end++
		}
		p := place{dir: at, name: path[:end], slash: end < len(path)}
		if errno := p.lookup(); errno != 0 {
			return place{}, errno
		}
		if p.kind == lastDotDot {
			if p.node, errno = w.up(at); errno != 0 {
				return place{}, errno
			}
		}
		if p.node != nil && w.crosses(at, p.node) {
			return place{}, linux.EXDEV
		}
		if path = skipSlashes(path[end:]); path == "" {
			return p, 0
		}
		// More follows, so this must be a folder or a link to one.
		next, errno := w.follow(p, true)
		if errno != 0 {
			return place{}, errno
		}
		at = next
	}
}

// lookup fills in kind and node.
func (p *place) lookup() linux.Errno {
	switch {
	case p.name == ".":
		p.kind, p.node = lastDot, p.dir
	case p.name == "..":
		p.kind, p.node = lastDotDot, p.dir.folder.parent
	case len(p.name) > linux.NameMax:
		return linux.ENAMETOOLONG
	default:
		p.node = p.dir.entry(p.name)
	}
	return 0
}

// follow returns the file at p, which must exist, behind all symbolic links.
func (w *walker) follow(p place, wantDir bool) (*Inode, linux.Errno) {
	node := p.node
	if p.kind == lastRoot {
		node = p.dir
	}
	if node == nil {
		return nil, linux.ENOENT
	}
	if node.kind == linux.ModeSymlink {
		if w.links++; w.links > linux.MaxSymlinks || w.how&ResolveNoSymlinks != 0 {
			return nil, linux.ELOOP
		}
		next, errno := w.locate(p.dir, node.leadsTo())
		if errno != 0 {
			return nil, errno
		}
		return w.follow(next, wantDir || next.slash)
	}
	if wantDir && node.folder == nil {
		return nil, linux.ENOTDIR
	}
	return node, 0
}

// resolve returns the file that path means. A symbolic link at its end is
// followed if follow is set or a slash comes after it.
func (w *walker) resolve(at *Inode, path string, follow bool) (*Inode, linux.Errno) {
	p, errno := w.locate(at, path)
	if errno != 0 {
		return nil, errno
	}
	if p.node != nil && p.node.kind == linux.ModeSymlink && !follow && !p.slash {
		return p.node, 0
	}
	return w.follow(p, p.slash)
}

// Lookup returns the file that path means, relative to at unless path is
// absolute. A symbolic link at its end is returned itself unless follow is set.
func (fs *FS) Lookup(at *Inode, path string, follow bool) (*Inode, linux.Errno) {
	fs.names.Lock()
	defer fs.names.Unlock()
	w := walker{fs: fs}
	return w.resolve(at, path, follow)
}

func skipSlashes(path string) string {
	for path != "" && path[0] == '/' {
		path = path[1:]
	}
	return path
}
