package posix

import (
	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// copySize is how much is copied at once: few turns, little memory.
const copySize = 64 << 10

// copyRange moves up to n bytes from a regular file at off to what write takes,
// and returns how many.
func copyRange(from *file, off int64, n int, write func([]byte) (int, linux.Errno)) (int, linux.Errno) {
	buf := make([]byte, min(n, copySize))
	total := 0
	for total < n {
		part := buf[:min(len(buf), n-total)]
		part = part[:from.node.ReadAt(part, off+int64(total))]
		if len(part) == 0 {
			break
		}
		done, errno := write(part)
		total += done
		if errno != 0 && total == 0 {
			return 0, errno
		}
		if errno != 0 || done < len(part) {
			break
		}
	}
	return total, 0
}

// fileSender is a stream that takes bytes out of a file without a copy between.
type fileSender interface {
	sendFile(node *vfs.Inode, off int64, n int, nonblock bool) (int, linux.Errno)
}

// sysSendfile copies from a regular file to any description.
func (p *Process) sysSendfile(a *Args) (uintptr, linux.Errno) {
	in, errno := p.use(a.int(1))
	if errno != 0 {
		return 0, errno
	}
	defer in.put()
	if errno := in.readable(); errno != 0 {
		return 0, errno
	}
	off := int64(0)
	if !a.null(2) {
		if off, errno = load[int64](a, 2); errno != 0 {
			return 0, errno
		}
	}
	out, errno := p.use(a.int(0))
	if errno != 0 {
		return 0, errno
	}
	defer out.put()
	if errno := out.writable(); errno != 0 {
		return 0, errno
	}
	switch {
	case in.node == nil || in.node.Kind() != linux.ModeRegular || in.node.Virtual(), off < 0, out.has(linux.OAppend):
		return 0, linux.EINVAL
	}
	size := int(min(a.U[3], linux.MaxReadWrite))
	move := func(off int64) (int, linux.Errno) {
		if s, ok := out.stream.(fileSender); ok {
			return s.sendFile(in.node, off, size, out.nonblock())
		}
		return copyRange(in, off, size, out.write)
	}
	if !a.null(2) {
		n, errno := move(off)
		if errno != 0 {
			return 0, errno
		}
		return uintptr(n), store(a, 2, off+int64(n))
	}
	start := in.off.Load()
	n, errno := move(start)
	if errno == 0 {
		in.mu.Lock()
		in.off.Store(start + int64(n))
		in.mu.Unlock()
	}
	return uintptr(n), errno
}

// sysCopyFileRange copies between regular files.
func (p *Process) sysCopyFileRange(a *Args) (uintptr, linux.Errno) {
	if a.U[5] != 0 {
		return 0, linux.EINVAL
	}
	in, errno := p.use(a.int(0))
	if errno != 0 {
		return 0, errno
	}
	defer in.put()
	out, errno := p.use(a.int(2))
	if errno != 0 {
		return 0, errno
	}
	defer out.put()
	from, errno := offset(a, 1, in)
	if errno != 0 {
		return 0, errno
	}
	to, errno := offset(a, 3, out)
	if errno != 0 {
		return 0, errno
	}
	n := int64(min(a.U[4], linux.MaxReadWrite))
	switch {
	case in.node != nil && in.node.IsDir() || out.node != nil && out.node.IsDir():
		return 0, linux.EISDIR
	case in.node == nil || out.node == nil || in.node.Kind() != linux.ModeRegular || out.node.Kind() != linux.ModeRegular:
		return 0, linux.EINVAL
	case in.node.Virtual() || out.node.Virtual():
		return 0, linux.EINVAL
	case in.readable() != 0 || out.writable() != 0 || out.has(linux.OAppend):
		return 0, linux.EBADF
	case from < 0 || to < 0:
		return 0, linux.EINVAL
	}
	n = min(n, max(in.node.Size()-from, 0))
	if in.node == out.node && n > 0 && from < to+n && to < from+n {
		return 0, linux.EINVAL
	}
	at := to
	done, errno := copyRange(in, from, int(n), func(b []byte) (int, linux.Errno) {
		k, errno := out.node.WriteAt(b, at)
		at += int64(k)
		return k, errno
	})
	if errno != 0 {
		return 0, errno
	}
	if errno := advance(a, 1, in, from+int64(done)); errno != 0 {
		return 0, errno
	}
	return uintptr(done), advance(a, 3, out, to+int64(done))
}

// offset returns where a copy starts: what argument i points to or, if it is
// NULL, the description's own offset.
func offset(a *Args, i int, f *file) (int64, linux.Errno) {
	if !a.null(i) {
		return load[int64](a, i)
	}
	return f.off.Load(), 0
}

// advance stores where a copy ended in the place that offset took it from.
func advance(a *Args, i int, f *file, off int64) linux.Errno {
	if !a.null(i) {
		return store(a, i, off)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.off.Store(off)
	return 0
}
