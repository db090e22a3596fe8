package posix

import "unibench/libos/guest/linux"

func (p *Process) sysRead(a *Args) (uintptr, linux.Errno) {
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	b, errno := a.buffer(1)
	if errno != 0 {
		return 0, errno
	}
	return ret(f.read(b))
}

func (p *Process) sysWrite(a *Args) (uintptr, linux.Errno) {
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	b, errno := a.buffer(1)
	if errno != 0 {
		return 0, errno
	}
	return ret(f.write(b))
}

func (p *Process) sysPread(a *Args) (uintptr, linux.Errno) {
	if a.int64(3) < 0 {
		return 0, linux.EINVAL
	}
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	b, errno := a.buffer(1)
	if errno != 0 {
		return 0, errno
	}
	return ret(f.pread(b, a.int64(3)))
}

func (p *Process) sysPwrite(a *Args) (uintptr, linux.Errno) {
	if a.int64(3) < 0 {
		return 0, linux.EINVAL
	}
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	b, errno := a.buffer(1)
	if errno != 0 {
		return 0, errno
	}
	return ret(f.pwrite(b, a.int64(3)))
}

// vectored is a stream that takes the pieces of readv and writev as they are.
// It may change the slices, and keeps none.
type vectored interface {
	readv(v [][]byte, size int, nonblock bool) (int, linux.Errno)
	writev(v [][]byte, size int, nonblock bool) (int, linux.Errno)
}

// sysReadv fills the pieces one after the other; positioned is preadv.
func (p *Process) sysReadv(a *Args, positioned bool) (uintptr, linux.Errno) {
	off := a.int64(3)
	if positioned && off < 0 {
		return 0, linux.EINVAL
	}
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	if errno := f.readable(); errno != 0 {
		return 0, errno
	}
	if s, ok := f.stream.(vectored); ok && !positioned {
		return vector(s, f, a, false)
	}
	count, size, errno := a.vectorSize(1)
	if errno != 0 {
		return 0, errno
	}
	if size == 0 {
		count = min(count, 1) // for the checks of the file's type
	}
	total := 0
	for k := range count {
		b, errno := a.vector(1, k)
		n := 0
		if errno == 0 {
			b = b[:min(len(b), int(size)-total)]
			if positioned {
				n, errno = f.pread(b, off+int64(total))
			} else if total == 0 || f.stream == nil {
				n, errno = f.read(b)
			} else {
				// Do not wait for more than there is.
				n, errno = f.stream.read(b, true)
			}
		}
		if errno != 0 {
			if total > 0 {
				break
			}
			return 0, errno
		}
		if total += n; n < len(b) {
			break
		}
	}
	return uintptr(total), 0
}

// sysWritev writes the pieces as one: they are first put together, so that
// they cannot mix with what others append or send. positioned is pwritev.
func (p *Process) sysWritev(a *Args, positioned bool) (uintptr, linux.Errno) {
	off := a.int64(3)
	if positioned && off < 0 {
		return 0, linux.EINVAL
	}
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	if errno := f.writable(); errno != 0 {
		return 0, errno
	}
	if s, ok := f.stream.(vectored); ok && !positioned {
		return vector(s, f, a, true)
	}
	count, size, errno := a.vectorSize(1)
	if errno != 0 {
		return 0, errno
	}
	all := make([]byte, 0, size)
	for k := range count {
		b, errno := a.vector(1, k)
		if errno != 0 {
			return 0, errno
		}
		all = append(all, b[:min(len(b), int(size)-len(all))]...)
	}
	if positioned {
		return ret(f.pwrite(all, off))
	}
	return ret(f.write(all))
}

func (p *Process) sysLseek(a *Args) (uintptr, linux.Errno) {
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	off, errno := f.seek(a.int64(1), a.int(2))
	return uintptr(off), errno
}

// sysVectorFlags is preadv2 and pwritev2: call with an offset of -1 for the
// description's own, and with flags, of which those mean nothing here that ask
// for haste or for a disk.
func (p *Process) sysVectorFlags(a *Args, write bool) (uintptr, linux.Errno) {
	const hasty, dsync, sync = 1, 2, 4
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return 0, errno
	}
	f.put()
	if a.int(5)&^(hasty|dsync|sync) != 0 {
		return 0, linux.EOPNOTSUPP
	}
	positioned := a.int64(3) != -1
	if write {
		return p.sysWritev(a, positioned)
	}
	return p.sysReadv(a, positioned)
}

// sysAdvise is posix_fadvise and its neighbours: everything is in memory.
func (p *Process) sysAdvise(num uintptr, a *Args) linux.Errno {
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return errno
	}
	defer f.put()
	const lastAdvice = 5
	switch {
	case num == linux.SysFadvise64 && !f.seekable():
		return linux.ESPIPE
	case num == linux.SysFadvise64 && a.int64(2) < 0, num == linux.SysFadvise64 && (a.int(3) < 0 || a.int(3) > lastAdvice):
		return linux.EINVAL
	case num == linux.SysReadahead && f.readable() != 0:
		return linux.EBADF
	case num == linux.SysReadahead && (f.node == nil || f.node.Kind() != linux.ModeRegular):
		return linux.EINVAL
	case num == linux.SysSyncFileRange && (a.int64(1) < 0 || a.int64(2) < 0 || a.uint32(3) > 7):
		return linux.EINVAL
	case num == linux.SysSyncFileRange && !f.seekable():
		return linux.ESPIPE
	}
	return 0
}
