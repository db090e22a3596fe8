package posix

import (
	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// spanAt returns the pages of a range in arguments, EINVAL if it does not begin
// with one, ENOMEM if it goes around the end of the address space.
func spanAt(addr, n uintptr) (span, linux.Errno) {
	switch {
	case addr%vfs.PageSize != 0:
		return span{}, linux.EINVAL
	case n > maxMapping || addr > maxMapping:
		return span{}, linux.ENOMEM
	}
	return span{addr, addr + (n+vfs.PageSize-1)&^(vfs.PageSize-1)}, 0
}

// mapped is spanAt for memory that is there: ENOMEM if any of it is not.
func (p *Process) mapped(addr, n uintptr) (span, linux.Errno) {
	s, errno := spanAt(addr, n)
	if errno != 0 || s.start == s.end {
		return s, errno
	}
	const normal = 0 // advice that changes nothing
	for _, part := range p.maps.outside(s) {
		if errno := p.hal.Madvise(part.start, part.end-part.start, normal); errno != 0 {
			return s, linux.ENOMEM
		}
	}
	return s, 0
}

// forget ends the mappings of files in s, and returns what of s is not memory of
// files.
func (p *Process) forget(s span) []span {
	rest := p.maps.outside(s)
	for _, m := range p.maps.cut(s) {
		m.release()
	}
	return rest
}

func (p *Process) sysMunmap(a *Args) linux.Errno {
	s, errno := spanAt(a.U[0], a.U[1])
	if errno != 0 || s.start == s.end {
		return linux.EINVAL
	}
	return p.munmap(s)
}

func (p *Process) munmap(s span) linux.Errno {
	for _, part := range p.forget(s) {
		if errno := p.hal.Munmap(part.start, part.end-part.start); errno != 0 {
			return errno
		}
	}
	return 0
}

// sysMprotect checks what may be wanted, and gives memory to addresses that had
// none. It takes no permission away: the page tables are out of reach. Programs
// use that to catch their own mistakes.
func (p *Process) sysMprotect(a *Args) linux.Errno {
	const known = linux.ProtRead | linux.ProtWrite | linux.ProtExec
	prot := a.int(2)
	s, errno := spanAt(a.U[0], a.U[1])
	switch {
	case errno != 0:
		return errno
	case prot&^known != 0:
		return linux.EINVAL
	case s.start == s.end:
		return 0
	case prot&linux.ProtExec != 0:
		return linux.EACCES
	}
	for _, part := range p.maps.outside(s) {
		if errno := p.hal.Mprotect(part.start, part.end-part.start, prot); errno != 0 {
			return errno
		}
	}
	return p.maps.within(s, func(_ mapping, whole *mapping) linux.Errno {
		if whole.shared && prot&linux.ProtWrite != 0 && !whole.writer {
			return linux.EACCES
		}
		whole.prot |= prot
		return 0
	})
}

// Advice of madvise(2) that does something here.
const (
	adviseDontNeed = 4
	adviseRemove   = 9
)

// sysMadvise takes all advice that Linux knows. What only tells of intentions
// changes nothing.
func (p *Process) sysMadvise(a *Args) linux.Errno {
	advice := a.int(2)
	s, errno := p.mapped(a.U[0], a.U[1])
	switch {
	case advice < 0 || advice > adviseDontNeed && advice < 8 || advice > 25:
		return linux.EINVAL // no advice of Linux; some are the kernel's own
	case errno != 0 || s.start == s.end:
		return errno
	case advice == adviseRemove:
		return linux.EOPNOTSUPP
	}
	for _, part := range p.maps.outside(s) {
		if errno := p.hal.Madvise(part.start, part.end-part.start, advice); errno != 0 {
			return errno
		}
	}
	if advice != adviseDontNeed {
		return 0
	}
	// A private mapping forgets its changes; a shared one has none of its own.
	return p.maps.within(s, func(part mapping, _ *mapping) linux.Errno {
		if !part.shared {
			part.node.ReadAt(memoryAt(span{part.start, part.end}), part.off)
		}
		return 0
	})
}

// sysMsync has nothing to write back: a shared mapping is the file. What may
// have been written counts as a change of the file.
func (p *Process) sysMsync(a *Args) linux.Errno {
	const async, invalidate, sync = 1, 2, 4
	flags := a.int(2)
	if flags&^(async|invalidate|sync) != 0 || flags&(async|sync) == async|sync {
		return linux.EINVAL
	}
	s, errno := p.mapped(a.U[0], a.U[1])
	if errno != 0 {
		return errno
	}
	return p.maps.within(s, func(part mapping, _ *mapping) linux.Errno {
		if part.shared && part.prot&linux.ProtWrite != 0 {
			part.node.Modified()
		}
		return 0
	})
}

// sysMlock has nothing to do: no memory is ever swapped out.
func (p *Process) sysMlock(a *Args, flags int) linux.Errno {
	const onFault = 1
	if flags&^onFault != 0 {
		return linux.EINVAL
	}
	addr := a.U[0] &^ (vfs.PageSize - 1)
	_, errno := p.mapped(addr, a.U[1]+a.U[0]-addr)
	return errno
}

func sysMlockall(flags int) linux.Errno {
	const current, future, onFault = 1, 2, 4
	if flags == 0 || flags&^(current|future|onFault) != 0 || flags == onFault {
		return linux.EINVAL
	}
	return 0
}

// sysMremap changes the size of one mapping, or of anonymous memory, which it
// may move.
func (p *Process) sysMremap(a *Args) (uintptr, linux.Errno) {
	const mayMove, fixed, dontUnmap = 1, 2, 4
	flags := a.int(3)
	old, errno := p.mapped(a.U[0], a.U[1])
	want, errno2 := spanAt(a.U[0], a.U[2])
	switch {
	case flags&^(mayMove|fixed|dontUnmap) != 0 || flags&fixed != 0 && flags&mayMove == 0, errno == linux.EINVAL, want.start == want.end:
		return 0, linux.EINVAL
	case errno != 0:
		return 0, linux.EFAULT
	case errno2 != 0:
		return 0, errno2
	case flags&(fixed|dontUnmap) != 0 || old.start == old.end:
		return 0, linux.EINVAL // memory has the address that it has
	case want.end <= old.end:
		if want.end < old.end {
			errno = p.munmap(span{want.end, old.end})
		}
		return want.start, errno
	}
	var of *mapping
	p.maps.within(old, func(part mapping, whole *mapping) linux.Errno {
		if part.start == old.start && part.end == old.end {
			of = &part
		}
		return 0
	})
	if of != nil && of.shared {
		return p.remapShared(*of, old, want, flags&mayMove != 0)
	}
	return p.remapCopy(of, old, want, flags&mayMove != 0)
}

// remapShared maps more of a file. The mapping comes off first, so that the file
// can move if nobody else has it mapped. No seal can come meanwhile.
func (p *Process) remapShared(m mapping, old, want span, mayMove bool) (uintptr, linux.Errno) {
	m.node.Acquire()
	defer m.node.Release()
	p.maps.mu.Lock()
	defer p.maps.mu.Unlock()
	drop := func() {
		for _, x := range p.maps.take(old) {
			x.release()
		}
	}
	if mayMove {
		drop()
	}
	s, errno := p.maps.share(m, want.end-want.start)
	if errno != 0 {
		if mayMove {
			p.maps.share(m, old.end-old.start)
		}
		return 0, linux.ENOMEM
	}
	if !mayMove {
		drop()
	}
	return s.start, 0
}

// remapCopy moves anonymous memory, or a private mapping, to where there is room.
func (p *Process) remapCopy(m *mapping, old, want span, mayMove bool) (uintptr, linux.Errno) {
	if !mayMove {
		return 0, linux.ENOMEM
	}
	start, errno := p.hal.Mmap(0, want.end-want.start, linux.ProtRead|linux.ProtWrite, anonymous)
	if errno != 0 {
		return 0, errno
	}
	to := memoryAt(span{start, start + want.end - want.start})
	done := copy(to, memoryAt(old))
	if m != nil {
		next := *m
		next.node.Acquire()
		next.start, next.end = start, start+want.end-want.start
		next.node.ReadAt(to[done:], next.off+int64(done))
		p.maps.add(next)
	}
	return start, p.munmap(old)
}
