package kern

import (
	"testing"

	"unibench/libos/abi"
)

const (
	protRW      = 3
	anonymous   = mapAnonymous | 2 // private
	wrap        = ^uint64(0)
	lastPage    = wrap &^ (pageSize - 1)
	ramPages    = 64
	ramLimit    = 16 * pageSize
	nearWrap    = wrap - pageSize + 2 // rounds up to 0
	manyAndMore = 1<<46 + 1
)

// TestMincore looks at four pages in use and two that are only reserved.
func TestMincore(t *testing.T) {
	m := newMachine(t, 1)
	m.addRAM(t, 64, 64*pageSize)
	mem := &m.k.Mem
	base := mem.Reserve(6 * pageSize)
	if !mem.Use(base, 5*pageSize) {
		t.Fatal("preparation failed")
	}
	// The answer goes to the fifth page.
	vector := base + 4*pageSize
	if got, _ := m.call(sysMincore, uint64(base), 6*pageSize, uint64(vector)); got != 0 {
		t.Fatalf("mincore = %d", int64(got))
	}
	if got := Load64(vector); got != 0x01_0101_0101 {
		t.Errorf("mincore stores %#x", got)
	}
}

// TestMemoryCalls is the table of mmap, munmap and madvise with all that can be
// wrong about a range. A + in address is an offset from the first page.
func TestMemoryCalls(t *testing.T) {
	const in, reserved = 0, 8 * pageSize // 4 pages in use, 4 just reserved
	for _, c := range []struct {
		name   string
		number uint64
		offset int64 // of the address, from the first page; -1: absolute below
		abs    uint64
		args   []uint64 // after the address
		want   int64    // error, or 1 for the address itself
		inUse  uint64   // pages afterwards
	}{
		{"mmap nothing", sysMmap, -1, 0, []uint64{0, protRW, anonymous}, -EINVAL, 4},
		{"mmap all addresses", sysMmap, -1, 0, []uint64{wrap, protRW, anonymous}, -ENOMEM, 4},
		{"mmap a length that rounds to 0", sysMmap, -1, 0, []uint64{nearWrap, protNone, anonymous}, -ENOMEM, 4},
		{"mmap too much", sysMmap, -1, 0, []uint64{manyAndMore, protNone, anonymous}, -ENOMEM, 4},
		{"mmap more than there is", sysMmap, -1, 0, []uint64{1 << 46, protNone, anonymous}, -ENOMEM, 4},
		{"mmap more than the limit", sysMmap, -1, 0, []uint64{ramLimit + 1, protRW, anonymous}, -ENOMEM, 4},
		{"mmap a file", sysMmap, -1, 0, []uint64{pageSize, protRW, 2}, -ENOSYS, 4},
		{"mmap at a hint", sysMmap, 40 * pageSize, 0, []uint64{pageSize, protRW, anonymous}, -ENOMEM, 4},
		{"fixed, reserved", sysMmap, reserved, 0, []uint64{pageSize + 1, protRW, anonymous | mapFixed}, 1, 6},
		{"fixed, in use", sysMmap, in, 0, []uint64{pageSize, protRW, anonymous | mapFixed}, 1, 4},
		{"fixed, not reserved", sysMmap, 40 * pageSize, 0, []uint64{pageSize, protRW, anonymous | mapFixed}, -ENOMEM, 4},
		{"fixed, half reserved", sysMmap, 11 * pageSize, 0, []uint64{2 * pageSize, protRW, anonymous | mapFixed}, -ENOMEM, 4},
		{"fixed, not aligned", sysMmap, 1, 0, []uint64{pageSize, protRW, anonymous | mapFixed}, -EINVAL, 4},
		{"fixed, below memory", sysMmap, -1, pageSize, []uint64{pageSize, protRW, anonymous | mapFixed}, -ENOMEM, 4},
		{"fixed, beyond memory", sysMmap, -1, lastPage, []uint64{2 * pageSize, protRW, anonymous | mapFixed}, -ENOMEM, 4},
		{"fixed, sum wraps", sysMmap, in, 0, []uint64{1 << 46, protRW, anonymous | mapFixed}, -ENOMEM, 4},
		{"no access, in use", sysMmap, pageSize, 0, []uint64{2 * pageSize, protNone, anonymous | mapFixed}, 1, 2},
		{"no access, outside", sysMmap, -1, lastPage, []uint64{pageSize, protNone, anonymous | mapFixed}, -ENOMEM, 4},
		{"munmap", sysMunmap, in, 0, []uint64{2*pageSize - 1}, 0, 2},
		{"munmap nothing", sysMunmap, in, 0, []uint64{0}, -EINVAL, 4},
		{"munmap wraps", sysMunmap, in, 0, []uint64{wrap}, -EINVAL, 4},
		{"munmap rounds to 0", sysMunmap, in, 0, []uint64{nearWrap}, -EINVAL, 4},
		{"munmap sum wraps", sysMunmap, pageSize, 0, []uint64{lastPage}, -EINVAL, 4},
		{"munmap beyond the end", sysMunmap, in, 0, []uint64{ramPages * pageSize}, -EINVAL, 4},
		{"munmap not aligned", sysMunmap, 8, 0, []uint64{pageSize}, -EINVAL, 4},
		{"munmap the bitmaps", sysMunmap, -pageSize, 0, []uint64{pageSize}, -EINVAL, 4},
		{"munmap elsewhere", sysMunmap, -1, 0x400000, []uint64{pageSize}, -EINVAL, 4},
		{"madvise nothing", sysMadvise, in, 0, []uint64{0, madvDontNeed}, 0, 4},
		{"madvise wraps", sysMadvise, in, 0, []uint64{wrap, madvDontNeed}, -ENOMEM, 4},
		{"madvise rounds to 0", sysMadvise, in, 0, []uint64{nearWrap, madvDontNeed}, -ENOMEM, 4},
		{"madvise sum wraps", sysMadvise, pageSize, 0, []uint64{lastPage, madvDontNeed}, -ENOMEM, 4},
		{"madvise not aligned", sysMadvise, 1, 0, []uint64{pageSize, madvDontNeed}, -EINVAL, 4},
		{"madvise elsewhere", sysMadvise, -1, 0, []uint64{pageSize, madvDontNeed}, -ENOMEM, 4},
		{"madvise the bitmaps", sysMadvise, -pageSize, 0, []uint64{pageSize, madvDontNeed}, -ENOMEM, 4},
		{"madvise collapse", sysMadvise, in, 0, []uint64{pageSize, madvCollapse}, -EINVAL, 4},
		{"madvise normal", sysMadvise, in, 0, []uint64{12 * pageSize, madvNormal}, 0, 4},
		{"madvise normal, not reserved", sysMadvise, in, 0, []uint64{13 * pageSize, madvNormal}, -ENOMEM, 4},
		{"mprotect", sysMprotect, in, 0, []uint64{pageSize, protNone}, 0, 4},
		{"mprotect, in use", sysMprotect, in, 0, []uint64{pageSize, protRW}, 0, 4},
		{"mprotect, reserved", sysMprotect, in, 0, []uint64{6 * pageSize, protRW}, 0, 6},
		{"mprotect, not reserved", sysMprotect, 11 * pageSize, 0, []uint64{2 * pageSize, protRW}, -ENOMEM, 4},
		{"mincore not aligned", sysMincore, 1, 0, []uint64{pageSize, 0}, -EINVAL, 4},
		{"mincore nothing", sysMincore, in, 0, []uint64{0, 0}, 0, 4},
		{"mincore elsewhere", sysMincore, -1, 0, []uint64{pageSize, 0}, -ENOMEM, 4},
		{"mprotect, not aligned", sysMprotect, 1, 0, []uint64{pageSize, protRW}, -EINVAL, 4},
	} {
		m := newMachine(t, 1)
		m.addRAM(t, ramPages, ramLimit)
		mem := &m.k.Mem
		base := mem.Reserve(12 * pageSize)
		if base != mem.start || !mem.Use(base, 4*pageSize) {
			t.Fatal("preparation failed")
		}
		addr := c.abs
		if c.abs == 0 && c.offset != -1 {
			addr = uint64(base) + uint64(c.offset)
		}
		got, req := m.call(c.number, append([]uint64{addr}, c.args...)...)
		want := uint64(c.want)
		if c.want == 1 {
			want = addr
		}
		if got != want || req.Op != OpNone {
			t.Errorf("%s: = %d, op %d; want %d", c.name, int64(got), req.Op, int64(want))
		}
		if mem.InUse != c.inUse*pageSize {
			t.Errorf("%s: %d pages in use, want %d", c.name, mem.InUse/pageSize, c.inUse)
		}
	}
}

