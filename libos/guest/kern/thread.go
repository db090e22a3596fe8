package kern

import (
	"sync/atomic"

	"unibench/libos/abi"
)

// MaxThreads bounds the threads alive at a time. Go makes one per vCPU, a few
// more for its own purposes, and one per goroutine that is locked to a thread.
const MaxThreads = 1024

// none is the index of no thread.
const none int32 = -1

// Thread states.
const (
	Free    = abi.ThreadFree
	Ready   = abi.ThreadReady
	Running = abi.ThreadRunning // its registers are in that PerCPU.Save
	Blocked = abi.ThreadBlocked
)

// Thread is a thread of the program: an M of Go's scheduler.
type Thread struct {
	abi.ThreadSlot
	timed   bool    // in the timer list
	traced  uint32  // one more than the number of the traced call it is in, or 0
	since   int64   // when that began
	next    int32   // next in run queue, futex bucket or free list
	tnext   int32   // next in the timer list
	futex   uintptr // address waited on, 0 if none
	wakeAt  int64   // deadline, while timed
	mask    uint64  // blocked signals, bit n-1 for signal n
	pending uint64  // signals for this thread
	alt     altStack
}

// altStack is the thread's signal stack, as set by sigaltstack.
type altStack struct {
	sp, size uint64
	disabled bool
}

// Kernel is all state. The zero value is not ready: see Init.
type Kernel struct {
	threads [MaxThreads]Thread
	used    int32 // threads[used:] have never been used
	free    int32 // list of free slots below used
	alive   int32
	runHead int32
	runTail int32
	runLen  int32
	timers  int32 // timed threads, earliest first
	buckets [futexBuckets]int32
	actions [MaxSignal + 1]action
	pending uint64 // signals for the process
	vcpus   int32
	Mem     Memory
}

// Init prepares k for n vCPUs and makes thread 0, the one that starts the
// program, running on vCPU 0.
func (k *Kernel) Init(n int) {
	k.vcpus = int32(n)
	k.free, k.runHead, k.runTail, k.timers = none, none, none, none
	for i := range k.buckets {
		k.buckets[i] = none
	}
	t := k.newThread()
	k.threads[t].State = Running
}

// TID returns the thread id that Linux would give thread t; the first is 1, as
// is the process id.
func TID(t int32) uint64 { return uint64(t) + 1 }

// byTID returns the thread with an id, or none.
func (k *Kernel) byTID(tid uint64) int32 {
	t := int32(tid - 1)
	if tid == 0 || tid > uint64(k.used) || k.threads[t].State == Free {
		return none
	}
	return t
}

// newThread takes a free slot, or returns none.
func (k *Kernel) newThread() int32 {
	t := k.free
	switch {
	case t != none:
		k.free = k.threads[t].next
	case k.used < MaxThreads:
		t = k.used
		k.used++
	default:
		return none
	}
	k.threads[t] = Thread{next: none, tnext: none, alt: altStack{disabled: true}}
	k.alive++
	return t
}

// release ends thread t, which is in no queue.
func (k *Kernel) release(t int32) {
	k.threads[t] = Thread{next: k.free, tnext: none}
	k.free = t
	k.alive--
}

// ready puts t at the end of the run queue.
func (k *Kernel) ready(t int32) {
	th := &k.threads[t]
	th.State = Ready
	th.next = none
	if k.runTail == none {
		k.runHead = t
	} else {
		k.threads[k.runTail].next = t
	}
	k.runTail = t
	atomic.AddInt32(&k.runLen, 1)
}

// Runnable returns the number of threads that wait for a vCPU. It may be read
// without the lock, as a hint.
func (k *Kernel) Runnable() int32 { return atomic.LoadInt32(&k.runLen) }

// Alive returns the number of threads.
func (k *Kernel) Alive() int32 { return k.alive }

// IDs stores the ids of threads, as many as there is room for, and returns their
// number. It may be called without the lock: threads that begin or end meanwhile
// may be missed.
func (k *Kernel) IDs(to []int32) int32 {
	n := int32(0)
	for t := int32(0); t < k.used && int(n) < len(to); t++ {
		if k.threads[t].State != Free {
			to[n] = int32(TID(t))
			n++
		}
	}
	return n
}

// Next takes the first thread off the run queue and makes it pc's: its
// registers are loaded into pc.Save. It returns false if there is none.
func (k *Kernel) Next(pc *abi.PerCPU) bool {
	t := k.runHead
	if t == none {
		pc.Thread = none
		return false
	}
	th := &k.threads[t]
	k.runHead = th.next
	if k.runHead == none {
		k.runTail = none
	}
	atomic.AddInt32(&k.runLen, -1)
	th.next = none
	th.State = Running
	th.CPU = int32(pc.Index)
	pc.Save = th.Regs
	pc.Thread = t
	return true
}

// park takes the running thread off pc; its registers are kept.
func (k *Kernel) park(pc *abi.PerCPU, s uint32) int32 {
	t := pc.Thread
	th := &k.threads[t]
	th.Regs = pc.Save
	th.State = s
	pc.Thread = none
	return t
}

// Yield puts the running thread behind the others.
func (k *Kernel) Yield(pc *abi.PerCPU) {
	pc.Save.AX = 0
	if k.Runnable() > 0 {
		k.Requeue(pc)
	}
}

// Requeue puts the running thread, which is at the end of a system call, behind
// the others; it keeps the result.
func (k *Kernel) Requeue(pc *abi.PerCPU) { k.ready(k.park(pc, Ready)) }

// Clone makes a ready thread that goes on where the running one does, with the
// stack and the FS base of clone's arguments and result 0; its signals are
// blocked as the parent's are. Only threads can be made: a process of its own,
// what fork asks for, is EINVAL.
func (k *Kernel) Clone(pc *abi.PerCPU, flags, stack, fs uint64) uint64 {
	const (
		sharedMemory = 0x100
		thread       = 0x10000
		setTLS       = 0x80000
	)
	if flags&sharedMemory == 0 || flags&thread == 0 || stack == 0 {
		return neg(EINVAL)
	}
	t := k.newThread()
	if t == none {
		return neg(EAGAIN)
	}
	th := &k.threads[t]
	th.Regs = pc.Save
	th.Regs.AX = 0
	th.Regs.SP = stack
	if flags&setTLS != 0 {
		th.Regs.FS = fs
	}
	th.mask = k.threads[pc.Thread].mask
	k.ready(t)
	return TID(t)
}

// ExitThread ends the running thread.
func (k *Kernel) ExitThread(pc *abi.PerCPU) {
	t := pc.Thread
	pc.Thread = none
	k.release(t)
}
