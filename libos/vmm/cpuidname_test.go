package vmm

import (
	"testing"

	"unibench/libos/vmm/kvm"
)

func TestNameProcessor(t *testing.T) {
	name := func(leaf, _ uint32) (ax, bx, cx, dx uint32) {
		if leaf == 0x80000000 {
			return lastName, 0, 0, 0
		}
		return leaf, 2, 3, 4
	}
	table := cpuidOf(kvm.CPUIDEntry{Function: 1}, kvm.CPUIDEntry{Function: firstName}, kvm.CPUIDEntry{Function: firstName + 1, EBX: 7})
	nameProcessor(table, name)
	want := []kvm.CPUIDEntry{
		{Function: 1},
		{Function: firstName, EAX: firstName, EBX: 2, ECX: 3, EDX: 4},
		{Function: firstName + 1, EBX: 7}, // KVM's own
		{Function: lastName, EAX: lastName, EBX: 2, ECX: 3, EDX: 4},
	}
	if table.N != uint32(len(want)) {
		t.Fatalf("%d entries, want %d", table.N, len(want))
	}
	for i, e := range want {
		if table.Entries[i] != e {
			t.Errorf("entry %d = %+v, want %+v", i, table.Entries[i], e)
		}
	}
	full := &kvm.CPUID{N: kvm.MaxCPUID}
	nameProcessor(full, name)
	nameless := cpuidOf(kvm.CPUIDEntry{Function: 1})
	if nameProcessor(nameless, func(_, _ uint32) (ax, bx, cx, dx uint32) { return 0, 0, 0, 0 }); full.N != kvm.MaxCPUID || nameless.N != 1 {
		t.Errorf("%d and %d entries", full.N, nameless.N)
	}
}
