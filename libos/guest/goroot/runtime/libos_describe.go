//go:build unibench_guest

package runtime

import (
	"internal/libos/abi"
	"unsafe"
)

// What proc(5) shows of the program and of the machine, for package posix.

// libos_segments stores start and end of the parts of the image: what can be
// executed, what can be read only, what can be written; and of the memory behind
// it.
//
//go:linkname libos_segments
func libos_segments(to *[8]uintptr) {
	md := &firstmoduledata
	b := libosBootInfo()
	*to = [8]uintptr{
		md.text, md.etext, md.rodata, md.noptrdata &^ (abi.PageSize - 1), md.noptrdata &^ (abi.PageSize - 1), md.end, uintptr(b.MemStart), uintptr(b.MemEnd),
	}
}

// libos_clocks returns the rate of the time stamp counter in Hz, and the time of
// the start.
//
//go:linkname libos_clocks
func libos_clocks() (rate uint64, start int64) {
	b := libosBootInfo()
	return uint64(1e9*(1<<32)/float64(b.TSCMult) + 0.5), int64(b.MonoBase)
}

//go:linkname libos_args
func libos_args() (args, env []string) {
	return append([]string{}, argslice...), append([]string{}, envs...)
}

// libos_threads stores the ids of threads and returns how many there are. Threads
// that begin or end meanwhile may be missed.
//
//go:linkname libos_threads
func libos_threads(to *int32, n int32) int32 {
	return libosKernel.IDs(unsafe.Slice(to, n))
}

//go:linkname libos_cpuid
func libos_cpuid(leaf, subleaf uint32, to *[4]uint32) {
	b := libosBootInfo()
	for _, e := range b.CPUID[:b.CPUIDCount] {
		if e.Leaf == leaf && (e.Subleaf == subleaf || e.Subleaf == abi.AnySubleaf) {
			*to = [4]uint32{e.AX, e.BX, e.CX, e.DX}
			return
		}
	}
	to[0], to[1], to[2], to[3] = libosInstructionCPUID(leaf, subleaf)
}

//go:linkname libosInstructionCPUID internal/cpu.cpuid
func libosInstructionCPUID(leaf, subleaf uint32) (ax, bx, cx, dx uint32)
