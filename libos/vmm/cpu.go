package vmm

import (
	"unibench/libos/abi"
	"unibench/libos/vmm/kvm"
)

// Control register and EFER bits (Intel SDM volume 3, 2.5 and 2.2.1).
const (
	cr0 = 1<<31 | 1<<16 | 1<<5 | 1<<4 | 1<<1 | 1<<0 // PG, WP, NE, ET, MP, PE
	cr4 = 1<<5 | 1<<9 | 1<<10 | 1<<16 | 1<<18       // PAE, OSFXSR, OSXMMEXCPT, FSGSBASE, OSXSAVE

	eferSCE = 1 << 0
	efer    = eferSCE | 1<<8 | 1<<10 | 1<<11 // LME, LMA, NXE
)

// userFlags is RFLAGS of guest code: IOPL 3, so that CPL 3 may write the
// hypercall port, and the bit that is always one. Interrupts stay off: there
// are none.
const userFlags = 3<<12 | 1<<1

// sysenter segment bases of STAR: SYSCALL loads CS and SS from bits 32-47,
// SYSRETQ CS from bits 48-63 plus 16 and SS plus 8 (AMD64 APM volume 2, 6.1.1).
const star = abi.SelectorKernelCS<<32 | (abi.SelectorUserSS-8)<<48

// syscallMask clears TF, IF, DF, NT and AC on SYSCALL.
const syscallMask = 1<<8 | 1<<9 | 1<<10 | 1<<14 | 1<<18

// systemRegisters returns the segment and control registers of vCPU i. The
// values satisfy Intel's checks on guest state at VM entry (SDM volume 3,
// 27.3.1), of which segments_test.go has the table.
func systemRegisters(i int, root uint64) *kvm.Sregs {
	flat := kvm.Segment{
		Limit: 0xffffffff, Selector: abi.SelectorUserSS,
		Type: 3, S: 1, DPL: 3, Present: 1, DB: 1, G: 1,
	}
	code := kvm.Segment{
		Limit: 0xffffffff, Selector: abi.SelectorUserCS,
		Type: 11, S: 1, DPL: 3, Present: 1, L: 1, G: 1,
	}
	gs := flat
	gs.Base = perCPUBase(i)
	return &kvm.Sregs{
		CS: code, DS: flat, ES: flat, FS: flat, GS: gs, SS: flat,
		TR: kvm.Segment{
			Base: tssBase(i), Limit: tssSize - 1, Selector: abi.SelectorTSS,
			Type: 11, Present: 1,
		},
		LDT:  kvm.Segment{Unusable: 1},
		GDT:  kvm.Table{Base: gdtBase(i), Limit: gdtEntries*8 - 1},
		IDT:  kvm.Table{Base: idtBase(i), Limit: vectors*16 - 1},
		CR0:  cr0,
		CR3:  root,
		CR4:  cr4,
		EFER: efer,
	}
}

// modelRegisters returns the model-specific registers of every vCPU.
func modelRegisters() []kvm.MSR {
	return []kvm.MSR{
		{Index: kvm.MSRSTAR, Data: star},
		{Index: kvm.MSRLSTAR, Data: abi.LSTARGPA},
		{Index: kvm.MSRSFMASK, Data: syscallMask},
	}
}
