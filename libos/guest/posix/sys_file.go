package posix

import "unibench/libos/guest/linux"

func (p *Process) sysFstat(a *Args) linux.Errno {
	f, errno := p.get(a.int(0))
	if errno != 0 {
		return errno
	}
	defer f.put()
	return store(a, 1, f.stat())
}

func (p *Process) sysFstatfs(a *Args) linux.Errno {
	f, errno := p.get(a.int(0))
	if errno != 0 {
		return errno
	}
	defer f.put()
	p.fs()
	return store(a, 1, p.statfs(f.node))
}

func (p *Process) sysFtruncate(a *Args) linux.Errno {
	if a.int64(1) < 0 {
		return linux.EINVAL
	}
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return errno
	}
	defer f.put()
	if f.node == nil || f.node.Kind() != linux.ModeRegular || f.writable() != 0 {
		return linux.EINVAL
	}
	return f.node.Truncate(a.int64(1))
}

// sysFallocate does not reserve space, and says so.
func (p *Process) sysFallocate(a *Args) linux.Errno {
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return errno
	}
	defer f.put()
	switch {
	case a.int64(2) < 0 || a.int64(3) <= 0:
		return linux.EINVAL
	case f.writable() != 0:
		return linux.EBADF
	case f.node == nil || f.node.Kind() == linux.ModeFifo:
		return linux.ESPIPE
	}
	return linux.EOPNOTSUPP
}

// sysFsync has nothing to do for what lives in memory.
func (p *Process) sysFsync(a *Args, whole bool) linux.Errno {
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return errno
	}
	defer f.put()
	if f.stream != nil && !whole {
		return linux.EINVAL
	}
	return 0
}

func (p *Process) sysFchmod(a *Args) linux.Errno {
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return errno
	}
	defer f.put()
	if f.node == nil {
		return linux.EPERM // pipes and the console have nowhere to keep it
	}
	return f.node.Chmod(a.uint32(1))
}

func (p *Process) sysFchown(a *Args) linux.Errno {
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return errno
	}
	defer f.put()
	if f.node == nil || f.node.Virtual() {
		return linux.EPERM
	}
	f.node.Chown(a.uint32(1), a.uint32(2))
	return 0
}

// sysGetdents fills the buffer with struct linux_dirent64:
//
//	0 ino (8) | 8 off (8) | 16 reclen (2) | 18 type (1) | 19 name, zero, padding to 8
func (p *Process) sysGetdents(a *Args) (uintptr, linux.Errno) {
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	if f.node == nil {
		return 0, linux.ENOTDIR
	}
	b, errno := a.bytes(1, uintptr(a.uint32(2)))
	if errno != 0 {
		return 0, errno
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for {
		e, ok, errno := f.node.NextEntry(f.off.Load())
		if errno != 0 {
			return 0, errno
		}
		size := (19 + len(e.Name) + 1 + 7) &^ 7
		if !ok {
			break
		}
		if size > len(b)-n {
			if n == 0 {
				return 0, linux.EINVAL
			}
			break
		}
		d := b[n : n+size]
		putUint64(d[0:], e.Ino)
		putUint64(d[8:], uint64(e.Cookie))
		d[16], d[17] = byte(size), byte(size>>8)
		d[18] = byte(e.Kind >> 12) // DT_ values are the type bits of the mode
		clear(d[19+copy(d[19:], e.Name):])
		n += size
		f.off.Store(e.Cookie)
	}
	return uintptr(n), 0
}

func putUint64(b []byte, v uint64) {
	_ = b[7]
	for i := range 8 {
		b[i] = byte(v >> (8 * i))
	}
}
