// Package linux holds the part of the Linux system-call interface for x86-64
// that the library OS answers: call numbers, error numbers, flags and the
// layouts of structures in memory. The numbers are those of the kernel's uapi
// headers; a test compares them with the standard library's.
//
// It is pure data: no system call is made here, and any context may use it.
package linux
