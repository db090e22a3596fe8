package posix

import (
	"unsafe"

	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// memoryAt returns the memory of s, which is not of the Go heap.
func memoryAt(s span) []byte {
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&s.start)), s.end-s.start)
}

// spanOf is its inverse.
func spanOf(b []byte) span {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	return span{start, start + uintptr(len(b))}
}

const anonymous = linux.MapPrivate | linux.MapAnonymous

// sysMmap maps anonymous memory, or a part of a file. An address is a hint that
// is not taken. At a fixed address there can be anonymous memory and a private
// mapping, over memory that is mapped already; a shared mapping of a file is
// where the file is: ENOMEM. No memory can be executed: EACCES.
func (p *Process) sysMmap(a *Args) (uintptr, linux.Errno) {
	addr, n, prot, flags := a.U[0], a.U[1], a.int(2), a.int(3)
	off := a.int64(5)
	if off%vfs.PageSize != 0 {
		return 0, linux.EINVAL
	}
	var f *file
	if flags&linux.MapAnonymous == 0 {
		var errno linux.Errno
		if f, errno = p.use(a.int(4)); errno != 0 {
			return 0, errno
		}
		defer f.put()
	}
	fixed := flags&linux.MapFixed != 0
	kind := flags & linux.MapTypeMask
	switch size := (n + vfs.PageSize - 1) &^ (vfs.PageSize - 1); {
	case n == 0:
		return 0, linux.EINVAL
	case size == 0 || size > maxMapping:
		return 0, linux.ENOMEM
	case off < 0 || off+int64(size) < 0:
		return 0, linux.EOVERFLOW
	case fixed && addr%vfs.PageSize != 0,
		kind != linux.MapShared && kind != linux.MapPrivate && (kind != linux.MapSharedValidate || f == nil):
		return 0, linux.EINVAL
	case prot&linux.ProtExec != 0:
		return 0, linux.EACCES
	default:
		n = size
	}
	if !fixed {
		addr = 0
	}
	if f != nil {
		if d, ok := f.stream.(*device); !ok || d.rdev != devZero {
			return p.mapFile(f, addr, n, prot, flags, off)
		}
	}
	if errno := p.replace(addr, n, fixed); errno != 0 {
		return 0, errno
	}
	return p.hal.Mmap(addr, n, prot, flags&(linux.MapFixed|linux.MapNoreserve)|anonymous)
}

// replace ends the mappings where a fixed one is about to be. Where a file is,
// it cannot be: ENOMEM.
func (p *Process) replace(addr, n uintptr, fixed bool) linux.Errno {
	if !fixed {
		return 0
	}
	s := span{addr, addr + n}
	if rest := p.maps.outside(s); len(rest) != 1 || rest[0] != s {
		return linux.ENOMEM
	}
	p.forget(s)
	return 0
}

// maxMapping is more than any address space here has, in bytes.
const maxMapping = 1 << 47

func (p *Process) mapFile(f *file, addr, n uintptr, prot, flags int, off int64) (uintptr, linux.Errno) {
	shared := flags&linux.MapTypeMask != linux.MapPrivate
	switch {
	case flags&linux.MapTypeMask == linux.MapSharedValidate && flags&linux.MapSync != 0:
		return 0, linux.EOPNOTSUPP
	case shared && prot&linux.ProtWrite != 0 && f.writable() != 0, f.readable() != 0:
		return 0, linux.EACCES
	case f.node == nil || f.node.Kind() != linux.ModeRegular || f.node.Virtual() || f.stream != nil:
		return 0, linux.ENODEV
	case shared && flags&linux.MapFixed != 0:
		return 0, linux.ENOMEM
	}
	m := mapping{node: f.node, off: off, shared: shared, prot: prot, writer: f.writable() == 0}
	if shared {
		p.maps.mu.Lock()
		defer p.maps.mu.Unlock()
		if errno := f.node.MayMap(); errno != 0 {
			if prot&linux.ProtWrite != 0 {
				return 0, errno
			}
			m.writer = false
		}
		s, errno := p.maps.share(m, n)
		return s.start, errno
	}
	if errno := p.replace(addr, n, flags&linux.MapFixed != 0); errno != 0 {
		return 0, errno
	}
	start, errno := p.hal.Mmap(addr, n, linux.ProtRead|linux.ProtWrite, flags&linux.MapFixed|anonymous)
	if errno != 0 {
		return 0, errno
	}
	m.start, m.end = start, start+n
	m.node.Acquire()
	m.node.ReadAt(memoryAt(span{m.start, m.end}), off)
	if prot != linux.ProtRead|linux.ProtWrite {
		if errno := p.hal.Mprotect(start, n, prot); errno != 0 {
			m.release()
			p.hal.Munmap(start, n)
			return 0, errno
		}
	}
	p.maps.add(m)
	return start, 0
}

// sysMincore: what is mapped is in memory.
func (p *Process) sysMincore(a *Args) linux.Errno {
	s, errno := p.mapped(a.U[0], a.U[1])
	if errno != 0 {
		return errno
	}
	b, errno := a.bytes(2, (s.end-s.start)/vfs.PageSize)
	for i := range b {
		b[i] = 1
	}
	return errno
}

// memory gives the file system mappings of its own, outside the Go heap.
type memory struct{ p *Process }

func (m memory) Alloc() []byte {
	start, errno := m.p.hal.Mmap(0, vfs.ChunkSize, linux.ProtRead|linux.ProtWrite, anonymous)
	if errno != 0 {
		return nil
	}
	return memoryAt(span{start, start + vfs.ChunkSize})
}

func (m memory) Free(b []byte) {
	m.p.hal.Munmap(spanOf(b).start, vfs.ChunkSize)
}

func (m memory) Reserve(n int64) []byte {
	start, errno := m.p.hal.Mmap(0, uintptr(n), linux.ProtNone, anonymous|linux.MapNoreserve)
	if errno != 0 {
		return nil
	}
	s := span{start, start + uintptr(n)}
	m.p.maps.reserve(s)
	return memoryAt(s)
}

func (m memory) Unreserve(b []byte) {
	s := spanOf(b)
	m.p.maps.unreserve(s)
	m.p.hal.Munmap(s.start, s.end-s.start)
}

func (m memory) Commit(b []byte) bool {
	s := spanOf(b)
	_, errno := m.p.hal.Mmap(s.start, s.end-s.start, linux.ProtRead|linux.ProtWrite, anonymous|linux.MapFixed)
	return errno == 0
}

func (m memory) Decommit(b []byte) {
	s := spanOf(b)
	m.p.hal.Mmap(s.start, s.end-s.start, linux.ProtNone, anonymous|linux.MapFixed|linux.MapNoreserve)
}
