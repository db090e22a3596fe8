//go:build unibench_guest

#include "textflag.h"

// _rt0_amd64_linux is the entry point of the image. It begins with the header
// that package abi describes (image.go there); the code behind it is
// libosStart.
TEXT _rt0_amd64_linux(SB),NOSPLIT|NOFRAME,$0
	BYTE	$0xEB; BYTE $0x0C	// JMP over the next 12 bytes
	BYTE	$'U'; BYTE $'N'; BYTE $'I'; BYTE $'B'
	BYTE	$'E'; BYTE $'N'; BYTE $'C'; BYTE $'H'
	LONG	$1			// abi.ImageVersion
	JMP	runtime·libosStart(SB)

// _rt0_amd64_linux_lib is what the runtime's other files refer to; images are
// never libraries.
TEXT _rt0_amd64_linux_lib(SB),NOSPLIT,$0
	JMP	_rt0_amd64_lib(SB)
