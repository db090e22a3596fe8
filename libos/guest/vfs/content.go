package vfs

import "unibench/libos/guest/linux"

// chunkSize is the unit in which contents are stored. It is large enough that
// a big file is few chunks, and small enough that the first write to a file of
// the archive copies little; small files use as much as they need of it.
const chunkSize = 64 << 10

// smallest is the capacity that the first write to a small file reserves.
const smallest = 512

// content holds the bytes of a regular file in two layers. Chunk i, where there
// is one, holds the bytes from i*chunkSize on; bytes behind its end are zero.
// Where there is none, base holds them; behind its end is a hole of zeros.
//
//	base    |aaaaaaaaaaaaaaaa|aaaaaaaaaaaaaaaa|aaaa|
//	chunks                   |bbbbbbbbbbb|          |cccc|
//	file    |aaaaaaaaaaaaaaaa|bbbbbbbbbbb00000|aaaa0..0|cccc|
//
// No chunk and no part of base reaches over size.
type content struct {
	size   int64
	base   []byte // aliased and never written
	chunks map[int64][]byte
	held   int64 // bytes that the chunks have reserved
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
	for n := 0; n < len(p); {
		index, at := (off+int64(n))/chunkSize, int((off+int64(n))%chunkSize)
		part := p[n:min(len(p), n+chunkSize-at)]
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
	start := index * chunkSize
	if start >= int64(len(c.base)) {
		return nil
	}
	return c.base[start:min(start+chunkSize, int64(len(c.base)))]
}

// writeAt copies p to off and returns the number of bytes for which there was
// room. Growth goes to reserve first. off+len(p) does not overflow.
func (c *content) writeAt(p []byte, off int64, reserve func(int64) bool) (int, linux.Errno) {
	n := 0
	for n < len(p) {
		index, at := (off+int64(n))/chunkSize, int((off+int64(n))%chunkSize)
		part := p[n:min(len(p), n+chunkSize-at)]
		chunk, ok := c.room(index, at, at+len(part), reserve)
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
func (c *content) room(index int64, start, end int, reserve func(int64) bool) ([]byte, bool) {
	chunk, ok := c.chunks[index]
	old := chunk
	if !ok {
		old = c.basePart(index)
	}
	if !ok || cap(chunk) < end {
		size := chunkSize
		if index == 0 {
			size = min(max(end, len(old), 2*cap(chunk), smallest), chunkSize)
		}
		if !reserve(int64(size - cap(chunk))) {
			return nil, false
		}
		c.held += int64(size - cap(chunk))
		chunk = make([]byte, len(old), size)
		copy(chunk, old)
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

// truncate sets the size and returns how many bytes are no longer held.
func (c *content) truncate(size int64) (freed int64) {
	if size < c.size {
		c.base = c.base[:min(size, int64(len(c.base)))]
		for index, chunk := range c.chunks {
			switch start := index * chunkSize; {
			case start >= size:
				freed += int64(cap(chunk))
				delete(c.chunks, index)
			case start+int64(len(chunk)) > size:
				c.chunks[index] = chunk[:size-start]
			}
		}
		c.held -= freed
	}
	c.size = size
	return freed
}
