package kern

import (
	"sync/atomic"
	"unsafe"

	"unibench/libos/abi"
)

// Memory of the program is named by number here and becomes a pointer in this
// file only. The numbers come from the program: a wild one faults, as an access
// by the program itself would.

// loadWord reads the futex word at addr.
func loadWord(addr uintptr) uint32 {
	return atomic.LoadUint32((*uint32)(pointer(addr)))
}

// Load64 reads the word at addr.
func Load64(addr uintptr) uint64 { return *(*uint64)(pointer(addr)) }

// Store64 writes the word at addr.
func Store64(addr uintptr, v uint64) { *(*uint64)(pointer(addr)) = v }

// store8 writes the byte at addr.
func store8(addr uintptr, v byte) { *(*byte)(pointer(addr)) = v }

// clearPage zeroes the page at addr.
func clearPage(addr uintptr) { *(*[pageSize]byte)(pointer(addr)) = [pageSize]byte{} }

// copyBytes copies n bytes, n a multiple of 8.
func copyBytes(to, from, n uintptr) {
	copy(unsafe.Slice((*uint64)(pointer(to)), n/8), unsafe.Slice((*uint64)(pointer(from)), n/8))
}

func frameAt(addr uintptr) *signalFrame   { return (*signalFrame)(pointer(addr)) }
func contextAt(addr uintptr) *userContext { return (*userContext)(pointer(addr)) }
func actionAt(addr uintptr) *action       { return (*action)(pointer(addr)) }
func stackAt(addr uintptr) *userStack     { return (*userStack)(pointer(addr)) }
func addressOf(c *abi.SigContext) uintptr { return uintptr(unsafe.Pointer(c)) }

// Table describes the threads to the monitor.
func (k *Kernel) Table() abi.ThreadTable {
	return abi.ThreadTable{
		Addr:   uint64(uintptr(unsafe.Pointer(&k.threads[0].ThreadSlot))),
		Stride: uint32(unsafe.Sizeof(k.threads[0])), Count: MaxThreads,
	}
}

// pointer converts a number to a pointer behind vet's back: the memory is not
// the collector's, or is kept alive by the program that passed its address.
func pointer(addr uintptr) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&addr))
}
