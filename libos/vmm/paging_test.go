package vmm

import (
	"io"
	"strings"
	"testing"

	"unibench/libos/abi"
)

// Rights of a page as a walk finds them.
const (
	none  = "unmapped"
	sysRX = "ring 0 r-x"
	rx    = "r-x"
	ro    = "r--"
	rw    = "rw-"
)

// walk translates addr as the MMU does (Intel SDM volume 3, 5.5.4).
func walk(t *testing.T, m *memory, root, addr uint64) (pa uint64, rights string) {
	t.Helper()
	table, user, write, execute := root, true, true, true
	for level := 3; ; level-- {
		if table%abi.PageSize != 0 || table+abi.PageSize > m.size() {
			t.Fatalf("address %#x: table at %#x is no page of memory", addr, table)
		}
		e := m.words(table, 512)[addr>>(12+9*level)&511]
		if e&pteP == 0 {
			return 0, none
		}
		user, write, execute = user && e&pteU != 0, write && e&pteW != 0, execute && e&pteNX == 0
		pa = e & 0x000ffffffffff000
		if level > 0 && (level > 1 || e&pteHuge == 0) {
			table = pa
			continue
		}
		if level == 1 {
			if pa%abi.HugePage != 0 {
				t.Fatalf("address %#x: 2 MiB page at %#x", addr, pa)
			}
			pa += addr % abi.HugePage &^ 0xfff
		}
		// A page without these is written to by the CPU at its first use.
		if e&pteA == 0 || write && e&pteD == 0 {
			t.Errorf("address %#x: entry %#x is not accessed and dirty", addr, e)
		}
		break
	}
	rights = "r"
	for _, r := range []struct {
		have bool
		name string
	}{{write, "w"}, {execute, "x"}} {
		if r.have {
			rights += r.name
		} else {
			rights += "-"
		}
	}
	if !user {
		rights = "ring 0 " + rights
	}
	return pa, rights
}

// blob is an initial archive of n bytes.
type blob int64

func (b blob) Size() int64 { return int64(b) }

func (b blob) WriteTo(w io.Writer) (int64, error) {
	n, err := io.Copy(w, strings.NewReader(strings.Repeat("i", int(b))))
	return n, err
}

// TestPageTables walks the tables of a sample machine for every page of its
// addresses, and some beyond.
func TestPageTables(t *testing.T) {
	const vcpus = 3
	m := plainMachine(t, Config{VCPUs: vcpus, Memory: 20 * mib, Initrd: blob(5000), Args: []string{"a", "b"}}, nil)
	l := m.lay
	type rng struct {
		start, end uint64
		rights     string
	}
	want := []rng{
		{abi.BootGPA, abi.BootGPA + abi.PageSize, ro},
		{abi.SystemGPA, abi.SystemGPA + abi.PageSize, sysRX},
		{abi.LSTARGPA, abi.LSTARGPA + abi.PageSize, rx},
		{abi.StatsGPA, abi.StatsGPA + abi.StatsSize, rw},
		{testText, testText + abi.PageSize, rx},
		{testROData, testROData + abi.PageSize, ro},
		{testData, pageUp(testData + testBSS), rw},
		{l.stack, l.stackEnd, rw},
		{l.initrd, l.initrd + 2*abi.PageSize, ro},
		{l.memStart, l.memEnd, rw},
	}
	for i := range vcpus {
		b := perCPUBase(i)
		want = append(want,
			rng{b, b + abi.PerCPUIDT, rw},
			rng{b + abi.PerCPUIDT, b + abi.PerCPUGuard, sysRX},
			rng{b + abi.PerCPUStack, b + abi.PerCPUStride, rw})
	}
	expected := func(addr uint64) string {
		for _, r := range want {
			if addr >= r.start && addr < r.end {
				return r.rights
			}
		}
		return none
	}
	mapped := map[string]int{}
	check := func(addr uint64) {
		pa, rights := walk(t, m.mem, m.root, addr)
		if w := expected(addr); rights != w {
			t.Errorf("page %#x is %s, want %s", addr, rights, w)
		}
		if rights != none && pa != addr&^0xfff {
			t.Errorf("page %#x is mapped to %#x", addr, pa)
		}
		if strings.Contains(rights, "wx") {
			t.Errorf("page %#x is both writable and executable", addr)
		}
		mapped[rights]++
	}
	for addr := uint64(0); addr < l.memEnd+4*abi.HugePage; addr += abi.PageSize {
		check(addr)
	}
	for _, addr := range []uint64{1 << 30, 1 << 39, 1<<47 - 4096, 1 << 63, ^uint64(0)} {
		check(addr)
	}
	for _, rights := range []string{none, sysRX, rx, ro, rw} {
		if mapped[rights] == 0 {
			t.Errorf("no page is %s", rights)
		}
	}
	// What the guest's memory holds where.
	for gpa, want := range map[uint64]string{testROData: "constant", testData: "variable", l.initrd: "iiii", testEntry + 2: abi.ImageMagic} {
		if got := string(m.mem.bytes[gpa:][:len(want)]); got != want {
			t.Errorf("memory at %#x holds %q, want %q", gpa, got, want)
		}
	}
	if bss := m.mem.bytes[testData+8 : testData+testBSS]; strings.Trim(string(bss), "\x00") != "" {
		t.Error("memory after the initialised data is not zero")
	}
}

// TestTablesSuffice builds tables for extreme machines; newTables panics when
// the layout gave them too little room.
func TestTablesSuffice(t *testing.T) {
	for _, c := range []struct{ mem, initrd uint64 }{
		{16 * mib, 0}, {64 * mib, 12 * mib}, {gib, 900 * mib}, {8 * gib, 3 * gib}, {600 * gib, 0},
	} {
		l, err := newLayout(abi.ImageGPA+5*mib, c.mem, 999, 0, c.initrd, 64<<10)
		if err != nil {
			t.Fatal(err)
		}
		m := memoryOf(t, l.memEnd)
		tables := newTables(m, l.tables, l.tablesEnd)
		for i := range abi.MaxVCPUs {
			tables.mapSmall(perCPUBase(i), perCPUBase(i)+abi.PerCPUStride, protRW)
		}
		tables.mapSmall(abi.ImageGPA, abi.ImageGPA+5*mib, protR)
		tables.mapSmall(l.stack, l.stackEnd, protRW)
		tables.mapSmall(l.net, l.netEnd, protRW)
		tables.mapSmall(l.initrd, l.initrd+pageUp(l.initrdSize), protR)
		tables.mapHuge(l.memStart, l.memEnd, protRW)
		if spare := (tables.limit - tables.next) / abi.PageSize; spare > 8 {
			t.Errorf("%d bytes: %d tables too many", c.mem, spare)
		}
		for _, addr := range []uint64{l.memStart, l.memEnd - 1} {
			if pa, rights := walk(t, m, tables.root, addr); rights != rw || pa != addr&^0xfff {
				t.Errorf("%d bytes: page %#x is %s at %#x", c.mem, addr, rights, pa)
			}
		}
	}
}
