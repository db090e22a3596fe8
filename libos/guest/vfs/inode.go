package vfs

import (
	"sync"

	"unibench/libos/guest/linux"
)

// device is the st_dev of every file: major 0, as for all unnamed devices.
const device = 1

// An Inode is one file: a regular file, folder, symbolic link, device node, named
// pipe or socket. It stays usable after its last name is removed.
type Inode struct {
	fs      *FS
	ino     uint64
	kind    uint32   // file type bits; fixed
	target  string   // of a symbolic link; fixed
	rdev    uint64   // of a device node; fixed
	folder  *folder  // of a folder; guarded by FS.names
	home    *folder  // where it got its newest name; guarded by FS.names
	called  string   // that name; guarded by FS.names
	virtual *virtual // of a file that is made up; fixed

	attrs               sync.Mutex // guards what follows
	perm, uid, gid      uint32
	nlink               uint64
	atime, mtime, ctime linux.Timespec
	opens               int // descriptions that use the contents
	seals               uint32
	linkable            bool // without a name, but may get one
	content             content
}

// newInode returns an inode with the given type and permissions and no name.
func (fs *FS) newInode(mode uint32) *Inode {
	t := fs.now()
	n := &Inode{
		fs: fs, ino: fs.lastIno.Add(1),
		kind: mode & linux.ModeType, perm: mode & linux.ModePerm,
		nlink: 1, atime: t, mtime: t, ctime: t,
	}
	if n.kind == linux.ModeDir {
		n.folder = &folder{self: n}
	}
	return n
}

// FS returns the file system that n belongs to.
func (n *Inode) FS() *FS { return n.fs }

// Kind returns the file type bits of the mode.
func (n *Inode) Kind() uint32 { return n.kind }

// IsDir reports whether n is a folder.
func (n *Inode) IsDir() bool { return n.kind == linux.ModeDir }

// Rdev returns the device number of a device node.
func (n *Inode) Rdev() uint64 { return n.rdev }

// Target returns what a symbolic link points to.
func (n *Inode) Target() string {
	n.fs.names.Lock()
	defer n.fs.names.Unlock()
	return n.leadsTo()
}

// leadsTo is Target with FS.names held.
func (n *Inode) leadsTo() string {
	if n.virtual != nil && n.virtual.link != nil {
		return n.virtual.link()
	}
	return n.target
}

// Stat returns the attributes of n.
func (n *Inode) Stat() linux.Stat {
	n.attrs.Lock()
	defer n.attrs.Unlock()
	st := linux.Stat{
		Dev: device, Ino: n.ino, Nlink: n.nlink,
		Mode: n.kind | n.perm, UID: n.uid, GID: n.gid, Rdev: n.rdev,
		Size: n.content.size, Blksize: 4096, Blocks: n.content.blocks(),
		Atim: n.atime, Mtim: n.mtime, Ctim: n.ctime,
	}
	switch {
	case n.virtual != nil:
		st.Dev, st.Size, st.Blksize = virtualDevice, 0, 1024
	case n.kind == linux.ModeDir:
		st.Size = 4096
	case n.kind == linux.ModeSymlink:
		st.Size = int64(len(n.target))
	}
	return st
}

// Chmod sets the permission bits. Symbolic links have none: EOPNOTSUPP.
func (n *Inode) Chmod(perm uint32) linux.Errno {
	switch {
	case n.kind == linux.ModeSymlink:
		return linux.EOPNOTSUPP
	case n.virtual != nil:
		return linux.EPERM
	}
	n.attrs.Lock()
	defer n.attrs.Unlock()
	n.perm = perm & linux.ModePerm
	n.ctime = n.fs.now()
	return 0
}

// Chown sets owner and group; all ones leaves one as it is. As on Linux, an
// executable file loses its set-id bits even if the superuser does it.
func (n *Inode) Chown(uid, gid uint32) {
	n.attrs.Lock()
	defer n.attrs.Unlock()
	if uid != ^uint32(0) {
		n.uid = uid
	}
	if gid != ^uint32(0) {
		n.gid = gid
	}
	if n.kind != linux.ModeDir {
		n.perm &^= linux.ModeSetuid
		if n.perm&0o010 != 0 {
			n.perm &^= linux.ModeSetgid
		}
	}
	n.ctime = n.fs.now()
}

// SetTimes sets the times of last access and change of contents. Nanoseconds
// may be linux.UtimeNow or linux.UtimeOmit; other values out of range are
// EINVAL.
func (n *Inode) SetTimes(atime, mtime linux.Timespec) linux.Errno {
	for _, t := range []linux.Timespec{atime, mtime} {
		if (t.Nsec < 0 || t.Nsec > 999_999_999) && t.Nsec != linux.UtimeNow && t.Nsec != linux.UtimeOmit {
			return linux.EINVAL
		}
	}
	if atime.Nsec == linux.UtimeOmit && mtime.Nsec == linux.UtimeOmit {
		return 0
	}
	if n.virtual != nil {
		return linux.EPERM
	}
	n.attrs.Lock()
	defer n.attrs.Unlock()
	now := n.fs.now()
	set := func(to *linux.Timespec, t linux.Timespec) {
		switch t.Nsec {
		case linux.UtimeNow:
			*to = now
		case linux.UtimeOmit:
		default:
			*to = t
		}
	}
	set(&n.atime, atime)
	set(&n.mtime, mtime)
	n.ctime = now
	return 0
}

// links changes the number of names by delta. A file without names and users
// gives its contents back.
func (n *Inode) links(delta int) {
	n.attrs.Lock()
	defer n.attrs.Unlock()
	n.nlink += uint64(delta)
	n.ctime = n.fs.now()
	n.release()
}

// touch marks the contents as changed: of a folder, or through a mapping.
func (n *Inode) touch() {
	n.attrs.Lock()
	defer n.attrs.Unlock()
	n.mtime = n.fs.now()
	n.ctime = n.mtime
}

// Acquire notes that an open file description uses the contents of n.
func (n *Inode) Acquire() {
	n.attrs.Lock()
	defer n.attrs.Unlock()
	n.opens++
}

// Release undoes one Acquire.
func (n *Inode) Release() {
	n.attrs.Lock()
	defer n.attrs.Unlock()
	n.opens--
	n.release()
}

// release frees the contents once nothing can reach them. attrs is held.
func (n *Inode) release() {
	if n.nlink == 0 && n.opens == 0 {
		n.content.truncate(0, n.fs)
		n.content.drop(n.fs)
	}
}
