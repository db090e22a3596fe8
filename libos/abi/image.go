package abi

// An image is the ELF executable that the Go linker wrote, nothing added. What
// makes it a unikernel is the code at its entry point, which begins
//
//	offset 0  2 bytes  EB xx            jmp over the header
//	offset 2  8 bytes  ImageMagic
//	offset 10 4 bytes  ImageVersion, little endian
//
// so that a monitor recognises it without symbols and before it runs anything.
const (
	ImageMagic        = "UNIBENCH"
	ImageMagicOffset  = 2
	ImageVersion      = 1
	ImageHeaderLength = 14
)