// TestProtectedMemoryKeeps: mprotect gives pages to addresses that had none, and
// leaves the others as they are.
func TestProtectedMemoryKeeps(t *testing.T) {
	m := newMachine(t, 1)
	m.addRAM(t, ramPages, ramLimit)
	at, _ := m.call(sysMmap, 0, 3*pageSize, protNone, anonymous)
	m.call(sysMprotect, at+pageSize, pageSize, protRW)
	copy(bytesAt(uintptr(at)+pageSize, pageSize), "kept")
	if got, _ := m.call(sysMprotect, at, 3*pageSize, protRW); got != 0 || m.k.Mem.InUse != 3*pageSize {
		t.Fatalf("mprotect = %d, %d bytes in use", int64(got), m.k.Mem.InUse)
	}
	if b := bytesAt(uintptr(at)+pageSize, 4); string(b) != "kept" {
		t.Errorf("memory reads %q", b)
	}
}

// TestMappedMemoryIsZero: what fixed mappings give is zero, whatever it was.
func TestMappedMemoryIsZero(t *testing.T) {
	m := newMachine(t, 1)
	m.addRAM(t, ramPages, ramLimit)
	at, _ := m.call(sysMmap, 0, 2*pageSize, protRW, anonymous)
	fill := func() { copy(bytesAt(uintptr(at), 2*pageSize), "garbage") }
	zero := func(when string) {
		t.Helper()
		if b := bytesAt(uintptr(at), 7); string(b) != "\x00\x00\x00\x00\x00\x00\x00" {
			t.Errorf("%s: memory reads %q", when, b)
		}
		fill()
	}
	zero("new")
	m.call(sysMmap, at, pageSize, protRW, anonymous|mapFixed)
	zero("mapped over itself")
	m.call(sysMmap, at, pageSize, protNone, anonymous|mapFixed)
	m.call(sysMmap, at, pageSize, protRW, anonymous|mapFixed)
	zero("after no access")
	m.call(sysMadvise, at, pageSize, madvDontNeed)
	zero("after MADV_DONTNEED")
	m.call(sysMadvise, at, pageSize, MadvRelease)
	m.call(sysMadvise, at, pageSize, MadvReuse)
	zero("after release and reuse")
	m.call(sysMunmap, at, 2*pageSize)
	if again, _ := m.call(sysMmap, 0, 2*pageSize, protRW, anonymous); again != at {
		t.Errorf("mmap after munmap = %#x, want %#x", again, at)
	}
	zero("after munmap")
	// Reading and writing of both stays within the limit.
	if got, _ := m.call(sysMmap, 0, ramLimit-2*pageSize, protRW, anonymous); int64(got) < 0 {
		t.Errorf("mmap up to the limit = %d", int64(got))
	}
	if got, _ := m.call(sysMmap, 0, 1, protRW, anonymous); got != neg(ENOMEM) {
		t.Errorf("mmap beyond the limit = %d, want -ENOMEM", int64(got))
	}
	if got, _ := m.call(sysMmap, 0, 1, protNone, anonymous); int64(got) < 0 {
		t.Errorf("mmap without access beyond the limit = %d", int64(got))
	}
}

