package vfs

import "unibench/libos/guest/linux"

// Virtual makes up the entries of a folder, as those of proc(5). It is called
// with the tree locked: it must not call the file system. What it returns comes
// from NewVirtual and its fellows, each time the same for the same file.
type Virtual interface {
	// Lookup returns the file called name, nil if there is none.
	Lookup(name string) *Inode
	// Names returns the names of all files.
	Names() []string
}

// virtual is what an Inode of a file that is made up has on top.
type virtual struct {
	entries Virtual       // of a folder
	text    func() []byte // contents of a regular file
	link    func() string // target of a symbolic link; called with the tree locked
}

// virtualDevice is the st_dev of files that are made up.
const virtualDevice = 5

// NewVirtual returns a folder without a name whose entries v makes up. Nothing
// can be made, removed or renamed in it.
func (fs *FS) NewVirtual(perm uint32, v Virtual) *Inode {
	n := fs.newInode(linux.ModeDir | perm)
	n.virtual = &virtual{entries: v}
	n.nlink = 2
	return n
}

// NewText returns a regular file without a name whose contents text makes up,
// each time that someone reads its beginning (Inode.Text). It shows a size of 0.
func (fs *FS) NewText(perm uint32, text func() []byte) *Inode {
	n := fs.newInode(linux.ModeRegular | perm)
	n.virtual = &virtual{text: text}
	return n
}

// NewLink returns a symbolic link without a name to what target makes up, with
// the tree locked.
func (fs *FS) NewLink(target func() string) *Inode {
	n := fs.newInode(linux.ModeSymlink | 0o777)
	n.virtual = &virtual{link: target}
	return n
}

// Adopt puts a folder of NewVirtual below parent, which may be a virtual folder
// that knows it already, or at a name of an ordinary one.
func (fs *FS) Adopt(parent *Inode, name string, n *Inode) {
	if parent.virtual != nil {
		n.folder.parent, n.folder.name = parent, name
		return
	}
	fs.names.Lock()
	defer fs.names.Unlock()
	n.folder.parent, n.folder.name = parent, name
	parent.folder.add(name, n)
	parent.links(+1)
	fs.live.Add(1)
}

// Virtual reports whether n is made up.
func (n *Inode) Virtual() bool { return n.virtual != nil }

// Text returns the contents that a file of NewText has now; ok is false for all
// others.
func (n *Inode) Text() (text []byte, ok bool) {
	if n.virtual == nil || n.virtual.text == nil {
		return nil, false
	}
	return n.virtual.text(), true
}

// entry returns the file called name in a folder, or nil. FS.names is held.
func (n *Inode) entry(name string) *Inode {
	if n.virtual != nil {
		return n.virtual.entries.Lookup(name)
	}
	return n.folder.get(name)
}

// nextVirtual is NextEntry behind the dots. The position counts names, in an
// order that stays while no file comes or goes.
func (n *Inode) nextVirtual(cookie int64) (Entry, bool) {
	names := n.virtual.entries.Names()
	for i := max(cookie, firstCookie-1) - (firstCookie - 1); i < int64(len(names)); i++ {
		if e := n.virtual.entries.Lookup(names[i]); e != nil {
			return Entry{names[i], e.ino, e.kind, i + firstCookie}, true
		}
	}
	return Entry{}, false
}

// fileSystem tells files apart that cannot be renamed to each other.
func (n *Inode) fileSystem() bool { return n.virtual != nil }
