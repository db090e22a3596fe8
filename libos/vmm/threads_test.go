package vmm

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"unibench/libos/abi"
	"unibench/libos/vmm/core"
	"unibench/libos/vmm/kvm"
)

// slots writes thread slots to guest memory and announces them.
func slots(m *Machine, at uint64, list ...abi.ThreadSlot) {
	const stride = 256
	for i, s := range list {
		b, _ := m.mem.slice(at+uint64(i)*stride, slotSize, 0)
		copy(b, encode(&s))
	}
	m.mem.stats().Threads = abi.ThreadTable{Addr: at, Stride: stride, Count: uint32(len(list))}
}

func encode(v any) []byte {
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func ids(list []core.Thread) (ids []int) {
	for _, t := range list {
		ids = append(ids, t.ID)
	}
	return ids
}

// TestThreads: where the registers of each thread are taken from.
func TestThreads(t *testing.T) {
	m := plainMachine(t, Config{VCPUs: 3, Memory: 16 * mib, Args: []string{"guest"}}, nil)
	at := m.lay.memStart
	context := at + 0x8000
	b, _ := m.mem.slice(context, 256, 0)
	copy(b, encode(&abi.SigContext{IP: 0x4444, SP: 0x55}))
	slots(m, at,
		abi.ThreadSlot{State: abi.ThreadRunning},
		abi.ThreadSlot{State: abi.ThreadBlocked, Regs: abi.Registers{IP: 0x1111, SP: 0x22, FS: 0x33}},
		abi.ThreadSlot{State: abi.ThreadFree, Regs: abi.Registers{IP: 0xdead}},
		abi.ThreadSlot{State: abi.ThreadReady, Context: context, Regs: abi.Registers{IP: 0xdead, FS: 0x66}},
		abi.ThreadSlot{State: abi.ThreadReady, Context: 3, Regs: abi.Registers{IP: 0x7777}}, // no such context
		abi.ThreadSlot{State: abi.ThreadRunning},
	)
	for _, v := range m.vcpus[1:] {
		if err := v.create(); err != nil {
			t.Fatal(err)
		}
	}
	// vCPU 0 executes thread 1, vCPU 1 is in the library OS for thread 6, vCPU 2
	// has no thread.
	m.vcpus[0].kvm.SetRegs(&kvm.Regs{RIP: 0x9999, RCX: 5})
	m.vcpus[0].pc.Thread, m.vcpus[0].pc.InKernel, m.vcpus[0].pc.FSBase = 0, 0, 0x77
	m.vcpus[1].kvm.SetRegs(&kvm.Regs{RIP: 0xaaaa})
	m.vcpus[1].pc.Thread, m.vcpus[1].pc.InKernel = 5, 1
	m.vcpus[1].pc.Save = abi.Registers{IP: 0xbbbb, FS: 0x88}
	m.vcpus[2].kvm.SetRegs(&kvm.Regs{RIP: 0xcccc})

	type want struct {
		id     int
		ip, fs uint64
	}
	for _, c := range []struct {
		name    string
		endedBy int
		broken  bool
		want    []want
	}{
		{"by vCPU 0", 0, false, []want{{1, 0x9999, 0x77}, {6, 0xbbbb, 0x88}, {2, 0x1111, 0x33}, {4, 0x4444, 0x66}, {5, 0x7777, 0}}},
		{"by vCPU 1", 1, false, []want{{6, 0xbbbb, 0x88}, {1, 0x9999, 0x77}, {2, 0x1111, 0x33}, {4, 0x4444, 0x66}, {5, 0x7777, 0}}},
		{"broken", 1, true, []want{
			{vcpuThread + 1, 0xaaaa, 0x88}, {6, 0xbbbb, 0x88}, {1, 0x9999, 0x77}, {vcpuThread + 2, 0xcccc, 0},
			{2, 0x1111, 0x33}, {4, 0x4444, 0x66}, {5, 0x7777, 0},
		}},
	} {
		m.endedBy = c.endedBy
		list := m.threads(c.broken)
		var got []want
		for _, th := range list {
			got = append(got, want{th.ID, th.Regs.IP, th.Regs.FSBase})
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: threads %+v, want %+v", c.name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: thread %d is %+v, want %+v", c.name, i, got[i], c.want[i])
			}
		}
	}

	// An event that was injected and has not been seen.
	m.vcpus[0].pc.TrapEntry, m.vcpus[0].pc.InKernel = 0x405000, 1
	m.vcpus[0].writeFrame(&kvm.Regs{RIP: 0x9999, RSP: 0x88})
	m.vcpus[0].kvm.SetRegs(&kvm.Regs{RIP: 0x405000, RSP: 1, RCX: 5})
	if s := m.vcpus[0].look(); s.kernel || s.program.IP != 0x9999 || s.program.SP != 0x88 || s.program.CX != 5 {
		t.Errorf("after an event: %+v", s)
	}

	// An interruption with vector state, and an exception in library OS code.
	v := m.vcpus[1]
	v.pc.Trap = abi.SigContext{IP: 0xdddd, FPState: perCPUBase(1) + abi.PerCPUXSave}
	v.pc.Context = perCPUBase(1) + 0x180
	v.pc.Broken = abi.SigContext{IP: 0xeeee}
	v.panicked = true
	list := m.threads(true)
	if list[0].Regs.IP != 0xeeee || list[1].Regs.IP != 0xdddd || list[1].Float == nil {
		t.Errorf("after a panic: %+v", list[:2])
	}
	if text := string(m.Dump()); !strings.Contains(text, "vCPU 1 in the library OS, for thread 6:\n  rip 000000000000eeee") ||
		!strings.Contains(text, "vCPU 2 in the library OS, without a thread:") || !strings.Contains(text, "vCPU 0 in the program, thread 1:") {
		t.Errorf("Dump() =\n%s", text)
	}
}