// TestMapTop: what is not the runtime's own lies at the other end.
func TestMapTop(t *testing.T) {
	m := newMachine(t, 1)
	_, end := m.addRAM(t, ramPages, ramLimit)
	for i := range uint64(3) {
		if at, _ := m.call(sysMmap, 0, pageSize, protRW, anonymous|MapTop); at != uint64(end)-(i+1)*pageSize {
			t.Errorf("mmap %d = %#x, want the page that ends %d pages before %#x", i, at, i, end)
		}
	}
	m.call(sysMunmap, uint64(end)-pageSize, pageSize)
	if at, _ := m.call(sysMmap, 0, pageSize, protRW, anonymous|MapTop); at != uint64(end)-pageSize {
		t.Errorf("mmap after munmap of the last page = %#x", at)
	}
}

// TestSyscallTable has a row per answer that needs no state.
func TestSyscallTable(t *testing.T) {
	const console = 0x5000
	for _, c := range []struct {
		name   string
		number uint64
		args   []uint64
		want   int64
		req    Request
	}{
		{"getpid", sysGetpid, nil, 1, Request{}},
		{"gettid", sysGettid, nil, 1, Request{}},
		{"sched_yield", sysSchedYield, nil, 0, Request{}},
		{"write", sysWrite, []uint64{1, console, 3}, sysWrite, Request{OpWrite, [3]uint64{1, console, 3}}},
		{"write to stderr", sysWrite, []uint64{2, console, 3}, sysWrite, Request{OpWrite, [3]uint64{2, console, 3}}},
		{"write to stdin", sysWrite, []uint64{0, console, 3}, -EBADF, Request{}},
		{"write to another", sysWrite, []uint64{3, console, 3}, -EBADF, Request{}},
		{"write to none", sysWrite, []uint64{wrap, console, 3}, -EBADF, Request{}},
		{"read", sysRead, []uint64{0, console, 3}, sysRead, Request{OpRead, [3]uint64{console, 3}}},
		{"read another", sysRead, []uint64{1, console, 3}, -EBADF, Request{}},
		{"open", sysOpen, []uint64{console}, -ENOENT, Request{}},
		{"openat", sysOpenat, []uint64{wrap - 99, console}, -ENOENT, Request{}},
		{"close", sysClose, []uint64{3}, -EBADF, Request{}},
		{"fcntl", sysFcntl, []uint64{2, 1}, 0, Request{}},
		{"fcntl of another", sysFcntl, []uint64{3, 1}, -EBADF, Request{}},
		{"exit_group", sysExitGroup, []uint64{0x1ff}, sysExitGroup, Request{Op: OpExit, A: [3]uint64{0xff}}},
		{"arch_prctl", sysArchPrctl, []uint64{0x1001, 1}, -EINVAL, Request{}},
		{"prctl", sysPrctl, []uint64{1}, -EINVAL, Request{}},
		{"kill of nothing", sysKill, []uint64{1, 0}, 0, Request{}},
		{"kill 65", sysKill, []uint64{1, 65}, -EINVAL, Request{}},
		{"kill -1", sysKill, []uint64{1, wrap}, -EINVAL, Request{}},
		{"kill 1<<32", sysKill, []uint64{1, 1<<32 | 10}, -EINVAL, Request{}},
		{"kill", sysKill, []uint64{1, 10}, 0, Request{Op: OpKick, A: [3]uint64{1}}},
		{"kill, ignored", sysKill, []uint64{1, SIGURG}, 0, Request{}},
		{"tgkill", sysTgkill, []uint64{1, 1, 64}, 0, Request{Op: OpKick, A: [3]uint64{1}}},
		{"tgkill 0", sysTgkill, []uint64{1, 1, 0}, 0, Request{}},
		{"tgkill 65", sysTgkill, []uint64{1, 1, 65}, -EINVAL, Request{}},
		{"tgkill of nobody", sysTgkill, []uint64{1, 2, 10}, -ESRCH, Request{}},
		{"tgkill of thread 0", sysTgkill, []uint64{1, 0, 10}, -ESRCH, Request{}},
		{"tgkill of thread 1<<32", sysTgkill, []uint64{1, 1<<32 + 1, 10}, -ESRCH, Request{}},
		{"tgkill of thread -1", sysTgkill, []uint64{1, wrap, 10}, -ESRCH, Request{}},
		{"affinity, no room", sysSchedGetaffinity, []uint64{0, 7, console}, -EINVAL, Request{}},
		{"fork", 57, nil, -ENOSYS, Request{Op: OpUnknown, A: [3]uint64{57}}},
		{"none", 1 << 40, nil, -ENOSYS, Request{Op: OpUnknown, A: [3]uint64{1 << 40}}},
		{"-1", wrap, nil, -ENOSYS, Request{Op: OpUnknown, A: [3]uint64{wrap}}},
	} {
		m := newMachine(t, 1)
		got, req := m.call(c.number, c.args...)
		if int64(got) != c.want || req != c.req {
			t.Errorf("%s: = %d, %+v; want %d, %+v", c.name, int64(got), req, c.want, c.req)
		}
	}
}

