package posix

import "unibench/libos/guest/linux"

// Flags of splice(2) and tee(2). All but one are advice.
const (
	spliceMove = 1 << iota
	spliceNonblock
	spliceMore
	spliceGift

	spliceFlags = spliceMove | spliceNonblock | spliceMore | spliceGift
)

// splices reports whether splice works with f, which is no pipe, as it does with
// what Linux has its splice_read and splice_write for. Of files that are made up
// Linux has it for some; a program has to do without for the others.
func (f *file) splices(write bool) bool {
	switch s := f.stream.(type) {
	case nil:
		return f.node.Kind() == linux.ModeRegular && !f.node.Virtual()
	case *device:
		return write && s.rdev != devFull || !write && s.rdev != devNull
	case *console, *output, socket:
		return true
	}
	return false
}

// sysSplice moves bytes between a pipe and any file, the order of its checks
// being that of fs/splice.c of Linux.
func (p *Process) sysSplice(a *Args) (uintptr, linux.Errno) {
	flags := a.int(5)
	switch {
	case a.U[4] == 0:
		return 0, 0
	case flags&^spliceFlags != 0:
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
	from, _ := in.stream.(*pipeEnd)
	to, _ := out.stream.(*pipeEnd)
	if from != nil && !a.null(1) || to != nil && !a.null(3) {
		return 0, linux.ESPIPE
	}
	outOff, errno := offset(a, 3, out)
	if errno != 0 {
		return 0, errno
	}
	inOff, errno := offset(a, 1, in)
	if errno != 0 {
		return 0, errno
	}
	size := int(min(a.U[4], linux.MaxReadWrite))
	nonblock := flags&spliceNonblock != 0
	switch {
	case in.readable() != 0 || out.writable() != 0:
		return 0, linux.EBADF
	case from != nil && to != nil:
		return ret(splicePipes(from, to, size, nonblock || in.nonblock() || out.nonblock()))
	case from == nil && to == nil:
		return 0, linux.EINVAL
	case to != nil:
		return ret(spliceIn(a, in, inOff, to, size, nonblock || out.nonblock()))
	default:
		return ret(spliceOut(a, from, out, outOff, size, nonblock || in.nonblock()))
	}
}

// splicePipes moves bytes from one pipe to another.
func splicePipes(from, to *pipeEnd, size int, nonblock bool) (int, linux.Errno) {
	if from.pipe == to.pipe {
		return 0, linux.EINVAL
	}
	if ok, errno := from.awaitSome(nonblock); !ok {
		return 0, errno
	}
	return to.fill(size, nonblock, func(b []byte, more bool) (int, linux.Errno) {
		return from.read(b, nonblock || more)
	})
}

// spliceIn moves bytes from file in to a pipe.
func spliceIn(a *Args, in *file, off int64, to *pipeEnd, size int, nonblock bool) (int, linux.Errno) {
	if !a.null(1) && (!in.seekable() || off < 0) {
		return 0, linux.EINVAL
	}
	at := off
	n, errno := to.fill(size, nonblock, func(b []byte, more bool) (int, linux.Errno) {
		switch {
		case !in.splices(false):
			return 0, linux.EINVAL
		case in.stream != nil:
			return in.stream.read(b, more || in.nonblock())
		}
		n := in.node.ReadAt(b, at)
		at += int64(n)
		return n, 0
	})
	if errno != 0 || n == 0 || in.stream != nil {
		return n, errno
	}
	return n, advance(a, 1, in, off+int64(n))
}

// spliceOut moves bytes from a pipe to file out.
func spliceOut(a *Args, from *pipeEnd, out *file, off int64, size int, nonblock bool) (int, linux.Errno) {
	switch {
	case !a.null(3) && (!out.seekable() || off < 0), out.has(linux.OAppend), !out.splices(true):
		return 0, linux.EINVAL
	}
	at := off
	n, errno := from.drain(size, nonblock, func(b []byte) (int, linux.Errno) {
		if out.stream != nil {
			return out.stream.write(b, out.nonblock())
		}
		n, errno := out.node.WriteAt(b, at)
		at += int64(n)
		return n, errno
	})
	if errno != 0 || n == 0 || out.stream != nil {
		return n, errno
	}
	return n, advance(a, 3, out, off+int64(n))
}

// sysTee copies what is in one pipe into another and leaves it there.
func (p *Process) sysTee(a *Args) (uintptr, linux.Errno) {
	flags := a.int(3)
	switch {
	case flags&^spliceFlags != 0:
		return 0, linux.EINVAL
	case a.U[2] == 0:
		return 0, 0
	}
	in, errno := p.use(a.int(0))
	if errno != 0 {
		return 0, errno
	}
	defer in.put()
	out, errno := p.use(a.int(1))
	if errno != 0 {
		return 0, errno
	}
	defer out.put()
	from, _ := in.stream.(*pipeEnd)
	to, _ := out.stream.(*pipeEnd)
	switch {
	case in.readable() != 0 || out.writable() != 0:
		return 0, linux.EBADF
	case from == nil || to == nil || from.pipe == to.pipe:
		return 0, linux.EINVAL
	}
	nonblock := flags&spliceNonblock != 0 || in.nonblock() || out.nonblock()
	b, errno := from.copied(int(min(a.U[2], maxPipeSize)), nonblock)
	if len(b) == 0 {
		return 0, errno
	}
	return ret(to.fill(len(b), nonblock, func(room []byte, _ bool) (int, linux.Errno) {
		n := copy(room, b)
		b = b[n:]
		return n, 0
	}))
}
