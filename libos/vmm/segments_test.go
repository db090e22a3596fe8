package vmm

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"

	"unibench/libos/abi"
	"unibench/libos/vmm/kvm"
)

var update = flag.Bool("update", false, "write the golden files anew")

// entryChecks are the checks on guest state that an Intel processor makes at VM
// entry, for a 64-bit guest outside of virtual-8086 mode (Intel SDM volume 3,
// 27.3.1.1 to 27.3.1.4). A violation is an entry that fails, on Intel only.
var entryChecks = []struct {
	section, rule string
	holds         func(s *kvm.Sregs) bool
}{
	{"27.3.1.1", "CR0 has PE, NE and PG", func(s *kvm.Sregs) bool { return s.CR0&0x80000021 == 0x80000021 }},
	{"27.3.1.1", "CR0: no NW without CD, and no bit beyond 31", func(s *kvm.Sregs) bool {
		return s.CR0>>32 == 0 && (s.CR0>>29&1 == 0 || s.CR0>>30&1 == 1)
	}},
	{"27.3.1.1", "CR4: PAE, and no PCIDE, VMXE or reserved bit", func(s *kvm.Sregs) bool {
		return s.CR4>>5&1 == 1 && s.CR4&(1<<13|1<<15|1<<17|1<<19) == 0 && s.CR4>>25 == 0
	}},
	{"27.3.1.1", "CR3 is a page below the width of addresses", func(s *kvm.Sregs) bool { return s.CR3&0xfff == 0 && s.CR3>>36 == 0 }},
	{"27.3.1.1", "EFER: LMA equals LME, and no reserved bit", func(s *kvm.Sregs) bool {
		return s.EFER>>8&1 == 1 && s.EFER>>10&1 == 1 && s.EFER&^(1<<0|1<<8|1<<10|1<<11) == 0
	}},
	{"27.3.1.2", "TR: TI is 0", func(s *kvm.Sregs) bool { return s.TR.Selector&4 == 0 }},
	{"27.3.1.2", "LDTR: unusable, or TI is 0", func(s *kvm.Sregs) bool { return s.LDT.Unusable == 1 || s.LDT.Selector&4 == 0 }},
	{"27.3.1.2", "SS: RPL equals that of CS", func(s *kvm.Sregs) bool { return s.SS.Selector&3 == s.CS.Selector&3 }},
	{"27.3.1.2", "TR, FS, GS: base is canonical", func(s *kvm.Sregs) bool {
		return canonical(s.TR.Base) && canonical(s.FS.Base) && canonical(s.GS.Base)
	}},
	{"27.3.1.2", "CS, SS, DS, ES: base is below 4 GiB", func(s *kvm.Sregs) bool {
		return (s.CS.Base|s.SS.Base|s.DS.Base|s.ES.Base)>>32 == 0
	}},
	{"27.3.1.2", "CS: type is accessed code", func(s *kvm.Sregs) bool { return s.CS.Type&9 == 9 && s.CS.Type < 16 }},
	{"27.3.1.2", "SS: type is 3 or 7", func(s *kvm.Sregs) bool { return s.SS.Unusable == 1 || s.SS.Type == 3 || s.SS.Type == 7 }},
	{"27.3.1.2", "DS, ES, FS, GS: type is accessed, readable if code", eachData(func(d kvm.Segment) bool {
		return d.Type&1 == 1 && (d.Type&8 == 0 || d.Type&2 != 0)
	})},
	{"27.3.1.2", "CS, SS, data: S is 1", eachSegment(func(d kvm.Segment) bool { return d.S == 1 })},
	{"27.3.1.2", "CS: DPL is that of SS if nonconforming, at most that if conforming", func(s *kvm.Sregs) bool {
		if s.CS.Type == 9 || s.CS.Type == 11 {
			return s.CS.DPL == s.SS.DPL
		}
		return s.CS.DPL <= s.SS.DPL
	}},
	{"27.3.1.2", "SS: DPL equals RPL", func(s *kvm.Sregs) bool { return uint16(s.SS.DPL) == s.SS.Selector&3 }},
	{"27.3.1.2", "DS, ES, FS, GS: DPL is not below RPL", eachData(func(d kvm.Segment) bool { return uint16(d.DPL) >= d.Selector&3 })},
	{"27.3.1.2", "CS, SS, data: present", eachSegment(func(d kvm.Segment) bool { return d.Present == 1 })},
	{"27.3.1.2", "CS: D/B is 0 with L", func(s *kvm.Sregs) bool { return s.CS.L == 1 && s.CS.DB == 0 }},
	{"27.3.1.2", "CS, SS, data: granularity fits the limit", eachSegment(granular)},
	{"27.3.1.2", "TR: type is a busy 64-bit TSS", func(s *kvm.Sregs) bool { return s.TR.Type == 11 }},
	{"27.3.1.2", "TR: a system segment, present and usable", func(s *kvm.Sregs) bool {
		return s.TR.S == 0 && s.TR.Present == 1 && s.TR.Unusable == 0
	}},
	{"27.3.1.2", "TR: granularity fits the limit", func(s *kvm.Sregs) bool { return granular(s.TR) }},
	{"27.3.1.3", "GDTR, IDTR: base is canonical", func(s *kvm.Sregs) bool { return canonical(s.GDT.Base) && canonical(s.IDT.Base) }},
	{"27.3.1.4", "RFLAGS: bit 1, no VM, no reserved bit", func(*kvm.Sregs) bool {
		const reserved = 1<<3 | 1<<5 | 1<<15 | ^uint64(1<<22-1)
		return userFlags&2 != 0 && userFlags&(1<<17) == 0 && uint64(userFlags)&reserved == 0
	}},
}