// TestHostileTables: a table that is none gives no threads, and no harm.
func TestHostileTables(t *testing.T) {
	m := plainMachine(t, Config{VCPUs: 1, Memory: 16 * mib, Args: []string{"guest"}}, nil)
	at, end := m.lay.memStart, m.mem.size()
	for _, c := range []struct {
		name  string
		table abi.ThreadTable
	}{
		{"nothing", abi.ThreadTable{}},
		{"no stride", abi.ThreadTable{Addr: at, Count: 4}},
		{"a short stride", abi.ThreadTable{Addr: at, Stride: uint32(slotSize) - 8, Count: 4}},
		{"a long stride", abi.ThreadTable{Addr: at, Stride: abi.PageSize + 8, Count: 4}},
		{"too many", abi.ThreadTable{Addr: at, Stride: 256, Count: math.MaxUint32}},
		{"nil", abi.ThreadTable{Addr: 0, Stride: 256, Count: 4}},
		{"below the image", abi.ThreadTable{Addr: abi.BootGPA, Stride: 256, Count: 4}},
		{"across the end", abi.ThreadTable{Addr: end - 512, Stride: 256, Count: 3}},
		{"far away", abi.ThreadTable{Addr: wrapped - 7, Stride: 256, Count: 1}},
	} {
		slots(m, at, abi.ThreadSlot{State: abi.ThreadReady}, abi.ThreadSlot{State: abi.ThreadReady})
		m.mem.stats().Threads = c.table
		if got := ids(m.threads(false)); len(got) != 0 {
			t.Errorf("%s: threads %v", c.name, got)
		}
	}
	// A misaligned table is not read, a vCPU may claim any thread.
	m.mem.stats().Threads = abi.ThreadTable{Addr: at + 4, Stride: 256, Count: 2}
	for _, thread := range []int32{-5, math.MinInt32, math.MaxInt32, maxThreads} {
		m.vcpus[0].pc.Thread = thread
		if got := ids(m.threads(false)); len(got) != 0 {
			t.Errorf("thread %d on a vCPU: threads %v", thread, got)
		}
	}
}

