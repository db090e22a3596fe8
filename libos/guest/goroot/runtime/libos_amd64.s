//go:build unibench_guest

#include "go_asm.h"
#include "go_tls.h"
#include "textflag.h"

// Entry and exit of the library OS. The GS base of a vCPU points to its
// abi.PerCPU block; offsets into it are the constants below, which package abi
// asserts.
//
// Library OS code runs on the kernel stack of the vCPU, with a g of its own in
// R14, so that stack checks work. It must not call assembly with the old ABI0
// calling convention: the compiler reloads R14 from the thread after such a
// call. Assembly here is therefore ABIInternal where Go calls it.

#define pcSelf		0x00
#define pcInKernel	0x08
#define pcEvents	0x0c
#define pcKernelSP	0x10
#define pcTrapEntry	0x18
#define pcSyscallEntry	0x20
#define pcFSBase	0x38
#define pcSave		0x80
#define pcNoInjectLo	0x108
#define pcNoInjectHi	0x110
#define pcScratch	0x120
#define pcTrap		0x180
#define pcBroken	0x280
#define pcKernelG	0x400
#define pcXSave		0x1000
#define pcStack		0x9000

// abi.Registers, in PerCPU.Save.
#define saveAX	(pcSave+0x00)
#define saveBX	(pcSave+0x08)
#define saveDX	(pcSave+0x10)
#define saveSI	(pcSave+0x18)
#define saveDI	(pcSave+0x20)
#define saveBP	(pcSave+0x28)
#define saveSP	(pcSave+0x30)
#define saveIP	(pcSave+0x38)
#define saveR8	(pcSave+0x40)
#define saveR9	(pcSave+0x48)
#define saveR10	(pcSave+0x50)
#define saveR11	(pcSave+0x58)
#define saveR12	(pcSave+0x60)
#define saveR13	(pcSave+0x68)
#define saveR14	(pcSave+0x70)
#define saveR15	(pcSave+0x78)
#define saveFS	(pcSave+0x80)

// abi.SigContext.
#define ctxR8	0x00
#define ctxR9	0x08
#define ctxR10	0x10
#define ctxR11	0x18
#define ctxR12	0x20
#define ctxR13	0x28
#define ctxR14	0x30
#define ctxR15	0x38
#define ctxDI	0x40
#define ctxSI	0x48
#define ctxBP	0x50
#define ctxBX	0x58
#define ctxDX	0x60
#define ctxAX	0x68
#define ctxCX	0x70
#define ctxSP	0x78
#define ctxIP	0x80
#define ctxFlags 0x88
#define ctxFP	0xb8

// Instructions that the assembler does not know.
#define WRFSBASE_CX	BYTE $0xf3; BYTE $0x48; BYTE $0x0f; BYTE $0xae; BYTE $0xd1
#define XSAVE64_BX	BYTE $0x48; BYTE $0x0f; BYTE $0xae; BYTE $0x23
#define XRSTOR64_CX	BYTE $0x48; BYTE $0x0f; BYTE $0xae; BYTE $0x29

// ENTER switches to library OS context. AX = the PerCPU block. The called Go
// function may spill its register arguments into its caller's frame: 64 bytes.
#define ENTER	\
	MOVQ	pcKernelSP(GS), SP	\
	SUBQ	$64, SP			\
	MOVQ	pcSelf(GS), AX		\
	LEAQ	pcKernelG(AX), R14	\
	XORPS	X15, X15		\
	CLD

// SAVECONTEXT stores the registers of an interruption at an offset of the PerCPU
// block, all but those in the trap frame.
#define SAVECONTEXT(at)	\
	MOVQ	R8, (at+ctxR8)(GS)	\
	MOVQ	R9, (at+ctxR9)(GS)	\
	MOVQ	R10, (at+ctxR10)(GS)	\
	MOVQ	R11, (at+ctxR11)(GS)	\
	MOVQ	R12, (at+ctxR12)(GS)	\
	MOVQ	R13, (at+ctxR13)(GS)	\
	MOVQ	R14, (at+ctxR14)(GS)	\
	MOVQ	R15, (at+ctxR15)(GS)	\
	MOVQ	DI, (at+ctxDI)(GS)	\
	MOVQ	SI, (at+ctxSI)(GS)	\
	MOVQ	BP, (at+ctxBP)(GS)	\
	MOVQ	BX, (at+ctxBX)(GS)	\
	MOVQ	DX, (at+ctxDX)(GS)	\
	MOVQ	AX, (at+ctxAX)(GS)	\
	MOVQ	CX, (at+ctxCX)(GS)