func canonical(a uint64) bool { return int64(a)<<16>>16 == int64(a) }

func granular(d kvm.Segment) bool {
	return d.Unusable == 1 || (d.Limit&0xfff == 0xfff || d.G == 0) && (d.Limit>>20 == 0 || d.G == 1)
}

// eachData demands a rule of all usable data segments, eachSegment of CS and SS
// too.
func eachData(holds func(kvm.Segment) bool) func(*kvm.Sregs) bool {
	return func(s *kvm.Sregs) bool {
		for _, d := range []kvm.Segment{s.DS, s.ES, s.FS, s.GS} {
			if d.Unusable == 0 && !holds(d) {
				return false
			}
		}
		return true
	}
}

func eachSegment(holds func(kvm.Segment) bool) func(*kvm.Sregs) bool {
	data := eachData(holds)
	return func(s *kvm.Sregs) bool {
		return holds(s.CS) && (s.SS.Unusable == 1 || holds(s.SS)) && data(s)
	}
}

func TestVMEntryChecks(t *testing.T) {
	for i := range abi.MaxVCPUs {
		s := systemRegisters(i, 0x500000)
		for _, c := range entryChecks {
			if !c.holds(s) {
				t.Errorf("vCPU %d breaks SDM %s: %s", i, c.section, c.rule)
			}
		}
	}
}

