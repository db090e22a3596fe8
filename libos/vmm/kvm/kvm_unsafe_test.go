package kvm

import (
	"testing"
	"unsafe"
)

// TestRequestNumbers builds each request number from its direction, the size of
// its argument and its ordinal (include/uapi/asm-generic/ioctl.h, and
// include/uapi/linux/kvm.h).
func TestRequestNumbers(t *testing.T) {
	const none, write, read = 0, 1, 2
	size := func(direction, size, number uintptr) uintptr { return direction<<30 | size<<16 | 0xAE<<8 | number }
	const header = 8 // of structures that end in an array of any length
	for name, c := range map[string][2]uintptr{
		"KVM_GET_API_VERSION":        {ioGetAPIVersion, size(none, 0, 0x00)},
		"KVM_CREATE_VM":              {ioCreateVM, size(none, 0, 0x01)},
		"KVM_CHECK_EXTENSION":        {ioCheckExtension, size(none, 0, 0x03)},
		"KVM_GET_VCPU_MMAP_SIZE":     {ioGetVCPUMmapSize, size(none, 0, 0x04)},
		"KVM_GET_SUPPORTED_CPUID":    {ioGetSupportedCPUID, size(read|write, header, 0x05)},
		"KVM_CREATE_VCPU":            {ioCreateVCPU, size(none, 0, 0x41)},
		"KVM_SET_USER_MEMORY_REGION": {ioSetUserMemoryRegion, size(write, unsafe.Sizeof(MemoryRegion{}), 0x46)},
		"KVM_RUN":                    {ioRun, size(none, 0, 0x80)},
		"KVM_GET_REGS":               {ioGetRegs, size(read, unsafe.Sizeof(Regs{}), 0x81)},
		"KVM_SET_REGS":               {ioSetRegs, size(write, unsafe.Sizeof(Regs{}), 0x82)},
		"KVM_GET_SREGS":              {ioGetSregs, size(read, unsafe.Sizeof(Sregs{}), 0x83)},
		"KVM_SET_SREGS":              {ioSetSregs, size(write, unsafe.Sizeof(Sregs{}), 0x84)},
		"KVM_GET_MSRS":               {ioGetMSRs, size(read|write, header, 0x88)},
		"KVM_SET_MSRS":               {ioSetMSRs, size(write, header, 0x89)},
		"KVM_SET_CPUID2":             {ioSetCPUID2, size(write, header, 0x90)},
		"KVM_GET_VCPU_EVENTS":        {ioGetVCPUEvents, size(read, unsafe.Sizeof(Events{}), 0x9f)},
		"KVM_GET_TSC_KHZ":            {ioGetTSCKHz, size(none, 0, 0xa3)},
		"KVM_SET_XCRS":               {ioSetXCRs, size(write, unsafe.Sizeof(xcrs{}), 0xa7)},
	} {
		if c[0] != c[1] {
			t.Errorf("%s is %#x, want %#x", name, c[0], c[1])
		}
	}
}

// TestStructures checks offsets that the compiler does not (Linux:
// arch/x86/include/uapi/asm/kvm.h).
func TestStructures(t *testing.T) {
	for name, c := range map[string][2]uintptr{
		"kvm_regs.rip":          {unsafe.Offsetof(Regs{}.RIP), 128},
		"kvm_regs.rsp":          {unsafe.Offsetof(Regs{}.RSP), 48},
		"kvm_regs.r8":           {unsafe.Offsetof(Regs{}.R8), 64},
		"kvm_segment.type":      {unsafe.Offsetof(Segment{}.Type), 14},
		"kvm_segment.present":   {unsafe.Offsetof(Segment{}.Present), 15},
		"kvm_segment.dpl":       {unsafe.Offsetof(Segment{}.DPL), 16},
		"kvm_segment.db":        {unsafe.Offsetof(Segment{}.DB), 17},
		"kvm_segment.s":         {unsafe.Offsetof(Segment{}.S), 18},
		"kvm_segment.l":         {unsafe.Offsetof(Segment{}.L), 19},
		"kvm_segment.g":         {unsafe.Offsetof(Segment{}.G), 20},
		"kvm_segment.unusable":  {unsafe.Offsetof(Segment{}.Unusable), 22},
		"kvm_segment":           {unsafe.Sizeof(Segment{}), 24},
		"kvm_sregs.ldt":         {unsafe.Offsetof(Sregs{}.LDT), 168},
		"kvm_sregs.gdt":         {unsafe.Offsetof(Sregs{}.GDT), 192},
		"kvm_sregs.cr0":         {unsafe.Offsetof(Sregs{}.CR0), 224},
		"kvm_sregs.efer":        {unsafe.Offsetof(Sregs{}.EFER), 264},
		"kvm_sregs.bitmap":      {unsafe.Offsetof(Sregs{}.InterruptBitmap), 280},
		"kvm_cpuid_entry2.eax":  {unsafe.Offsetof(CPUIDEntry{}.EAX), 12},
		"kvm_cpuid2.entries":    {unsafe.Offsetof(CPUID{}.Entries), 8},
		"kvm_msr_entry.data":    {unsafe.Offsetof(MSR{}.Data), 8},
		"kvm_msrs.entries":      {unsafe.Offsetof(msrs{}.entries), 8},
		"kvm_xcrs.xcrs":         {unsafe.Offsetof(xcrs{}.entries), 8},
		"kvm_memory_region.hva": {unsafe.Offsetof(MemoryRegion{}.HVA), 24},
	} {
		if c[0] != c[1] {
			t.Errorf("%s is at %d, want %d", name, c[0], c[1])
		}
	}
}

// TestRunStructure reads a made-up run structure as KVM lays it out.
func TestRunStructure(t *testing.T) {
	v := &VCPU{run: make([]byte, 4096+16)}
	v.run[32], v.run[33] = 1, 4
	*(*uint16)(unsafe.Pointer(&v.run[34])) = 0x18
	offset := (*uint64)(unsafe.Pointer(&v.run[40]))
	*offset = 4096
	copy(v.run[4096:], "data")
	if io, ok := v.IO(); !ok || !io.Out || io.Size != 4 || io.Port != 0x18 || string(io.Data) != "data" {
		t.Errorf("IO() = %+v, %t", io, ok)
	}
	for _, off := range []uint64{4096 + 13, 4096 + 16, 4096 + 17, 1 << 40, ^uint64(0), ^uint64(0) - 3} {
		*offset = off
		if io, ok := v.IO(); ok {
			t.Errorf("IO() with data at %#x = %+v, want no answer", off, io)
		}
	}
	*(*uint64)(unsafe.Pointer(&v.run[32])) = 0x1234
	v.run[52] = 1
	if gpa, write := v.MMIO(); gpa != 0x1234 || !write {
		t.Errorf("MMIO() = %#x, %t", gpa, write)
	}
	if v.Detail() != 0x1234 {
		t.Errorf("Detail() = %#x", v.Detail())
	}
	v.run[0] = 0xff
	v.RequestExit()
	if v.run[0] != 0xff || v.run[1] != 1 {
		t.Errorf("RequestExit() wrote % x", v.run[:4])
	}
	v.AllowRun()
	if v.run[0] != 0xff || v.run[1] != 0 {
		t.Errorf("AllowRun() wrote % x", v.run[:4])
	}
}