// libosStart is the first code of the program, on its initial stack, which is
// as a Linux process finds it. PerCPU.InKernel is 1.
TEXT runtime·libosStart(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	RDTSC
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	$const_libosStats, BX
	MOVQ	AX, 0(BX)		// StatsPage.EntryTSC

	MOVQ	$runtime·libosTrapEntry(SB), AX
	MOVQ	AX, pcTrapEntry(GS)
	MOVQ	$runtime·libosRawSyscall(SB), AX
	MOVQ	AX, pcSyscallEntry(GS)
	MOVQ	$runtime·libosResume(SB), AX
	MOVQ	AX, pcNoInjectLo(GS)
	MOVQ	$runtime·libosResumeEnd(SB), AX
	MOVQ	AX, pcNoInjectHi(GS)
	MOVQ	$runtime·libosClock(SB), AX
	MOVQ	AX, runtime·vdsoClockgettimeSym(SB)

	MOVQ	SP, pcScratch(GS)
	ENTER
	MOVQ	pcKernelSP(GS), BX	// no stack check before libosInit made the g
	MOVQ	$0, g_stackguard0(R14)
	CALL	runtime·libosInit<ABIInternal>(SB)
	MOVQ	pcScratch(GS), SP
	MOVL	$0, pcInKernel(GS)
	JMP	_rt0_amd64(SB)

// libosSyscall stands where the runtime has a SYSCALL instruction: number in
// AX, arguments in DI, SI, DX, R10, R8, R9, result in AX. CX, R11 and the flags
// are lost, as with the instruction; vector registers are lost too, but for X15.
TEXT runtime·libosSyscall(SB),NOSPLIT|NOFRAME,$0
	MOVL	$1, pcInKernel(GS)
	MOVQ	AX, saveAX(GS)
	MOVQ	BX, saveBX(GS)
	MOVQ	DX, saveDX(GS)
	MOVQ	SI, saveSI(GS)
	MOVQ	DI, saveDI(GS)
	MOVQ	BP, saveBP(GS)
	MOVQ	R8, saveR8(GS)
	MOVQ	R9, saveR9(GS)
	MOVQ	R10, saveR10(GS)
	MOVQ	R12, saveR12(GS)
	MOVQ	R13, saveR13(GS)
	MOVQ	R14, saveR14(GS)
	MOVQ	R15, saveR15(GS)
	MOVQ	0(SP), CX
	MOVQ	CX, saveIP(GS)
	LEAQ	8(SP), CX
	MOVQ	CX, saveSP(GS)
	MOVQ	pcFSBase(GS), CX
	MOVQ	CX, saveFS(GS)
	ENTER
	CALL	runtime·libosKernelSyscall<ABIInternal>(SB)
	JMP	runtime·libosResume(SB)

// libosExitThread is the end of a thread: *AX = 0 gives its stack away, and then it
// calls exit(0) on the kernel stack of the vCPU. Nothing interrupts it there, since
// InKernel is 1.
TEXT runtime·libosExitThread(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVL	$1, pcInKernel(GS)
	MOVQ	pcKernelSP(GS), SP
	MOVL	$0, (AX)
	MOVL	$0, DI
	MOVL	$60, AX			// exit
	CALL	runtime·libosSyscall(SB)
	INT	$3

// libosRawSyscall is where a SYSCALL instruction leads (assembly outside of the
// standard library has some), by way of the monitor's stub, which left the
// return address on the stack.
TEXT runtime·libosRawSyscall(SB),NOSPLIT|NOFRAME,$0
	MOVQ	$const_libosStats, CX
	LOCK
	INCQ	const_libosStatsRaw(CX)
	JMP	runtime·libosSyscall(SB)

// libosTrapEntry is where exceptions and the monitor's events lead. The vCPU is
// on its kernel stack with InKernel set; all registers but RSP, RIP and RFLAGS
// are those of the interrupted thread, whose missing three are in the trap
// frame of the PerCPU block.
TEXT runtime·libosTrapEntry(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	CMPL	pcInKernel(GS), $1
	JHI	broken
	SAVECONTEXT(pcTrap)
	MOVQ	pcSelf(GS), BX
	LEAQ	pcXSave(BX), BX
	MOVL	$-1, AX
	MOVL	$-1, DX
	XSAVE64_BX
	ENTER
	CALL	runtime·libosKernelTrap<ABIInternal>(SB)
	JMP	runtime·libosResume(SB)

broken:
	// An exception in library OS code. The report runs at the low end of the
	// kernel stack, where it destroys least of what was there.
	SAVECONTEXT(pcBroken)
	ENTER
	LEAQ	(pcStack+8192-64)(AX), SP
	CALL	runtime·libosKernelBroken<ABIInternal>(SB)
	INT	$3

// libosResume leaves the library OS. AX = 0: to the thread whose registers are
// in PerCPU.Save; else to the one whose registers are at AX (abi.SigContext).
// Up to libosResumeEnd the monitor injects nothing, so that the thread's state
// may be half in registers while InKernel is 0 already. An event that came
// between is found by the last comparison.
TEXT runtime·libosResume(SB),NOSPLIT|NOFRAME,$0
again:
	MOVQ	saveFS(GS), CX
	CMPQ	CX, pcFSBase(GS)
	JEQ	fsdone
	MOVQ	CX, pcFSBase(GS)
	WRFSBASE_CX
fsdone:
	TESTQ	AX, AX
	JNZ	full

	MOVQ	saveBX(GS), BX
	MOVQ	saveDX(GS), DX
	MOVQ	saveSI(GS), SI
	MOVQ	saveDI(GS), DI
	MOVQ	saveBP(GS), BP
	MOVQ	saveR8(GS), R8
	MOVQ	saveR9(GS), R9
	MOVQ	saveR10(GS), R10
	MOVQ	saveR12(GS), R12
	MOVQ	saveR13(GS), R13
	MOVQ	saveR14(GS), R14
	MOVQ	saveR15(GS), R15
	MOVQ	saveSP(GS), SP
	MOVQ	saveIP(GS), CX
	BYTE	$0x51			// PUSHQ CX, unseen by the assembler's stack count
	MOVQ	saveAX(GS), AX
	XORPS	X15, X15
	MOVL	$0, pcInKernel(GS)
	CMPL	pcEvents(GS), $0
	JNE	lightevent
	RET

lightevent:
	MOVL	$1, pcInKernel(GS)
	ENTER
	XORL	BX, BX
	CALL	runtime·libosKernelEvents<ABIInternal>(SB)
	JMP	again

full:
	MOVQ	AX, pcScratch(GS)
	MOVQ	AX, R12
	MOVQ	ctxFP(R12), CX
	TESTQ	CX, CX
	JZ	nofp
	MOVL	$-1, AX
	MOVL	$-1, DX
	XRSTOR64_CX
	JMP	fpdone
nofp:
	XORPS	X15, X15
fpdone:
	MOVQ	pcKernelSP(GS), SP
	PUSHQ	$0x2b			// abi.SelectorUserSS
	PUSHQ	ctxSP(R12)
	PUSHQ	ctxFlags(R12)
	PUSHQ	$0x33			// abi.SelectorUserCS
	PUSHQ	ctxIP(R12)
	MOVQ	R12, CX
	MOVQ	ctxR8(CX), R8
	MOVQ	ctxR9(CX), R9
	MOVQ	ctxR10(CX), R10
	MOVQ	ctxR11(CX), R11
	MOVQ	ctxR12(CX), R12
	MOVQ	ctxR13(CX), R13
	MOVQ	ctxR14(CX), R14
	MOVQ	ctxR15(CX), R15
	MOVQ	ctxDI(CX), DI
	MOVQ	ctxSI(CX), SI
	MOVQ	ctxBP(CX), BP
	MOVQ	ctxBX(CX), BX
	MOVQ	ctxDX(CX), DX
	MOVQ	ctxAX(CX), AX
	MOVQ	ctxCX(CX), CX
	MOVL	$0, pcInKernel(GS)
	CMPL	pcEvents(GS), $0
	JNE	fullevent
	IRETQ				// at CPL 3, to CPL 3

fullevent:
	MOVL	$1, pcInKernel(GS)
	ENTER
	MOVQ	pcScratch(GS), BX
	CALL	runtime·libosKernelEvents<ABIInternal>(SB)
	JMP	again

TEXT runtime·libosResumeEnd(SB),NOSPLIT|NOFRAME,$0
	RET

// libosYield is executed by a thread that has to make room for another, as if
// it were a signal handler: SP points to the context to return to.
TEXT runtime·libosYield(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVL	$24, AX			// sched_yield
	CALL	runtime·libosSyscall(SB)
	MOVL	$15, AX			// rt_sigreturn
	CALL	runtime·libosSyscall(SB)
	INT	$3

// func libosOut(number uintptr)
// Leaves the VM for hypercall number.
TEXT runtime·libosOut<ABIInternal>(SB),NOSPLIT|NOFRAME,$0-8
	MOVL	$const_libosPort, DX
	OUTL				// OUT DX, EAX
	RET

// func libosTSC() uint64
TEXT runtime·libosTSC<ABIInternal>(SB),NOSPLIT|NOFRAME,$0-8
	RDTSC
	SHLQ	$32, DX
	ORQ	DX, AX
	RET

// func libosPause()
TEXT runtime·libosPause<ABIInternal>(SB),NOSPLIT|NOFRAME,$0
	PAUSE
	RET

// libosClock has the C signature of the vDSO's clock_gettime, through which the
// runtime reads the time: clock in DI (0 wall, 1 monotonic), struct timespec at
// SI. ns = MonoBase + (tsc-TSCBase)*TSCMult>>32, plus WallOffset.
TEXT runtime·libosClock(SB),NOSPLIT|NOFRAME,$0
	MOVQ	$const_libosBoot, R8
	RDTSC
	SHLQ	$32, DX
	ORQ	DX, AX
	SUBQ	const_libosBootTSC(R8), AX
	MULQ	(const_libosBootTSC+8)(R8)
	SHRQ	$32, AX
	SHLQ	$32, DX
	ORQ	DX, AX
	ADDQ	(const_libosBootTSC+16)(R8), AX
	TESTL	DI, DI
	JNZ	monotonic
	ADDQ	(const_libosBootTSC+24)(R8), AX
monotonic:
	XORL	DX, DX
	MOVL	$1000000000, CX
	DIVQ	CX
	MOVQ	AX, 0(SI)
	MOVQ	DX, 8(SI)
	XORL	AX, AX
	RET

// libosCPUID stands where start-up code has a CPUID instruction, which would
// leave the VM: leaf in AX, subleaf in CX, answer in AX, BX, CX, DX, from the
// table in BootInfo. All other registers are kept.
TEXT runtime·libosCPUID(SB),NOSPLIT|NOFRAME,$0
	PUSHQ	R8
	PUSHQ	R9
	MOVQ	$const_libosBootCPUID, R8
	MOVQ	-8(R8), R9		// CPUIDCount
next:
	TESTQ	R9, R9
	JZ	missing
	CMPL	0(R8), AX
	JNE	skip
	CMPL	4(R8), $-1		// the subleaf does not matter
	JEQ	found
	CMPL	4(R8), CX
	JEQ	found
skip:
	ADDQ	$24, R8
	DECQ	R9
	JMP	next
found:
	MOVL	8(R8), AX
	MOVL	12(R8), BX
	MOVL	16(R8), CX
	MOVL	20(R8), DX
	JMP	done
missing:
	XORL	AX, AX
	XORL	BX, BX
	XORL	CX, CX
	XORL	DX, DX
done:
	POPQ	R9
	POPQ	R8
	RET

// libosMainStart notes the time just before main.main.
TEXT runtime·libosMainStart<ABIInternal>(SB),NOSPLIT|NOFRAME,$0
	RDTSC
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	$const_libosStats, BX
	MOVQ	AX, 8(BX)		// StatsPage.MainTSC
	RET

// func libosRDRAND() uint64
TEXT runtime·libosRDRAND<ABIInternal>(SB),NOSPLIT|NOFRAME,$0-8
	RDRANDQ	AX
	JCC	-1(PC)			// carry clear: no number yet
	RET

// __restore_rt is where signal handlers return to, in place of the runtime's own
// code: rt_sigreturn. Debuggers tell the frame of a signal by this name, which is
// that of the C library's; the instructions, by which they would tell it
// otherwise, are not what they are on Linux.
TEXT __restore_rt(SB),NOSPLIT|NOFRAME,$0
	MOVL	$15, AX
	CALL	runtime·libosSyscall(SB)
	INT	$3

DATA	runtime·libosRestorer(SB)/8, $__restore_rt(SB)
GLOBL	runtime·libosRestorer(SB), RODATA, $8
