package virtio

import (
	"syscall"
	"unsafe"
)

// Vector returns b as an I/O vector element. b is not empty.
func Vector(b []byte) syscall.Iovec {
	return syscall.Iovec{Base: unsafe.SliceData(b), Len: uint64(len(b))}
}

// Bytes returns what v points to. In a test, whose guest memory is this
// process's, it may reach over several objects: pieces were merged.
//
//go:nocheckptr
func Bytes(v syscall.Iovec) []byte { return unsafe.Slice(v.Base, v.Len) }

// follows reports whether b begins where a ends, so that one element can hold
// both. They are adjacent in the guest, too: its memory is one mapping.
func follows(a, b syscall.Iovec) bool {
	return uintptr(unsafe.Pointer(a.Base))+uintptr(a.Len) == uintptr(unsafe.Pointer(b.Base))
}

// skip returns v without its first n bytes, which it has more than.
func skip(v syscall.Iovec, n uint64) syscall.Iovec {
	return Vector(Bytes(v)[n:])
}

// words views b, whose start is 8-aligned and whose length a multiple of 4, as
// 32-bit words, and the first table bytes also as 64-bit ones.
func words(b []byte, table uint64) (w []uint32, w64 []uint64) {
	p := unsafe.Pointer(unsafe.SliceData(b))
	_ = b[table-1]
	return unsafe.Slice((*uint32)(p), len(b)/4), unsafe.Slice((*uint64)(p), table/8)
}

// aligned reports whether b starts at a multiple of n.
func aligned(b []byte, n uintptr) bool {
	return uintptr(unsafe.Pointer(unsafe.SliceData(b)))%n == 0
}
