package main

import (
	"reflect"
	"unsafe"
)

//go:noinline
func writeAt(a uintptr) { **(**byte)(unsafe.Pointer(&a)) = 0xcc }

//go:noinline
func readAt(a uintptr) byte { return **(**byte)(unsafe.Pointer(&a)) }

func textAddress() uintptr { return reflect.ValueOf(grow).Pointer() }

// writeConstant writes to a string literal.
func writeConstant() {
	s := "constant"
	*unsafe.StringData(s) = 'C'
}

// ret is the machine code of a function that does nothing.
var ret = [16]byte{0xc3}

func heapCode() uintptr {
	b := make([]byte, 1<<16)
	b[0] = 0xc3
	return uintptr(unsafe.Pointer(unsafe.SliceData(b)))
}

func dataCode() uintptr { return uintptr(unsafe.Pointer(&ret)) }

func stackCode() {
	code := [16]byte{0xc3}
	call(uintptr(unsafe.Pointer(&code)))
}

// call calls the code at a.
//
//go:noinline
func call(a uintptr) {
	p := &a
	f := *(*func())(unsafe.Pointer(&p))
	f()
}