// coreBuffer is a core file in memory, which fails when it gets large.
type coreBuffer struct{ b []byte }

func (f *coreBuffer) WriteAt(b []byte, at int64) (int, error) {
	if n := int(at) + len(b); n > len(f.b) {
		f.b = append(f.b, make([]byte, n-len(f.b))...)
	}
	return copy(f.b[at:], b), nil
}

func (f *coreBuffer) Truncate(size int64) error {
	f.b = append(f.b, make([]byte, int(size)-len(f.b))...)
	return nil
}

// FuzzEnded: whatever a guest leaves behind, it can be described.
func FuzzEnded(f *testing.F) {
	m := plainMachine(f, Config{VCPUs: 2, Memory: 8 * mib, Args: []string{"guest"}}, nil)
	if err := m.vcpus[1].create(); err != nil {
		f.Fatal(err)
	}
	at := m.lay.memStart
	f.Add(at, uint32(256), uint32(3), encode(&abi.ThreadSlot{State: abi.ThreadReady, Context: at}), int32(0), at, at+64, uint32(1))
	f.Add(at, uint32(152), uint32(9), []byte{1, 1, 1, 1, 1}, int32(7), perCPUBase(0)+0x180, uint64(0), uint32(0))
	f.Add(uint64(wrapped), uint32(math.MaxUint32), uint32(math.MaxUint32), []byte{}, int32(-7), uint64(wrapped), uint64(wrapped), uint32(1))
	f.Fuzz(func(t *testing.T, addr uint64, stride, count uint32, ram []byte, thread int32, context, bp uint64, kernel uint32) {
		b, _ := m.mem.slice(at, abi.PageSize*4, 0)
		clear(b)
		copy(b, ram)
		m.mem.stats().Threads = abi.ThreadTable{Addr: addr, Stride: stride, Count: count}
		for i, v := range m.vcpus {
			v.pc.Thread, v.pc.Context, v.pc.InKernel, v.pc.Save.BP = thread+int32(i), context, kernel, bp
			v.kvm.SetRegs(&kvm.Regs{RIP: context, RBP: bp})
		}
		m.Dump()
		if list := m.threads(true); len(list) > maxThreads+4 {
			t.Errorf("%d threads", len(list))
		}
	})
}

// TestWriteCore: the core of a machine is one that debug/elf reads, with all of
// the memory that the guest could write to.
func TestWriteCore(t *testing.T) {
	m := plainMachine(t, Config{VCPUs: 1, Memory: 16 * mib, Args: []string{"/a/guest"}}, nil)
	slots(m, m.lay.memStart, abi.ThreadSlot{State: abi.ThreadReady})
	pages := OpenPageMap()
	defer pages.Close()
	var with, without coreBuffer
	if err := m.WriteCore(&with, Exit{Signal: 11}, nil, pages); err != nil {
		t.Fatal(err)
	}
	if err := m.WriteCore(&without, Exit{Signal: 11}, nil, nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(with.b, without.b) {
		t.Error("the core differs with the page map and without")
	}
	e, err := elf.NewFile(bytes.NewReader(with.b))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range append(m.ranges, span{abi.StatsGPA, abi.StatsGPA + abi.StatsSize}) {
		found := false
		for _, p := range e.Progs {
			if p.Type == elf.PT_LOAD && p.Vaddr <= r.start && p.Vaddr+p.Memsz >= r.end {
				found = true
				got := make([]byte, r.end-r.start)
				want, _ := m.mem.slice(r.start, r.end-r.start, 0)
				if _, err := p.ReadAt(got, int64(r.start-p.Vaddr)); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%#x: %v, or other bytes than in memory", r.start, err)
				}
			}
		}
		if !found {
			t.Errorf("no segment holds %#x to %#x", r.start, r.end)
		}
	}
}