// TestDescriptorsMatchRegisters: the tables in memory say what the registers
// were loaded with, so that a reload of a segment, which IRETQ is, changes
// nothing.
func TestDescriptorsMatchRegisters(t *testing.T) {
	m := memoryOf(t, abi.ImageGPA)
	for i := range abi.MaxVCPUs {
		writeGDT(m, i)
		writeTSS(m, i)
	}
	for i := range abi.MaxVCPUs {
		s := systemRegisters(i, 0)
		if s.GDT.Base != gdtBase(i) || s.GS.Base != perCPUBase(i) {
			t.Errorf("vCPU %d: GDT %#x, GS %#x", i, s.GDT.Base, s.GS.Base)
		}
		entry := func(selector uint16) uint64 {
			if uint64(selector&^7)+7 > uint64(s.GDT.Limit) {
				t.Fatalf("selector %#x lies beyond the GDT", selector)
			}
			return m.words(s.GDT.Base+uint64(selector&^7), 1)[0]
		}
		for _, c := range []struct {
			name string
			seg  kvm.Segment
		}{{"CS", s.CS}, {"SS", s.SS}, {"DS", s.DS}, {"ES", s.ES}, {"FS", s.FS}, {"TR", s.TR}} {
			d := entry(c.seg.Selector)
			access := uint64(c.seg.Type) | uint64(c.seg.S)<<4 | uint64(c.seg.DPL)<<5 | uint64(c.seg.Present)<<7
			if d>>40&0xff != access {
				t.Errorf("vCPU %d: %s has access byte %#x in the GDT, %#x in the register", i, c.name, d>>40&0xff, access)
			}
			if flags := uint64(c.seg.AVL | c.seg.L<<1 | c.seg.DB<<2 | c.seg.G<<3); c.name != "CS" && d>>52&15 != flags || d>>53&1 != uint64(c.seg.L) {
				t.Errorf("vCPU %d: %s has flags %#x in the GDT, %#x in the register", i, c.name, d>>52&15, flags)
			}
		}
		// The TSS descriptor takes two entries.
		low, high := entry(abi.SelectorTSS), entry(abi.SelectorTSS+8)
		base := low>>16&0xffffff | low>>56<<24 | high<<32
		if limit := low&0xffff | low>>48&15<<16; base != s.TR.Base || limit != uint64(s.TR.Limit) || high>>32 != 0 {
			t.Errorf("vCPU %d: the TSS is at %#x, limit %#x; the register says %#x, %#x", i, base, limit, s.TR.Base, s.TR.Limit)
		}
		// What SYSCALL, SYSRET and the gates load.
		for _, sel := range []uint64{star >> 32 & 0xffff, abi.SelectorKernelCS} {
			if d := entry(uint16(sel)); d != descCode || sel&3 != 0 {
				t.Errorf("selector %#x is not 64-bit ring-0 code: %#x", sel, d)
			}
		}
		if sel := uint16(star>>32&0xffff) + 8; entry(sel) != descData || sel != abi.SelectorKernelSS {
			t.Errorf("SYSCALL loads SS %#x", sel)
		}
		if cs, ss := uint16(star>>48)+16, uint16(star>>48)+8; cs|3 != abi.SelectorUserCS || ss|3 != abi.SelectorUserSS {
			t.Errorf("SYSRETQ loads CS %#x, SS %#x", cs|3, ss|3)
		}
		if entry(0) != 0 {
			t.Error("the null descriptor is not null")
		}
	}
}

// TestTaskState: Intel SDM volume 3, 8.7 and figure 8-11.
func TestTaskState(t *testing.T) {
	m := memoryOf(t, abi.ImageGPA)
	for i := range abi.MaxVCPUs {
		writeTSS(m, i)
		tss := m.bytes[tssBase(i) : tssBase(i)+tssSize]
		var rsp0 uint64
		for b := range 8 {
			rsp0 |= uint64(tss[4+b]) << (8 * b)
		}
		if rsp0 != ring0Top(i) || rsp0%16 != 0 {
			t.Errorf("vCPU %d: RSP0 = %#x, want %#x", i, rsp0, ring0Top(i))
		}
		bitmap := int(tss[102]) | int(tss[103])<<8
		if bitmap != ioBitmap {
			t.Errorf("vCPU %d: the I/O map is at %d, want %d", i, bitmap, ioBitmap)
		}
		// A 32-bit access tests the bits of four ports; two bytes are read.
		for port := abi.HypercallPort; port < abi.HypercallPort+4; port++ {
			if tss[bitmap+port/8]>>(port%8)&1 != 0 {
				t.Errorf("vCPU %d: port %#x is not allowed", i, port)
			}
		}
		if tss[tssSize-1] != 0xff {
			t.Errorf("vCPU %d: the I/O map ends with %#x, want 0xff", i, tss[tssSize-1])
		}
	}
}