func TestSyscallsWithState(t *testing.T) {
	m := newMachine(t, 3)
	pc := m.cpu[0]
	if got, _ := m.call(sysSchedGetaffinity, 0, 128, uint64(m.mem)); got != 8 || Load64(m.mem) != 7 {
		t.Errorf("sched_getaffinity = %d, mask %#x; want 8, 7", int64(got), Load64(m.mem))
	}
	m.callOn(pc, 7_000_000_042, sysClockGettime, 1, uint64(m.mem))
	if s, ns := Load64(m.mem), Load64(m.mem+8); s != 7 || ns != 42 {
		t.Errorf("clock_gettime gives %d s, %d ns; want 7, 42", s, ns)
	}
	const setFS = 0x1002
	if got, _ := m.call(sysArchPrctl, setFS, 0x1234); got != 0 || pc.Save.FS != 0x1234 {
		t.Errorf("arch_prctl = %d, FS %#x; want 0, 0x1234", int64(got), pc.Save.FS)
	}
	pc.Save.AX, pc.Save.DI, pc.Save.SI, pc.Save.R8 = sysClone, threadFlags, 0x9000, 0
	m.k.Syscall(pc, 0)
	if pc.Save.AX != 2 || m.k.Runnable() != 1 {
		t.Errorf("clone = %d, %d runnable; want 2, 1", int64(pc.Save.AX), m.k.Runnable())
	}
	m.call(sysExit, 0)
	if pc.Thread != none || m.k.Alive() != 1 {
		t.Errorf("exit: thread %d, %d alive; want none, 1", pc.Thread, m.k.Alive())
	}
}

