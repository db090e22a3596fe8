package vmm

import "unibench/libos/vmm/kvm"

// The name of the processor is in three leaves of CPUID. KVM does not support
// them: it leaves the name to the monitor.
const (
	firstName = 0x80000002
	lastName  = 0x80000004
)

// nameProcessor puts what the processor calls itself into the leaves of t that
// have no name.
func nameProcessor(t *kvm.CPUID, cpuid func(leaf, subleaf uint32) (ax, bx, cx, dx uint32)) {
	if most, _, _, _ := cpuid(0x80000000, 0); most < lastName {
		return
	}
	for leaf := uint32(firstName); leaf <= lastName; leaf++ {
		if e := leafOf(t, leaf); e != nil && e.EAX|e.EBX|e.ECX|e.EDX == 0 {
			e.EAX, e.EBX, e.ECX, e.EDX = cpuid(leaf, 0)
		}
	}
}

// leafOf returns the entry of t for a leaf without subleaves, added if there is
// room.
func leafOf(t *kvm.CPUID, leaf uint32) *kvm.CPUIDEntry {
	for i := range t.Entries[:min(t.N, kvm.MaxCPUID)] {
		if t.Entries[i].Function == leaf {
			return &t.Entries[i]
		}
	}
	if t.N >= kvm.MaxCPUID {
		return nil
	}
	t.N++
	t.Entries[t.N-1] = kvm.CPUIDEntry{Function: leaf}
	return &t.Entries[t.N-1]
}
