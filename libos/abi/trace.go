package abi

import "unsafe"

// TraceRecord is one system call of the program, which HypercallTrace hands over
// when the call has ended. Pointers among the arguments are guest addresses, and
// what they point to is as the call left it.
type TraceRecord struct {
	Number     uint64
	Args       [6]uint64
	Result     uint64 // as in RAX: -4095 to -1 are negated errors
	Start, End int64  // nanoseconds of the monotonic clock
	Goroutine  uint64 // that made the call; 0 if Go's runtime did
	Thread     uint32 // id of the thread that the call was made on
	Unfinished uint32 // 1 if the call does not return
}

var _ = [1]int{}[unsafe.Sizeof(TraceRecord{})-96]
