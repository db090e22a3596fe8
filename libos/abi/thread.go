package abi

import "unsafe"

// ThreadTable says where the library OS keeps its threads, in StatsPage: Count
// slots, Stride bytes apart, each of which begins with a ThreadSlot. The monitor
// reads them after the VM has ended, to describe it.
type ThreadTable struct {
	Addr   uint64
	Stride uint32
	Count  uint32
}

// ThreadSlot is the part of a thread that the monitor may look at. The number of
// a thread, one more than that of its slot, is its thread id.
type ThreadSlot struct {
	State uint32 // ThreadFree, ...
	CPU   int32  // vCPU, while ThreadRunning
	// Context is the address of the SigContext at which the program was
	// interrupted to give the vCPU to another thread, 0 if it was not.
	Context uint64
	Regs    Registers // unless ThreadRunning
}

// States of a thread.
const (
	ThreadFree    = iota // the slot is unused
	ThreadReady          // in the run queue
	ThreadRunning        // on a vCPU; its registers are there
	ThreadBlocked        // in a futex wait or asleep
)

var _ = [1]int{}[unsafe.Sizeof(ThreadSlot{})-152]
