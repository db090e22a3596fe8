package vmm

import (
	"testing"

	"unibench/libos/abi"
	"unibench/libos/vmm/kvm"
)

func cpuidOf(entries ...kvm.CPUIDEntry) *kvm.CPUID {
	c := &kvm.CPUID{N: uint32(len(entries))}
	copy(c.Entries[:], entries)
	return c
}

const significant = 1

func TestCPUIDTrim(t *testing.T) {
	const (
		amx  = 1<<22 | 1<<24 | 1<<25
		all  = 0x602e7 // x87, SSE, AVX, AVX-512, PKRU, AMX
		want = 0xe7
	)
	c := newCPUID(cpuidOf(
		kvm.CPUIDEntry{Function: 1, ECX: 1<<3 | 1<<9},
		kvm.CPUIDEntry{Function: 7, Index: 0, Flags: significant, EDX: amx | 1<<4},
		kvm.CPUIDEntry{Function: 7, Index: 1, Flags: significant, EDX: amx},
		kvm.CPUIDEntry{Function: 0xd, Index: 0, Flags: significant, EAX: all, EBX: 11000},
		kvm.CPUIDEntry{Function: 0xd, Index: 1, Flags: significant, EAX: 0xf},
		kvm.CPUIDEntry{Function: 0xd, Index: 2, Flags: significant, EAX: 256, EBX: 576},
		kvm.CPUIDEntry{Function: 0xd, Index: 7, Flags: significant, EAX: 1024, EBX: 1664},
		kvm.CPUIDEntry{Function: 0xd, Index: 5, Flags: significant, EAX: 64, EBX: 1088},
		kvm.CPUIDEntry{Function: 0xd, Index: 18, Flags: significant, EAX: 8192, EBX: 2816},
	))
	e := c.table.Entries
	if e[0].ECX != 1<<9|1<<27 {
		t.Errorf("leaf 1 ECX = %#x, want OSXSAVE and no MONITOR", e[0].ECX)
	}
	if e[1].EDX != 1<<4 || e[2].EDX != amx {
		t.Errorf("leaf 7 EDX = %#x, %#x: AMX is to go from subleaf 0 only", e[1].EDX, e[2].EDX)
	}
	if c.xcr0 != want || c.xsaveSize != 1664+1024 {
		t.Errorf("XCR0 %#x, XSAVE size %d; want %#x, %d", c.xcr0, c.xsaveSize, want, 1664+1024)
	}
	old := newCPUID(cpuidOf())
	if old.xcr0 != 3 || old.xsaveSize != 576 {
		t.Errorf("without leaf 0xd: XCR0 %#x, XSAVE size %d; want 3, 576", old.xcr0, old.xsaveSize)
	}
	// A count beyond the table does not lead outside of it.
	newCPUID(&kvm.CPUID{N: 1 << 30})
}

func TestCPUIDPublish(t *testing.T) {
	var table kvm.CPUID
	table.Entries[0] = kvm.CPUIDEntry{Function: 7, Index: 1, Flags: significant, EAX: 1, EBX: 2, ECX: 3, EDX: 4}
	table.Entries[1] = kvm.CPUIDEntry{Function: 0x80000001, EAX: 5}
	table.Entries[2] = kvm.CPUIDEntry{Function: 0x40000000, EAX: 6} // the hypervisor's, not asked for
	table.N = 3
	var b abi.BootInfo
	cpuidState{table: &table, xcr0: 7, xsaveSize: 832}.publish(&b)
	if b.CPUIDCount != 2 || b.XCR0 != 7 || b.XSaveSize != 832 {
		t.Errorf("%d answers, XCR0 %#x, size %d; want 2, 7, 832", b.CPUIDCount, b.XCR0, b.XSaveSize)
	}
	if want := (abi.CPUIDEntry{Leaf: 7, Subleaf: 1, AX: 1, BX: 2, CX: 3, DX: 4}); b.CPUID[0] != want {
		t.Errorf("answer %+v, want %+v", b.CPUID[0], want)
	}
	if want := (abi.CPUIDEntry{Leaf: 0x80000001, Subleaf: abi.AnySubleaf, AX: 5}); b.CPUID[1] != want {
		t.Errorf("answer %+v, want %+v", b.CPUID[1], want)
	}
	table.N = kvm.MaxCPUID + 5
	cpuidState{table: &table}.publish(&b) // all leaf 0: more than there is room for
	if b.CPUIDCount != abi.MaxCPUID {
		t.Errorf("%d answers, want %d", b.CPUIDCount, abi.MaxCPUID)
	}
}
