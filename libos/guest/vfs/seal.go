package vfs

import "unibench/libos/guest/linux"

// Seals of memfd_create(2).
const (
	SealSeal        = 1
	SealShrink      = 2
	SealGrow        = 4
	SealWrite       = 8
	SealFutureWrite = 16
	SealExec        = 32
	AllSeals        = 63

	// sealable marks a file that has seals at all.
	sealable = 1 << 31
)

// NewSealed returns a regular file that never has a name in the tree; it shows
// the given one. The caller owns one Acquire.
func (fs *FS) NewSealed(name string, perm, seals uint32) *Inode {
	n := fs.newInode(linux.ModeRegular | perm)
	n.called, n.nlink, n.opens, n.seals = name, 0, 1, seals|sealable
	return n
}

// Seals returns the seals of a file of NewSealed; others are EINVAL.
func (n *Inode) Seals() (uint32, linux.Errno) {
	n.attrs.Lock()
	defer n.attrs.Unlock()
	if n.seals == 0 {
		return 0, linux.EINVAL
	}
	return n.seals &^ sealable, 0
}

// AddSeals adds seals, unless it is sealed against that: EPERM.
func (n *Inode) AddSeals(more uint32) linux.Errno {
	n.attrs.Lock()
	defer n.attrs.Unlock()
	switch {
	case n.seals == 0 || more&^AllSeals != 0:
		return linux.EINVAL
	case n.seals&SealSeal != 0:
		return linux.EPERM
	}
	n.seals |= more
	return 0
}

// MayMap checks a shared mapping for writing against the seals.
func (n *Inode) MayMap() linux.Errno {
	n.attrs.Lock()
	defer n.attrs.Unlock()
	if n.seals&(SealWrite|SealFutureWrite) != 0 {
		return linux.EPERM
	}
	return 0
}

// mayWrite and mayResize check a change against the seals. attrs is held.
func (n *Inode) mayWrite(end int64) linux.Errno {
	if n.seals&(SealWrite|SealFutureWrite) != 0 || n.seals&SealGrow != 0 && end > n.content.size {
		return linux.EPERM
	}
	return 0
}

func (n *Inode) mayResize(size int64) linux.Errno {
	if n.seals&SealShrink != 0 && size < n.content.size || n.seals&SealGrow != 0 && size > n.content.size {
		return linux.EPERM
	}
	return 0
}