// TestNoAllocation: Kernel runs where the collector may be at work.
func TestNoAllocation(t *testing.T) {
	m := newMachine(t, 2)
	m.addRAM(t, ramPages, ramLimit)
	pc := m.cpu[0]
	m.handle(sigusr1, flagOnStack, 0)
	stack := m.mem + 32<<10
	m.k.threads[0].alt = altStack{uint64(m.mem) + 4096, 16384, false}
	Store64(m.mem, 0)
	Store64(m.mem+8, 5)
	call := func(number uint64, args ...uint64) { m.callOn(pc, 0, number, args...) }
	cycle := func() {
		pc.Save.SP = uint64(stack)
		call(sysClone, threadFlags, uint64(stack))
		call(sysFutex, uint64(m.mem)+64, 0, 0, uint64(m.mem))
		m.k.Next(pc)
		call(sysNanosleep, uint64(m.mem))
		m.k.Expire(10)
		m.k.Next(pc)
		m.k.Yield(pc)
		m.k.Next(pc)
		call(sysExit)
		m.k.Next(pc)
		pc.Save.SP = uint64(stack)
		at := uint64(m.k.mmapOf(pageSize))
		call(sysMadvise, at, pageSize, madvDontNeed)
		call(sysMunmap, at, pageSize)
		call(sysTgkill, 1, TID(pc.Thread), sigusr1)
		m.k.Kill(bit(sigusr2))
		m.k.Deliver(pc, Cause{Signal: m.k.Pending(pc)}, false, false, 0)
		pc.Save.SP += 8
		call(sysRtSigreturn)
		m.k.threads[pc.Thread].pending = 0
		pc.Trap.FPState = uint64(m.mem) + 48<<10
		pc.Trap.SP = uint64(stack)
		m.k.Interject(pc, handler, xsaveSize)
		call(1 << 20)
	}
	if n := testing.AllocsPerRun(100, cycle); n != 0 {
		t.Errorf("a cycle of calls allocates %v times, want 0", n)
	}
	if m.k.Alive() != 1 || m.k.Mem.InUse != 0 {
		t.Errorf("after the cycles %d threads, %d bytes are left", m.k.Alive(), m.k.Mem.InUse)
	}
}

// mmapOf maps n bytes, read and write.
func (k *Kernel) mmapOf(n uint64) uintptr {
	r := abi.Registers{SI: n, DX: protRW, R10: anonymous}
	return uintptr(k.mmap(&r))
}