func TestInterruptGates(t *testing.T) {
	m := memoryOf(t, abi.ImageGPA)
	for i := range abi.MaxVCPUs {
		writeIDT(m, i)
		for v := range uint64(vectors) {
			g := m.words(idtBase(i)+16*v, 2)
			offset := g[0]&0xffff | g[0]>>48<<16 | g[1]<<32
			if offset != stubBase(i)+v*stubSize {
				t.Errorf("vCPU %d: vector %d leads to %#x", i, v, offset)
			}
			if sel := g[0] >> 16 & 0xffff; sel != abi.SelectorKernelCS {
				t.Errorf("vCPU %d: vector %d has selector %#x", i, v, sel)
			}
			// Present, DPL 0, interrupt gate, no IST.
			if g[0]>>32&0xffff != 0x8e00 {
				t.Errorf("vCPU %d: vector %d has type %#x, want 0x8e00", i, v, g[0]>>32&0xffff)
			}
		}
	}
	// Vectors with an error code: 8, 10 to 14, 17, 21, 29, 30.
	for v := range vectors {
		want := v == 8 || v >= 10 && v <= 14 || v == 17 || v == 21 || v == 29 || v == 30
		if hasErrorCode>>v&1 == 1 != want {
			t.Errorf("vector %d has an error code: %t, want %t", v, !want, want)
		}
	}
}

// disassemble lists n bytes of code at gpa, up to the first instruction that
// does not come back.
func disassemble(t *testing.T, b *strings.Builder, m *memory, gpa, n uint64) {
	t.Helper()
	for end := gpa + n; gpa < end; {
		inst, err := x86asm.Decode(m.bytes[gpa:end], 64)
		if err != nil {
			t.Fatalf("code at %#x, % x: %v", gpa, m.bytes[gpa:gpa+8], err)
		}
		fmt.Fprintf(b, "%6x  %-24x %s\n", gpa, m.bytes[gpa:gpa+uint64(inst.Len)], x86asm.IntelSyntax(inst, gpa, nil))
		gpa += uint64(inst.Len)
		if inst.Op == x86asm.JMP || inst.Op == x86asm.IRETQ {
			return
		}
	}
}

// TestStubs compares the generated machine code with its listing.
func TestStubs(t *testing.T) {
	m := memoryOf(t, abi.ImageGPA)
	for i := range 2 {
		writeIDT(m, i)
	}
	writeSyscallStub(m)
	var b strings.Builder
	b.WriteString("SYSCALL\n")
	disassemble(t, &b, m, abi.LSTARGPA, 64)
	for i := range 2 {
		for _, v := range []uint64{0, 8, vectorPageFault, vectors - 1} {
			fmt.Fprintf(&b, "vCPU %d, vector %d\n", i, v)
			disassemble(t, &b, m, stubBase(i)+v*stubSize, stubSize)
		}
		fmt.Fprintf(&b, "vCPU %d, common\n", i)
		disassemble(t, &b, m, stubBase(i)+vectors*stubSize, 64)
	}
	golden(t, "stubs.txt", b.String())
	// No stub runs into the next, and all of them into the common end.
	for i := range abi.MaxVCPUs {
		writeIDT(m, i)
		common := stubBase(i) + vectors*stubSize
		if end := common + 64; end > tssBase(i)+abi.PageSize {
			t.Errorf("vCPU %d: stubs end at %#x, beyond their page", i, end)
		}
		for v := range uint64(vectors) {
			gpa := stubBase(i) + v*stubSize
			for {
				inst, err := x86asm.Decode(m.bytes[gpa:], 64)
				if err != nil {
					t.Fatalf("vCPU %d, vector %d: %v", i, v, err)
				}
				gpa += uint64(inst.Len)
				if inst.Op != x86asm.JMP {
					continue
				}
				if to := gpa + uint64(int64(inst.Args[0].(x86asm.Rel))); to != common || gpa > stubBase(i)+(v+1)*stubSize {
					t.Errorf("vCPU %d, vector %d: stub ends at %#x with a jump to %#x", i, v, gpa, to)
				}
				break
			}
		}
	}
}

// golden compares text with a file in testdata.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != text {
		t.Errorf("differs from %s (-update writes it):\n%s", path, text)
	}
}
