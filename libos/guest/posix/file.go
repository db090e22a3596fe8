package posix

import (
	"sync"
	"sync/atomic"

	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// file is an open file description (open(2)): what descriptors made by dup
// share. It has a node, or a stream, or both (a device node).
type file struct {
	node   *vfs.Inode
	stream stream

	flags atomic.Int32              // access mode and status flags of open
	refs  atomic.Int32              // descriptors, and calls at work
	locks atomic.Pointer[lockTable] // set once the description took a lock

	ranges atomic.Pointer[rangeLocks] // set once the description took a lock on bytes

	mu sync.Mutex // serialises who moves off
	// off is the offset; of a folder: the position as vfs.Inode.NextEntry takes
	// it. It is set with mu held, and read without too: the text of a file of
	// proc(5) is made with mu of that file held, and may show any file's offset.
	off atomic.Int64

	made snapshot // of a file that is made up; guarded by mu
}

// stream is what a description reads and writes unless it is a regular file or
// a folder. nonblock is the state of O_NONBLOCK.
type stream interface {
	read(p []byte, nonblock bool) (int, linux.Errno)
	write(p []byte, nonblock bool) (int, linux.Errno)
	// stat returns the attributes if the description has no node.
	stat() linux.Stat
	// reopen returns a stream for a new description of the same object.
	reopen(flags int) (stream, linux.Errno)
	// close is called once, when the description ends.
	close()
}

// newFile returns a description without references. node, if any, comes with
// an Acquire that the description takes over.
func newFile(node *vfs.Inode, s stream, flags int) *file {
	f := &file{}
	f.init(node, s, flags)
	return f
}

func (f *file) init(node *vfs.Inode, s stream, flags int) {
	f.node, f.stream = node, s
	const kept = linux.OAccmode | linux.OAppend | linux.ONonblock | linux.ODsync | linux.OAsync | linux.ODirect |
		linux.OLargefile | linux.ODirectory | linux.ONofollow | linux.ONoatime | linux.OSync | linux.OPath
	f.flags.Store(int32(flags & kept))
	f.refs.Store(1)
}

// hold takes one more reference, unless the description has ended.
func (f *file) hold() bool {
	for {
		n := f.refs.Load()
		if n == 0 {
			return false
		}
		if f.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// put gives a reference back; the last one ends the description.
func (f *file) put() {
	if f.refs.Add(-1) != 0 {
		return
	}
	if t := f.locks.Load(); t != nil {
		t.release(f)
	}
	if t := f.ranges.Load(); t != nil {
		t.release(f.node, f)
	}
	if w, ok := f.stream.(watched); ok {
		w.waiters().end(f)
	}
	if f.stream != nil {
		f.stream.close()
	}
	if f.node != nil {
		f.node.Release()
	}
}

func (f *file) has(flag int) bool { return int(f.flags.Load())&flag != 0 }

func (f *file) nonblock() bool { return f.has(linux.ONonblock) }

// readable and writable check the access mode: EBADF if it forbids.
func (f *file) readable() linux.Errno {
	if int(f.flags.Load())&linux.OAccmode == linux.OWronly {
		return linux.EBADF
	}
	return 0
}

func (f *file) writable() linux.Errno {
	if int(f.flags.Load())&linux.OAccmode == linux.ORdonly {
		return linux.EBADF
	}
	return 0
}

// read reads at the description's offset and moves it.
func (f *file) read(b []byte) (int, linux.Errno) {
	if errno := f.readable(); errno != 0 {
		return 0, errno
	}
	if f.stream != nil {
		return f.stream.read(b, f.nonblock())
	}
	if f.node.IsDir() {
		return 0, linux.EISDIR
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.readNode(b, f.off.Load())
	f.off.Add(int64(n))
	return n, 0
}

// readNode reads from the node. mu is held.
func (f *file) readNode(b []byte, off int64) int {
	if f.node.Virtual() {
		return f.made.readAt(f.node, b, off)
	}
	return f.node.ReadAt(b, off)
}

// write writes at the description's offset, or at the end of the file if it
// appends, and moves the offset.
func (f *file) write(b []byte) (int, linux.Errno) {
	if errno := f.writable(); errno != 0 {
		return 0, errno
	}
	if f.stream != nil {
		return f.stream.write(b, f.nonblock())
	}
	switch {
	case f.node.Virtual():
		return 0, linux.EIO // there is nothing to set
	case len(b) == 0:
		return 0, 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.has(linux.OAppend) {
		n, end, errno := f.node.Append(b)
		if errno == 0 {
			f.off.Store(end)
		}
		return n, errno
	}
	n, errno := f.node.WriteAt(b, f.off.Load())
	f.off.Add(int64(n))
	return n, errno
}

// seekable reports whether the description has an offset.
func (f *file) seekable() bool {
	return f.node != nil && f.node.Kind() != linux.ModeFifo && !isTerminal(f.stream)
}

// pread reads at off and leaves the description's offset alone.
func (f *file) pread(b []byte, off int64) (int, linux.Errno) {
	if !f.seekable() {
		return 0, linux.ESPIPE
	}
	if errno := f.readable(); errno != 0 {
		return 0, errno
	}
	if f.stream != nil {
		return f.stream.read(b, f.nonblock())
	}
	if f.node.IsDir() {
		return 0, linux.EISDIR
	}
	if !f.node.Virtual() {
		return f.node.ReadAt(b, off), 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.readNode(b, off), 0
}

// pwrite writes at off and leaves the description's offset alone. A file that
// appends does so here too, against POSIX, as on Linux (pwrite(2), Bugs).
func (f *file) pwrite(b []byte, off int64) (int, linux.Errno) {
	if !f.seekable() {
		return 0, linux.ESPIPE
	}
	if errno := f.writable(); errno != 0 {
		return 0, errno
	}
	if f.stream != nil {
		return f.stream.write(b, f.nonblock())
	}
	if f.node.Virtual() {
		return 0, linux.EIO
	}
	if f.has(linux.OAppend) {
		n, _, errno := f.node.Append(b)
		return n, errno
	}
	return f.node.WriteAt(b, off)
}

// seek moves the offset as lseek(2) does.
func (f *file) seek(off int64, whence int) (int64, linux.Errno) {
	switch {
	case whence < linux.SeekSet || whence > linux.SeekHole:
		return 0, linux.EINVAL
	case !f.seekable():
		return 0, linux.ESPIPE
	case f.stream != nil:
		return 0, 0 // devices have no offset and do not mind
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	size := int64(0)
	if !f.node.IsDir() {
		size = f.node.Size()
	}
	switch whence {
	case linux.SeekSet:
	case linux.SeekCur:
		off += f.off.Load()
	case linux.SeekEnd:
		if f.node.Virtual() && !f.node.IsDir() {
			return 0, linux.EINVAL // it has no end yet
		}
		off += size
	case linux.SeekData, linux.SeekHole:
		// Every file is one piece of data with a hole behind it.
		if f.node.IsDir() {
			return 0, linux.EINVAL
		}
		if off < 0 || off >= size {
			return 0, linux.ENXIO
		}
		if whence == linux.SeekHole {
			off = size
		}
	}
	if off < 0 {
		return 0, linux.EINVAL
	}
	f.off.Store(off)
	return off, 0
}

// stat returns the attributes of what is open.
func (f *file) stat() linux.Stat {
	if f.node != nil {
		return f.node.Stat()
	}
	return f.stream.stat()
}
