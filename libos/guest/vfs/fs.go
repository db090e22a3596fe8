package vfs

import (
	"sync"
	"sync/atomic"

	"unibench/libos/guest/linux"
)

// Memory provides the memory for the contents of files that are not small. It
// is best kept out of the garbage collector's sight: a collector that sees large
// files lets as much garbage pile up beside them.
type Memory interface {
	// Alloc returns ChunkSize bytes of any contents, nil if there are none.
	Alloc() []byte
	// Free takes back what Alloc returned.
	Free([]byte)

	// Reserve returns n bytes of addresses, a multiple of ChunkSize, without
	// memory, nil if there are none; Unreserve takes them back, with the memory
	// that they have.
	Reserve(n int64) []byte
	Unreserve([]byte)
	// Commit gives memory to pages of what Reserve returned, which then read as
	// zero, or reports that there is none; Decommit takes it away.
	Commit([]byte) bool
	Decommit([]byte)
}

// FS is one file system. Make one with New.
//
// Lock order: names before an Inode's attrs.
type FS struct {
	now   func() linux.Timespec
	mem   Memory
	limit int64 // bytes

	used    atomic.Int64 // bytes held by chunks and extents of files
	lastIno atomic.Uint64
	live    atomic.Int64 // inodes that have a name

	// names guards the tree: entries, parents and names of all folders.
	names sync.Mutex
	root  *Inode
}

// New returns a file system that holds only its root folder. It reads the time
// from now, keeps large contents in mem, and answers ENOSPC when the contents written to it, not counting
// archive contents that are still aliased, would exceed limit bytes.
func New(now func() linux.Timespec, mem Memory, limit int64) *FS {
	fs := &FS{now: now, mem: mem, limit: limit}
	fs.root = fs.newInode(linux.ModeDir | 0o755)
	fs.root.folder.parent = fs.root
	fs.root.nlink = 2
	fs.live.Add(1)
	return fs
}

// Root returns the root folder.
func (fs *FS) Root() *Inode { return fs.root }

// Statfs describes the file system as a whole.
func (fs *FS) Statfs() linux.Statfs {
	const block = 4096
	free := max(fs.limit-fs.used.Load(), 0)
	return linux.Statfs{
		Type:    linux.TmpfsMagic,
		Bsize:   block,
		Frsize:  block,
		Blocks:  uint64(fs.limit / block),
		Bfree:   uint64(free / block),
		Bavail:  uint64(free / block),
		Files:   uint64(fs.limit / block),
		Ffree:   uint64(max(fs.limit/block-fs.live.Load(), 0)),
		Namelen: linux.NameMax,
	}
}
