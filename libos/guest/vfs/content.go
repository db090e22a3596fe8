package vfs

import "unibench/libos/guest/linux"

// ChunkSize is the unit in which contents are stored, in bytes. It is large enough that
// a big file is few chunks, and small enough that the first write to a file of
// the archive copies little; small files use as much as they need of it.
const ChunkSize = 64 << 10

// smallest is the capacity that the first write to a small file reserves.
const smallest = 512

// content holds the bytes of a regular file in two layers, behind an extent if
// there is one. Chunk i, where there
// is one, holds the bytes from i*ChunkSize on; bytes behind its end are zero.
// Where there is none, base holds them; behind its end is a hole of zeros.
//
//	base    |aaaaaaaaaaaaaaaa|aaaaaaaaaaaaaaaa|aaaa|
//	chunks                   |bbbbbbbbbbb|          |cccc|
//	file    |aaaaaaaaaaaaaaaa|bbbbbbbbbbb00000|aaaa0..0|cccc|
//
// No chunk and no part of base reaches over size. A chunk with a capacity of
// ChunkSize comes from FS.mem, a smaller one from the heap.
type content struct {
	size   int64
	base   []byte // aliased and never written
	chunks map[int64][]byte
	extent extent
	held   int64 // bytes that the chunks and the extent have reserved
}

// blocks returns st_blocks: units of 512 bytes in use.
func (c *content) blocks() int64 {
	return (c.held + int64(len(c.base)) + 511) / 512
}

// readAt copies the bytes at off and returns their number, short only at the
// end of the file. off is not negative.
func (c *content) readAt(p []byte, off int64) int {
	if off >= c.size {
		return 0
	}
	p = p[:min(int64(len(p)), c.size-off)]
	n := c.inExtent(off, len(p))
	if n > 0 {
		copy(p[:n], c.extent.mem[off:])
	}
	for n < len(p) {
		index, at := (off+int64(n))/ChunkSize, int((off+int64(n))%ChunkSize)
		part := p[n:min(len(p), n+ChunkSize-at)]
		src, ok := c.chunks[index]
		if !ok {
			src = c.basePart(index)
		}
		copied := 0
		if at < len(src) {
			copied = copy(part, src[at:])
		}
		clear(part[copied:])
		n += len(part)
	}
	return len(p)
}

// basePart returns the part of base that chunk index would cover.
func (c *content) basePart(index int64) []byte {
	start := index * ChunkSize
	if start >= int64(len(c.base)) {
		return nil
	}
	return c.base[start:min(start+ChunkSize, int64(len(c.base)))]
}

// writeAt copies p to off and returns the number of bytes for which there was
// room. off+len(p) does not overflow.
func (c *content) writeAt(p []byte, off int64, fs *FS) (int, linux.Errno) {
	n := c.inExtent(off, len(p))
	if errno := c.extend(off+int64(n), fs); errno != 0 {
		return 0, errno
	}
	if n > 0 {
		copy(c.extent.mem[off:], p[:n])
		c.size = max(c.size, off+int64(n))
	}
	for n < len(p) {
		index, at := (off+int64(n))/ChunkSize, int((off+int64(n))%ChunkSize)
		part := p[n:min(len(p), n+ChunkSize-at)]
		chunk, ok := c.room(index, at, at+len(part), fs)
		if !ok {
			if n == 0 {
				return 0, linux.ENOSPC
			}
			break
		}
		copy(chunk[at:], part)
		n += len(part)
		c.size = max(c.size, off+int64(n))
	}
	return n, 0
}

// room returns chunk index, made if needed, with a length of at least end and
// zeros between its old end and start.
func (c *content) room(index int64, start, end int, fs *FS) ([]byte, bool) {
	chunk, ok := c.chunks[index]
	old := chunk
	if !ok {
		old = c.basePart(index)
	}
	if !ok || cap(chunk) < end {
		size := ChunkSize
		if index == 0 {
			size = min(max(end, len(old), 2*cap(chunk), smallest), ChunkSize)
		}
		grown := fs.alloc(size, cap(chunk))
		if grown == nil {
			return nil, false
		}
		c.held += int64(size - cap(chunk))
		chunk = grown[:copy(grown, old)]
	}
	if length := len(chunk); length < end {
		chunk = chunk[:end]
		// A truncation may have left old bytes here.
		clear(chunk[length:max(length, min(start, end))])
	}
	if c.chunks == nil {
		c.chunks = make(map[int64][]byte)
	}
	c.chunks[index] = chunk
	return chunk, true
}

// truncate sets the size. It fails only if a mapped file grows and there is no
// room: its pages have to be there.
func (c *content) truncate(size int64, fs *FS) linux.Errno {
	if size >= c.size {
		if errno := c.extend(size, fs); errno != 0 {
			return errno
		}
	} else {
		c.shrink(size, fs)
		c.base = c.base[:min(size, int64(len(c.base)))]
		for index, chunk := range c.chunks {
			switch start := index * ChunkSize; {
			case start >= size:
				c.held -= int64(cap(chunk))
				delete(c.chunks, index)
				fs.free(chunk)
			case start+int64(len(chunk)) > size:
				c.chunks[index] = chunk[:size-start]
			}
		}
	}
	c.size = size
	return 0
}

// alloc returns size bytes of any contents, which take the place of replaced
// bytes, or nil if there is no room.
func (fs *FS) alloc(size, replaced int) []byte {
	delta := int64(size - replaced)
	if fs.used.Add(delta) <= fs.limit {
		if size < ChunkSize {
			return make([]byte, size)
		}
		if chunk := fs.mem.Alloc(); chunk != nil {
			return chunk
		}
	}
	fs.used.Add(-delta)
	return nil
}

// free takes a chunk back.
func (fs *FS) free(chunk []byte) {
	fs.used.Add(-int64(cap(chunk)))
	if cap(chunk) == ChunkSize {
		fs.mem.Free(chunk[:ChunkSize])
	}
}

// zeros is what holes are lent as. Nobody writes to it.
var zeros [4096]byte

// lend appends the memory that holds the bytes from off on to v, as far as its
// capacity and limit reach. fixed reports that it is one piece of base, which
// never changes.
func (c *content) lend(v [][]byte, off int64, limit int) (w [][]byte, fixed bool) {
	limit = int(min(int64(limit), c.size-off))
	n := c.inExtent(off, limit)
	if n > 0 && len(v) < cap(v) {
		v = append(v, c.extent.mem[off:off+int64(n)])
	}
	for n < limit && len(v) < cap(v) {
		index, at := (off+int64(n))/ChunkSize, int((off+int64(n))%ChunkSize)
		src, ok := c.chunks[index]
		if !ok {
			src = c.basePart(index)
		}
		part := zeros[:min(len(zeros), ChunkSize-at)]
		if at < len(src) {
			part = src[at:]
			if !ok && n == 0 {
				part, fixed = c.baseFrom(off, limit), true
			}
		}
		part = part[:min(len(part), limit-n)]
		v = append(v, part)
		if fixed {
			break
		}
		n += len(part)
	}
	return v, fixed
}

// baseFrom returns the bytes of base from off on, at most limit, up to the next
// chunk.
func (c *content) baseFrom(off int64, limit int) []byte {
	end := min(off+int64(limit), int64(len(c.base)))
	for index := off/ChunkSize + 1; len(c.chunks) > 0 && index*ChunkSize < end; index++ {
		if _, ok := c.chunks[index]; ok {
			end = index * ChunkSize
		}
	}
	return c.base[off:end]
}
