package vmm

import (
	"unibench/libos/abi"
	"unibench/libos/vmm/kvm"
)

// State components that a guest may use (Intel SDM volume 1, 13.1): x87, SSE,
// AVX and AVX-512. AMX stays off: its 8 KiB would be saved with every
// exception, and Go uses none of it.
const xcr0Mask = 1<<0 | 1<<1 | 1<<2 | 7<<5

// cpuidState is what follows from the host's CPUID: the table for KVM, and the
// extended state that XSAVE covers in the guest.
type cpuidState struct {
	table     *kvm.CPUID
	xcr0      uint64
	xsaveSize uint64
}

// newCPUID trims the host's table to what a guest of ours sees.
func newCPUID(table *kvm.CPUID) cpuidState {
	s := cpuidState{table: table, xcr0: 3, xsaveSize: 512 + 64}
	for i := range table.Entries[:min(table.N, kvm.MaxCPUID)] {
		e := &table.Entries[i]
		switch {
		case e.Function == 1:
			e.ECX |= 1 << 27 // OSXSAVE: CR4 has it
			e.ECX &^= 1 << 3 // MONITOR: the guest has no business with it
		case e.Function == 7 && e.Index == 0:
			e.EDX &^= 1<<22 | 1<<24 | 1<<25 // AMX
		case e.Function == 0xd && e.Index == 0:
			s.xcr0 = (uint64(e.EDX)<<32 | uint64(e.EAX)) & xcr0Mask
		}
	}
	for i := range table.Entries[:min(table.N, kvm.MaxCPUID)] {
		e := &table.Entries[i]
		// Component i lies at EBX, EAX bytes long, in the standard format
		// (Intel SDM volume 1, 13.2).
		if e.Function == 0xd && e.Index >= 2 && e.Index < 63 && s.xcr0>>e.Index&1 != 0 {
			s.xsaveSize = max(s.xsaveSize, uint64(e.EBX)+uint64(e.EAX))
		}
	}
	return s
}

// publish hands the answers that Go's start-up asks for to the guest.
func (s cpuidState) publish(b *abi.BootInfo) {
	n := 0
	for _, e := range s.table.Entries[:min(s.table.N, kvm.MaxCPUID)] {
		if n == abi.MaxCPUID {
			break
		}
		switch {
		case e.Function <= 7, e.Function == 0xd, e.Function == 0x14, e.Function == 0x19, e.Function == 0x24,
			e.Function >= 0x80000000 && e.Function <= 0x80000008:
		default:
			continue
		}
		const significantIndex = 1 // KVM_CPUID_FLAG_SIGNIFCANT_INDEX
		subleaf := e.Index
		if e.Flags&significantIndex == 0 {
			subleaf = abi.AnySubleaf
		}
		b.CPUID[n] = abi.CPUIDEntry{
			Leaf: e.Function, Subleaf: subleaf,
			AX: e.EAX, BX: e.EBX, CX: e.ECX, DX: e.EDX,
		}
		n++
	}
	b.CPUIDCount = uint64(n)
	b.XCR0, b.XSaveSize = s.xcr0, s.xsaveSize
}
