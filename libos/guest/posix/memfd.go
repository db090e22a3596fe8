package posix

import (
	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// sysMemfdCreate makes a file without a name.
func (p *Process) sysMemfdCreate(a *Args) (uintptr, linux.Errno) {
	const cloexec, sealing, noexec, executable = 1, 2, 8, 16
	const longest = linux.NameMax - len("memfd:")
	flags := a.int(1)
	if flags&^(cloexec|sealing|noexec|executable) != 0 || flags&(noexec|executable) == noexec|executable {
		return 0, linux.EINVAL
	}
	name, errno := a.string(0)
	switch {
	case errno == linux.ENAMETOOLONG || errno == 0 && len(name) > longest:
		return 0, linux.EINVAL
	case errno != 0:
		return 0, errno
	}
	perm, seals := uint32(0o777), uint32(vfs.SealSeal)
	if flags&noexec != 0 {
		perm, seals = 0o666, vfs.SealExec
	} else if flags&sealing != 0 {
		seals = 0
	}
	node := p.fs().NewSealed("memfd:"+name, perm, seals)
	f := newFile(node, nil, linux.ORdwr|linux.OLargefile)
	return ret(p.install(f, 0, flags&cloexec != 0))
}

// seals is F_ADD_SEALS and F_GET_SEALS of fcntl(2). Nobody may write through a
// mapping what is sealed against it: EBUSY.
func (p *Process) seals(f *file, add bool, more uint32) (uintptr, linux.Errno) {
	if f.node == nil {
		return 0, linux.EINVAL
	}
	if !add {
		s, errno := f.node.Seals()
		return uintptr(s), errno
	}
	if s, errno := f.node.Seals(); errno != 0 {
		return 0, errno
	} else if f.writable() != 0 || s&vfs.SealSeal != 0 && more&^vfs.AllSeals == 0 {
		return 0, linux.EPERM
	}
	// The lock of the mappings keeps new ones away meanwhile.
	p.maps.mu.Lock()
	defer p.maps.mu.Unlock()
	for _, m := range p.maps.list {
		if more&vfs.SealWrite != 0 && m.node == f.node && m.shared && m.writer {
			return 0, linux.EBUSY
		}
	}
	return 0, f.node.AddSeals(more)
}
