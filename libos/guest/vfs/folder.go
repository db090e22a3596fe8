package vfs

import (
	"slices"

	"unibench/libos/guest/linux"
)

// firstCookie is the position of the first real entry; the two dots come
// before it.
const firstCookie = 3

// folder is what an Inode of type folder has on top. All of it is guarded by
// FS.names.
//
// list is sorted by cookie, for new entries get the next cookie and go to the
// end. A removed entry stays in the list, without its inode, until half of the
// list is such; so a position in the folder, which is the cookie of the last
// entry seen, stays valid whatever is added or removed.
type folder struct {
	self    *Inode
	parent  *Inode // the root is its own; kept after removal
	name    string // in parent
	removed bool

	byName map[string]*entry
	list   []*entry
	cookie int64 // of the newest entry
}

// entry is one name in a folder; node is nil once it is removed.
type entry struct {
	name   string
	node   *Inode
	cookie int64
}

// get returns the inode called name, or nil.
func (f *folder) get(name string) *Inode {
	if e := f.byName[name]; e != nil {
		return e.node
	}
	return nil
}

// add enters node as name, which is free.
func (f *folder) add(name string, node *Inode) {
	if f.byName == nil {
		f.byName = make(map[string]*entry)
	}
	f.cookie = max(f.cookie+1, firstCookie)
	e := &entry{name, node, f.cookie}
	f.byName[name] = e
	f.list = append(f.list, e)
	node.home, node.called = f, name
}

// remove takes name out.
func (f *folder) remove(name string) {
	f.byName[name].node = nil
	delete(f.byName, name)
	if len(f.list) > 16 && len(f.list) > 2*len(f.byName) {
		f.list = slices.DeleteFunc(f.list, func(e *entry) bool { return e.node == nil })
	}
}

// replace makes name, which exists, mean node.
func (f *folder) replace(name string, node *Inode) {
	f.byName[name].node = node
	node.home, node.called = f, name
}

// Entry is one name as a folder lists it.
type Entry struct {
	Name   string
	Ino    uint64
	Kind   uint32 // file type bits of the mode
	Cookie int64  // to pass to NextEntry for the entry after this one
}

// NextEntry returns the entry after the position cookie, 0 for the first, and
// whether there is one. A removed folder is ENOENT, another file ENOTDIR.
func (n *Inode) NextEntry(cookie int64) (Entry, bool, linux.Errno) {
	if n.folder == nil {
		return Entry{}, false, linux.ENOTDIR
	}
	n.fs.names.Lock()
	defer n.fs.names.Unlock()
	f := n.folder
	if f.removed {
		return Entry{}, false, linux.ENOENT
	}
	switch {
	case cookie <= 0:
		return Entry{".", n.ino, linux.ModeDir, 1}, true, 0
	case cookie == 1:
		return Entry{"..", f.parent.ino, linux.ModeDir, 2}, true, 0
	}
	if n.virtual != nil {
		e, ok := n.nextVirtual(cookie)
		return e, ok, 0
	}
	at, _ := slices.BinarySearchFunc(f.list, cookie+1, func(e *entry, want int64) int { return int(e.cookie - want) })
	for _, e := range f.list[at:] {
		if e.node != nil {
			return Entry{e.name, e.node.ino, e.node.kind, e.cookie}, true, 0
		}
	}
	return Entry{}, false, 0
}

// Path returns the absolute path of a folder, ENOENT once it is removed.
func (n *Inode) Path() (string, linux.Errno) {
	n.fs.names.Lock()
	defer n.fs.names.Unlock()
	return n.path()
}

// path is Path with FS.names held.
func (n *Inode) path() (string, linux.Errno) {
	path := ""
	for d := n; d != n.fs.root; d = d.folder.parent {
		if d.folder.removed {
			return "", linux.ENOENT
		}
		path = "/" + d.folder.name + path
	}
	if path == "" {
		path = "/"
	}
	return path, 0
}

// Name returns the absolute path of the newest name that a file got, as
// /proc/self/fd shows it: with a note if the file has that name no more.
func (n *Inode) Name() string {
	n.fs.names.Lock()
	defer n.fs.names.Unlock()
	return n.NameLocked()
}

// NameLocked is Name for functions that are called with the tree locked.
func (n *Inode) NameLocked() string {
	const gone = " (deleted)"
	if n.folder != nil {
		path, errno := n.path()
		if errno != 0 {
			return "/" + n.folder.name + gone
		}
		return path
	}
	if n.home == nil {
		return "/" + n.called + gone
	}
	path, errno := n.home.self.path()
	if path == "/" {
		path = ""
	}
	path += "/" + n.called
	if errno != 0 || n.home.get(n.called) != n {
		path += gone
	}
	return path
}

// within reports whether n is d or lies below it. FS.names is held.
func (n *Inode) within(d *Inode) bool {
	for ; n != d; n = n.folder.parent {
		if n == n.fs.root {
			return false
		}
	}
	return true
}
