package vmm

import (
	"testing"

	"unibench/libos/vmm/kvm"
)

// TestCompleteCPUID: instructions are added, nothing else is, and only with the
// registers that they need.
func TestCompleteCPUID(t *testing.T) {
	const all = 1<<32 - 1
	everything := func(leaf, subleaf uint32) (ax, bx, cx, dx uint32) { return all, all, all, all }
	nothing := func(leaf, subleaf uint32) (ax, bx, cx, dx uint32) { return 0, 0, 0, 0 }
	const (
		ssse3, avx, rdrand, hypervisor   = 1 << 9, 1 << 28, 1 << 30, 1 << 31
		sha, avx2, avx512f, rdseed, smap = 1 << 29, 1 << 5, 1 << 16, 1 << 18, 1 << 20
	)
	tests := []struct {
		name       string
		cpuid      func(leaf, subleaf uint32) (ax, bx, cx, dx uint32)
		xcr0       uint32
		ecx1, ebx7 uint32 // bits that must be there
		not1, not7 uint32 // and that must not
	}{
		{"all registers", everything, 0xe7, ssse3 | avx | hypervisor, sha | avx2 | avx512f, rdrand, rdseed | smap},
		{"no ZMM", everything, 7, ssse3 | avx, sha | avx2, rdrand, avx512f},
		{"no YMM", everything, 3, ssse3, sha, avx, avx2 | avx512f},
		{"a processor without", nothing, 0xe7, hypervisor, 0, ssse3 | avx, sha | avx2},
	}
	for _, tt := range tests {
		c := cpuidOf(
			kvm.CPUIDEntry{Function: 1, EAX: 5, ECX: hypervisor},
			kvm.CPUIDEntry{Function: 7, Index: 1, Flags: significant},
			kvm.CPUIDEntry{Function: 7, Index: 0, Flags: significant},
			kvm.CPUIDEntry{Function: 0xd, Index: 0, Flags: significant, EAX: tt.xcr0},
		)
		completeCPUID(c, tt.cpuid)
		e := c.Entries
		if e[0].ECX&tt.ecx1 != tt.ecx1 || e[0].ECX&tt.not1 != 0 || e[0].EAX != 5 || e[0].EDX != 0 {
			t.Errorf("%s: leaf 1 = %+x, want ECX with %#x, without %#x, and nothing else", tt.name, e[0], tt.ecx1, tt.not1)
		}
		if e[2].EBX&tt.ebx7 != tt.ebx7 || e[2].EBX&tt.not7 != 0 {
			t.Errorf("%s: leaf 7 EBX = %#x, want %#x, not %#x", tt.name, e[2].EBX, tt.ebx7, tt.not7)
		}
		if e[1] != (kvm.CPUIDEntry{Function: 7, Index: 1, Flags: significant}) {
			t.Errorf("%s: subleaf 1 became %+x", tt.name, e[1])
		}
		if e[3].EAX != tt.xcr0 || c.N != 4 {
			t.Errorf("%s: leaf 0xd EAX = %#x in %d entries", tt.name, e[3].EAX, c.N)
		}
	}
	completeCPUID(&kvm.CPUID{N: 1 << 30}, everything) // a count beyond the table does not lead outside
}

// TestNativeCPUID: the instruction names a vendor and x86-64.
func TestNativeCPUID(t *testing.T) {
	if most, bx, cx, dx := nativeCPUID(0, 0); most < 1 || bx|cx|dx == 0 {
		t.Errorf("leaf 0 = %#x %#x %#x %#x", most, bx, cx, dx)
	}
	if _, _, _, dx := nativeCPUID(0x80000001, 0); dx>>29&1 != 1 {
		t.Errorf("leaf 0x80000001 EDX = %#x: no long mode", dx)
	}
}
