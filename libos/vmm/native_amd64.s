#include "textflag.h"

// func nativeCPUID(leaf, subleaf uint32) (ax, bx, cx, dx uint32)
//
// What the CPUID instruction answers to this process (Intel SDM volume 2A, CPUID).
// Clobbers AX, BX, CX, DX; 64-bit mode, CPL 3, caller's stack.
TEXT ·nativeCPUID(SB),NOSPLIT,$0-24
	MOVL	leaf+0(FP), AX
	MOVL	subleaf+4(FP), CX
	CPUID
	MOVL	AX, ax+8(FP)
	MOVL	BX, bx+12(FP)
	MOVL	CX, cx+16(FP)
	MOVL	DX, dx+20(FP)
	RET
