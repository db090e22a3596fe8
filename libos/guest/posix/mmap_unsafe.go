package posix

import (
	"unsafe"

	"unibench/libos/guest/linux"
)

// sysMmap maps anonymous memory, or a private copy of a part of a file. A
// shared mapping of a file is ENODEV, as of a file system that has none: writes
// to the file would not show in it.
func (p *Process) sysMmap(a *Args) (uintptr, linux.Errno) {
	addr, n, prot, flags := a.U[0], a.U[1], a.int(2), a.int(3)
	off := a.int64(5)
	if n == 0 || off%4096 != 0 {
		return 0, linux.EINVAL
	}
	if flags&linux.MapAnonymous != 0 {
		return p.hal.Mmap(addr, n, prot, flags)
	}
	f, errno := p.use(a.int(4))
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	switch {
	case f.readable() != 0:
		return 0, linux.EACCES
	case off < 0 || off+int64(n) < 0:
		return 0, linux.EOVERFLOW
	case f.node == nil || f.node.Kind() != linux.ModeRegular || flags&linux.MapTypeMask != linux.MapPrivate:
		return 0, linux.ENODEV
	}
	start, errno := p.hal.Mmap(addr, n, linux.ProtRead|linux.ProtWrite, flags|linux.MapAnonymous)
	if errno != 0 {
		return 0, errno
	}
	// The address is not one of the Go heap.
	f.node.ReadAt(unsafe.Slice(*(**byte)(unsafe.Pointer(&start)), n), off)
	if prot != linux.ProtRead|linux.ProtWrite {
		if errno := p.hal.Mprotect(start, n, prot); errno != 0 {
			p.hal.Munmap(start, n)
			return 0, errno
		}
	}
	return start, 0
}
