package vfs

import "unibench/libos/guest/linux"

// PageSize is the unit in which extents get memory, in bytes.
const PageSize = 4096

// minExtent is the least that an extent reserves: what is mapped piece by piece
// (SQLite's index of its log) then grows in place.
const minExtent = 1 << 20

// maxExtent is more than any address space has, in bytes.
const maxExtent = 1 << 47

// extent is the one piece of memory that holds the beginning of a file which is
// or was mapped: the mappings are this memory, and reading and writing use it
// too, so that each sees what the others do. It cannot move while it is mapped.
//
//	extent  |aaaaaaaaaaaa0000|................|  addresses; memory up to committed
//	chunks                                    |cccc|
//	file    |aaaaaaaaaaaa|
//
// Bytes of it behind the end of the file are zero, but for what a program wrote
// there through a mapping.
type extent struct {
	mem       []byte // from Memory.Reserve; a multiple of ChunkSize
	committed int64  // a multiple of PageSize; reaches over all of the file that lies in mem
	maps      int    // mappings
}

func pages(n int64) int64 { return (n + PageSize - 1) &^ (PageSize - 1) }

// inExtent returns how many of the n bytes at off lie in the extent.
func (c *content) inExtent(off int64, n int) int {
	return int(max(min(int64(n), int64(len(c.extent.mem))-off), 0))
}

// extend makes the extent ready for a file of the given size, or reports
// ENOSPC: it gets the memory, and what was written behind the end through a
// mapping is forgotten.
func (c *content) extend(size int64, fs *FS) linux.Errno {
	x := &c.extent
	size = min(size, int64(len(x.mem)))
	if c.size < size {
		clear(x.mem[c.size:min(pages(c.size), x.committed)])
	}
	more := pages(size) - x.committed
	if more <= 0 {
		return 0
	}
	if fs.used.Add(more) > fs.limit || !fs.mem.Commit(x.mem[x.committed:x.committed+more]) {
		fs.used.Add(-more)
		return linux.ENOSPC
	}
	x.committed += more
	c.held += more
	return 0
}

// shrink gives the memory of the extent behind the size back.
func (c *content) shrink(size int64, fs *FS) {
	x := &c.extent
	less := x.committed - pages(size)
	if less < 0 {
		return
	}
	if less > 0 {
		fs.mem.Decommit(x.mem[x.committed-less : x.committed])
		x.committed -= less
		c.held -= less
		fs.used.Add(-less)
	}
	clear(x.mem[size:x.committed])
}

// gather moves the beginning of the file, at least n bytes if it is as long,
// into an extent. A mapping that needs more addresses than an extent has that
// is mapped already is ENOMEM.
func (c *content) gather(n int64, fs *FS) linux.Errno {
	if n > maxExtent {
		return linux.ENOMEM
	}
	n = (n + ChunkSize - 1) &^ (ChunkSize - 1)
	if n <= int64(len(c.extent.mem)) {
		return 0
	}
	if c.extent.maps > 0 {
		return linux.ENOMEM
	}
	var x extent
	for _, size := range [...]int64{max(2*n, minExtent), n} {
		if x.mem = fs.mem.Reserve(size); x.mem != nil {
			break
		}
	}
	if x.mem == nil {
		return linux.ENOMEM
	}
	next := content{extent: x}
	if errno := next.extend(c.size, fs); errno != 0 {
		fs.mem.Unreserve(x.mem)
		return linux.ENOMEM
	}
	c.readAt(next.extent.mem[:min(c.size, int64(len(x.mem)))], 0)
	for index, chunk := range c.chunks {
		if index*ChunkSize < int64(len(x.mem)) {
			c.held -= int64(cap(chunk))
			delete(c.chunks, index)
			fs.free(chunk)
		}
	}
	c.drop(fs)
	if int64(len(c.base)) <= int64(len(x.mem)) {
		c.base = nil
	}
	c.extent = next.extent
	c.held += next.held
	return 0
}

// drop gives up an extent that is not mapped; its bytes are lost.
func (c *content) drop(fs *FS) {
	x := &c.extent
	if x.mem == nil || x.maps > 0 {
		return
	}
	c.held -= x.committed
	fs.used.Add(-x.committed)
	fs.mem.Unreserve(x.mem)
	c.extent = extent{}
}

// Map returns the memory of n bytes of a regular file at off, both multiples of
// PageSize and their sum no overflow, for a shared mapping: it is the file's own
// until Unmap. Only the part within the size of the file may be touched. The
// mapping keeps the contents as an open description does.
func (n *Inode) Map(off, size int64) ([]byte, linux.Errno) {
	n.attrs.Lock()
	defer n.attrs.Unlock()
	if errno := n.content.gather(off+size, n.fs); errno != 0 {
		return nil, errno
	}
	n.content.extent.maps++
	n.opens++
	return n.content.extent.mem[off : off+size : off+size], 0
}

// Unmap undoes one Map.
func (n *Inode) Unmap() {
	n.attrs.Lock()
	defer n.attrs.Unlock()
	n.content.extent.maps--
	n.opens--
	n.release()
}

// Modified notes that contents were changed through a mapping.
func (n *Inode) Modified() { n.touch() }
