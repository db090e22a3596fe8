package kvm

// Regs is struct kvm_regs.
type Regs struct {
	RAX, RBX, RCX, RDX uint64
	RSI, RDI, RSP, RBP uint64
	R8, R9, R10, R11   uint64
	R12, R13, R14, R15 uint64
	RIP, RFlags        uint64
}

// Segment is struct kvm_segment.
type Segment struct {
	Base     uint64
	Limit    uint32
	Selector uint16
	Type     uint8
	Present  uint8
	DPL      uint8
	DB       uint8
	S        uint8
	L        uint8
	G        uint8
	AVL      uint8
	Unusable uint8
	_        uint8
}

// Table is struct kvm_dtable, a descriptor table register.
type Table struct {
	Base  uint64
	Limit uint16
	_     [3]uint16
}

// Sregs is struct kvm_sregs.
type Sregs struct {
	CS, DS, ES, FS, GS, SS, TR, LDT Segment
	GDT, IDT                        Table
	CR0, CR2, CR3, CR4, CR8         uint64
	EFER, APICBase                  uint64
	InterruptBitmap                 [4]uint64
}

// MemoryRegion is struct kvm_userspace_memory_region: Size bytes at guest
// physical address GPA are the memory at host address HVA, which has to stay
// mapped as long as the VM exists.
type MemoryRegion struct {
	Slot, Flags    uint32
	GPA, Size, HVA uint64
}

// CPUIDEntry is struct kvm_cpuid_entry2.
type CPUIDEntry struct {
	Function, Index, Flags uint32
	EAX, EBX, ECX, EDX     uint32
	_                      [3]uint32
}

// MaxCPUID is the most entries that CPUID holds, and that KVM gives
// (KVM_MAX_CPUID_ENTRIES).
const MaxCPUID = 256

// CPUID is struct kvm_cpuid2 with room for MaxCPUID entries.
type CPUID struct {
	N       uint32
	_       uint32
	Entries [MaxCPUID]CPUIDEntry
}

// MSR is struct kvm_msr_entry.
type MSR struct {
	Index, _ uint32
	Data     uint64
}

type msrs struct {
	n, _    uint32
	entries [8]MSR
}

type xcr struct {
	index, _ uint32
	value    uint64
}

type xcrs struct {
	n, flags uint32
	entries  [16]xcr
	_        [16]uint64
}

// Events is struct kvm_vcpu_events: what is on its way to the guest.
type Events struct {
	ExceptionInjected, ExceptionNr  uint8
	ExceptionHasCode, ExceptionWait uint8 // Wait: raised, not yet injected
	ExceptionCode                   uint32
	_                               [56]byte // interrupts, NMI, SMI: none here
}
