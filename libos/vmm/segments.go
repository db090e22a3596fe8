package vmm

import "unibench/libos/abi"

// Segment descriptors (Intel SDM volume 3, 3.4.5; AMD64 APM volume 2, 4.7-4.8).
// Type bits include "accessed", because VM entry checks demand it (Intel SDM
// volume 3, 27.3.1.2) and a CPU would otherwise write it into the table.
const (
	descCode    = 0x00209b0000000000 // 64-bit code, present, accessed, DPL 0
	descData    = 0x00cf93000000ffff // data, writable, present, accessed, DPL 0
	descDPL3    = 3 << 45
	descPresent = 1 << 47
	descTSSBusy = 0x0b << 40 // 64-bit TSS, busy
)

// gdtEntries covers selectors up to the second half of the TSS descriptor.
const gdtEntries = abi.SelectorTSS/8 + 2

// ioBitmap is the offset of the I/O permission bitmap in the TSS; it allows
// ports 0 to 31 and is followed by the byte of ones that the CPU expects (Intel
// SDM volume 1, 19.5.2). A bitmap is needed besides IOPL=3: PVM ignores IOPL,
// and QEMU's SVM emulation ignores the IOPL of a guest with a bitmap-less TSS.
const (
	ioBitmap = 104
	tssSize  = ioBitmap + 5
)

// writeGDT writes the descriptor table of vCPU i, whose TSS descriptor differs
// from the others'.
func writeGDT(m *memory, i int) (base uint64) {
	base = gdtBase(i)
	gdt := m.words(base, gdtEntries)
	gdt[abi.SelectorKernelCS/8] = descCode
	gdt[abi.SelectorKernelSS/8] = descData
	gdt[abi.SelectorUserSS/8] = descData | descDPL3
	gdt[abi.SelectorUserCS/8] = descCode | descDPL3
	tss := tssBase(i)
	gdt[abi.SelectorTSS/8] = (tssSize - 1) | (tss&0xffffff)<<16 | descTSSBusy | descPresent | (tss>>24&0xff)<<56
	gdt[abi.SelectorTSS/8+1] = tss >> 32
	return base
}

// writeTSS writes the task state of vCPU i: the ring-0 stack and the bitmap.
func writeTSS(m *memory, i int) {
	tss := m.bytes[tssBase(i):]
	put64(tss[4:], ring0Top(i)) // RSP0
	tss[102] = ioBitmap
	tss[ioBitmap+4] = 0xff
}

// vectors is the number of exception vectors of the architecture.
const vectors = 32

// hasErrorCode has a bit for each vector with which the CPU pushes an error
// code (Intel SDM volume 3, table 7-1).
const hasErrorCode = 1<<8 | 1<<10 | 1<<11 | 1<<12 | 1<<13 | 1<<14 | 1<<17 | 1<<21 | 1<<29 | 1<<30

// vectorPageFault is #PF, whose stub also saves CR2.
const vectorPageFault = 14

// stubSize is the room for one vector's stub.
const stubSize = 32

// writeIDT writes the interrupt descriptors of vCPU i and the ring-0 stubs
// that they lead to. A stub makes the exception frame complete (vector and
// error code below what the CPU pushed), marks the vCPU as inside the library
// OS, and returns to CPL 3 at PerCPU.TrapEntry, on the kernel stack. So ring 0
// executes some ten instructions per exception, each of which a PVM host
// emulates.
func writeIDT(m *memory, i int) {
	pc := perCPUBase(i)
	stubs := stubBase(i)
	common := stubs + vectors*stubSize
	for v := uint64(0); v < vectors; v++ {
		at := stubs + v*stubSize
		c := code{m.bytes[at:at]}
		if hasErrorCode>>v&1 == 0 {
			c.bytes(0x6a, 0x00) // push 0
		}
		c.bytes(0x6a, byte(v)) // push vector
		if v == vectorPageFault {
			c.bytes(0x50)                                  // push rax
			c.bytes(0x0f, 0x20, 0xd0)                      // mov rax, cr2
			c.bytes(0x48, 0x89, 0x04, 0x25).abs(pc + 0x30) // mov [CR2], rax
			c.bytes(0x58)                                  // pop rax
		}
		c.bytes(0xe9).rel(at, common) // jmp common
		gate := m.words(idtBase(i)+v*16, 2)
		gate[0] = at&0xffff | abi.SelectorKernelCS<<16 | 0x8e<<40 | (at>>16&0xffff)<<48
		gate[1] = at >> 32
	}
	c := code{m.bytes[common:common]}
	c.bytes(0xff, 0x04, 0x25).abs(pc + 0x08) // inc dword [InKernel]
	c.bytes(0x6a, abi.SelectorUserSS)        // push SS
	c.bytes(0x68).abs(kernelStackTop(i))     // push RSP
	c.bytes(0x68).abs(userFlags)             // push RFLAGS
	c.bytes(0x6a, abi.SelectorUserCS)        // push CS
	c.bytes(0xff, 0x34, 0x25).abs(pc + 0x18) // push qword [TrapEntry]
	c.bytes(0x48, 0xcf)                      // iretq
}

// writeSyscallStub writes the code that LSTAR points to, shared by all vCPUs.
// On AMD and Intel a SYSCALL instruction lands here in CPL 0, on a PVM host in
// CPL 3; either way the stub leaves the return address on the caller's stack
// and goes on in CPL 3 at PerCPU.SyscallEntry. RCX and R11 are lost, as the
// instruction demands.
func writeSyscallStub(m *memory) {
	c := code{m.bytes[abi.LSTARGPA:abi.LSTARGPA]}
	c.bytes(0x51)                                   // push rcx: the return address
	c.bytes(0x8c, 0xc9)                             // mov ecx, cs
	c.bytes(0xf6, 0xc1, 0x03)                       // test cl, 3
	c.bytes(0x65, 0x48, 0x8b, 0x0c, 0x25).abs(0x20) // mov rcx, gs:[SyscallEntry]
	c.bytes(0x75, 0x03)                             // jnz cpl3
	c.bytes(0x48, 0x0f, 0x07)                       // sysretq: to rcx, flags from r11
	c.bytes(0xff, 0xe1)                             // cpl3: jmp rcx
}

// code appends machine code to guest memory.
type code struct{ b []byte }

func (c *code) bytes(b ...byte) *code {
	c.b = append(c.b, b...)
	return c
}

// abs appends a 32-bit absolute address or immediate below 2 GiB.
func (c *code) abs(v uint64) { c.bytes(byte(v), byte(v>>8), byte(v>>16), byte(v>>24)) }

// rel appends the 32-bit displacement of a jump to target; the code began at
// start.
func (c *code) rel(start, target uint64) { c.abs(target - (start + uint64(len(c.b)) + 4)) }

func put64(b []byte, v uint64) {
	for i := range 8 {
		b[i] = byte(v >> (8 * i))
	}
}
