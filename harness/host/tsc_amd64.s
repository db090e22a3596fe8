#include "textflag.h"

// func rdtsc() uint64
//
// The time-stamp counter, read after all loads before it (AMD64 Architecture
// Programmer's Manual volume 3, RDTSC and LFENCE). Clobbers AX and DX; any mode,
// caller's stack.
TEXT ·rdtsc(SB),NOSPLIT,$0-8
	LFENCE
	RDTSC
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, ret+0(FP)
	RET
