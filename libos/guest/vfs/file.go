package vfs

import "unibench/libos/guest/linux"

// maxSize is the largest size of a file, that of tmpfs.
const maxSize = 1<<63 - 1

// ReadAt copies bytes of a regular file from off on into p and returns their
// number, 0 at or behind the end. off must not be negative.
func (n *Inode) ReadAt(p []byte, off int64) int {
	n.attrs.Lock()
	defer n.attrs.Unlock()
	return n.content.readAt(p, off)
}

// WriteAt writes p to a regular file at off, which must not be negative, and
// returns how many bytes it took. It takes fewer than all only if there is room
// for some of them (then without an error), or for none (ENOSPC, EFBIG).
func (n *Inode) WriteAt(p []byte, off int64) (int, linux.Errno) {
	n.attrs.Lock()
	defer n.attrs.Unlock()
	return n.write(p, off)
}

// Append writes p to the end of a regular file, as WriteAt does, and returns
// the offset behind the last byte too.
func (n *Inode) Append(p []byte) (int, int64, linux.Errno) {
	n.attrs.Lock()
	defer n.attrs.Unlock()
	off := n.content.size
	count, errno := n.write(p, off)
	return count, off + int64(count), errno
}

func (n *Inode) write(p []byte, off int64) (int, linux.Errno) {
	if len(p) == 0 {
		return 0, 0
	}
	if off >= maxSize {
		return 0, linux.EFBIG
	}
	p = p[:min(int64(len(p)), maxSize-off)]
	if errno := n.mayWrite(off + int64(len(p))); errno != 0 {
		return 0, errno
	}
	count, errno := n.content.writeAt(p, off, n.fs)
	if errno == 0 {
		n.mtime = n.fs.now()
		n.ctime = n.mtime
	}
	return count, errno
}

// Truncate sets the size of a regular file. Folders are EISDIR, negative sizes
// and all other files EINVAL.
func (n *Inode) Truncate(size int64) linux.Errno {
	switch {
	case size < 0:
		return linux.EINVAL
	case n.kind == linux.ModeDir:
		return linux.EISDIR
	case n.kind != linux.ModeRegular, n.virtual != nil:
		return linux.EINVAL
	}
	n.attrs.Lock()
	defer n.attrs.Unlock()
	return n.truncate(size)
}

// truncate does what Truncate does, with attrs held.
func (n *Inode) truncate(size int64) linux.Errno {
	if errno := n.mayResize(size); errno != 0 {
		return errno
	}
	if errno := n.content.truncate(size, n.fs); errno != 0 {
		return errno
	}
	n.mtime = n.fs.now()
	n.ctime = n.mtime
	return 0
}

// Size returns the size of a regular file in bytes.
func (n *Inode) Size() int64 {
	n.attrs.Lock()
	defer n.attrs.Unlock()
	return n.content.size
}

// Lend appends the memory that holds the bytes of a regular file from off on,
// at most limit, to v, as far as v's capacity reaches; nothing at the end of the
// file. Memory that is fixed stays as it is for ever. Otherwise n is locked: the
// caller only reads, does not wait, and calls Unlend.
func (n *Inode) Lend(v [][]byte, off int64, limit int) (w [][]byte, fixed bool) {
	n.attrs.Lock()
	w, fixed = n.content.lend(v, off, limit)
	if fixed {
		n.attrs.Unlock()
	}
	return w, fixed
}

// Unlend ends what Lend began, unless that was fixed.
func (n *Inode) Unlend() { n.attrs.Unlock() }
