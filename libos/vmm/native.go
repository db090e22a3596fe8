package vmm

import "unibench/libos/vmm/kvm"

// KVM_GET_SUPPORTED_CPUID says what KVM is ready to present, not what the guest can
// execute. On a PVM host, whose guests run at CPL 3 of the host itself, it may leave
// out everything from SSE3 up, while the CPUID instruction, which is not intercepted
// there, answers with all of it. A program that believed KVM would then do without
// AES, SHA and AVX that a process beside it uses.
//
// So the table is completed with the instructions of user mode that this process may
// use: no control of VMX or SVM intercepts or disables these (Intel SDM volume 3C,
// 26.6; AMD manual volume 2, 15.9), and what they need of the machine, registers that
// XSAVE covers, is asked for. RDRAND and RDSEED can be intercepted and are KVM's to
// offer, and so is everything of the system.

// instructions are bits of one register of a CPUID answer.
type instructions struct {
	leaf     uint32
	register func(*kvm.CPUIDEntry) *uint32
	sse      uint32 // need nothing, or only registers that every x86-64 has
	avx      uint32 // need the YMM registers
	avx512   uint32 // need the ZMM registers
}

// State components in XCR0 (Intel SDM volume 1, 13.1).
const (
	stateAVX    = 1<<1 | 1<<2
	stateAVX512 = stateAVX | 7<<5
)

// userInstructions is the table (Intel SDM volume 2A, CPUID; AMD manual volume 3,
// appendix E).
func userInstructions() []instructions {
	ebx := func(e *kvm.CPUIDEntry) *uint32 { return &e.EBX }
	ecx := func(e *kvm.CPUIDEntry) *uint32 { return &e.ECX }
	edx := func(e *kvm.CPUIDEntry) *uint32 { return &e.EDX }
	return []instructions{
		{leaf: 1, register: ecx,
			// SSE3, PCLMULQDQ, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, MOVBE, POPCNT, AES.
			sse: 1<<0 | 1<<1 | 1<<9 | 1<<13 | 1<<19 | 1<<20 | 1<<22 | 1<<23 | 1<<25,
			avx: 1<<12 | 1<<28 | 1<<29}, // FMA, AVX, F16C
		{leaf: 7, register: ebx,
			sse:    1<<3 | 1<<8 | 1<<9 | 1<<19 | 1<<29,                     // BMI1, BMI2, ERMS, ADX, SHA
			avx:    1 << 5,                                                 // AVX2
			avx512: 1<<16 | 1<<17 | 1<<21 | 1<<28 | 1<<30 | uint32(1)<<31}, // F, DQ, IFMA, CD, BW, VL
		{leaf: 7, register: ecx,
			sse:    1 << 8,                               // GFNI
			avx:    1<<9 | 1<<10,                         // VAES, VPCLMULQDQ
			avx512: 1<<1 | 1<<6 | 1<<11 | 1<<12 | 1<<14}, // VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ
		{leaf: 7, register: edx, sse: 1 << 4}, // FSRM
		{leaf: 0x80000001, register: ecx,
			sse: 1<<0 | 1<<5}, // LAHF and SAHF in 64-bit mode, LZCNT
	}
}

// completeCPUID adds to what KVM offers, in t, the instructions of user mode that
// the CPUID instruction, cpuid, names to this process.
func completeCPUID(t *kvm.CPUID, cpuid func(leaf, subleaf uint32) (ax, bx, cx, dx uint32)) {
	entry := func(leaf uint32) *kvm.CPUIDEntry {
		for i := range t.Entries[:min(t.N, kvm.MaxCPUID)] {
			if e := &t.Entries[i]; e.Function == leaf && e.Index == 0 {
				return e
			}
		}
		return nil
	}
	xcr0 := uint32(0)
	if e := entry(0xd); e != nil {
		xcr0 = e.EAX
	}
	for _, u := range userInstructions() {
		e := entry(u.leaf)
		if e == nil {
			continue // KVM hides the leaf
		}
		may := u.sse
		if xcr0&stateAVX == stateAVX {
			may |= u.avx
		}
		if xcr0&stateAVX512 == stateAVX512 {
			may |= u.avx512
		}
		var native kvm.CPUIDEntry
		native.EAX, native.EBX, native.ECX, native.EDX = cpuid(u.leaf, 0)
		*u.register(e) |= *u.register(&native) & may
	}
}
