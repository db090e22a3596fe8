package main

import "unsafe"

// wildAddress is a canonical address that no Linux process and no unikernel
// has anything at: far above a small program's data, far below its stack.
const wildAddress uintptr = 0x123456789000

// writeWild writes to wildAddress and does not come back.
//
//go:noinline
func writeWild() {
	addr := wildAddress
	*(*(**byte)(unsafe.Pointer(&addr))) = 1
}
