package vmm

import (
	"errors"
	"syscall"

	"unibench/libos/abi"
	"unibench/libos/vmm/core"
)

// WriteCore writes an ELF core of the guest as the run left it, to be called
// between Run and Close with the outcome. pages is that of this process, from
// OpenPageMap. Unless the guest ended by itself, library OS code that a vCPU was in
// the middle of is a thread of its own. Left out are what only ring 0 may read and
// the archive that is mapped, which is a file of the host.
func (m *Machine) WriteCore(f core.File, exit Exit, err error, pages *PageMap) error {
	signal := exit.Signal
	if signal == 0 {
		signal = int(syscall.SIGABRT)
	}
	var guest *GuestError
	if errors.As(err, &guest) {
		signal = int(syscall.SIGSEGV)
	}
	p := &core.Process{
		Name: baseName(m.cfg.Args[0]), Args: m.cfg.Args,
		Auxv:    [][2]uint64{{atPageSz, abi.PageSize}, {atEntry, m.entry}},
		Signal:  signal,
		Threads: m.threads(err != nil),
	}
	add := func(start, end uint64, flags uint32) {
		if start < end {
			p.Segments = append(p.Segments, core.Segment{Addr: start, Size: end - start, Flags: flags})
		}
	}
	const rw = core.Readable | core.Writable
	add(abi.BootGPA, abi.BootGPA+abi.PageSize, core.Readable)
	add(abi.StatsGPA, abi.StatsGPA+abi.StatsSize, rw)
	for i := range m.cfg.VCPUs {
		b := perCPUBase(i)
		add(b, b+abi.PerCPUIDT, rw)
		add(b+abi.PerCPUStack, b+abi.PerCPUStride, rw)
	}
	for _, s := range m.segments {
		add(pageDown(s.VAddr), pageUp(s.VAddr+s.MemSz), uint32(s.Flags))
		p.Files = append(p.Files, core.FileMapping{
			Start: pageDown(s.VAddr), End: pageUp(s.VAddr + s.FileSz), Offset: pageDown(s.Offset), Name: m.cfg.Args[0],
		})
	}
	l := m.lay
	add(l.stack, l.stackEnd, rw)
	add(l.net, l.netEnd, rw)
	add(l.initrd, pageUp(l.initrd+l.initrdSize), core.Readable)
	add(l.memStart, l.memEnd, rw)
	return core.Write(f, p, m.mem.bytes, &guestPages{m.mem, pages})
}

func baseName(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			return path[i+1:]
		}
	}
	return path
}
