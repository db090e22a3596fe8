package kern

import "unibench/libos/abi"

const futexBuckets = 64

func bucketOf(addr uintptr) uintptr { return (addr >> 2 * 0x9E3779B1 >> 8) % futexBuckets }

// Futex operations (include/uapi/linux/futex.h), without the private flag.
const (
	futexWait    = 0
	futexWake    = 1
	futexOpMask  = 127
	forever      = int64(-1)
	maxWakeCount = 1<<31 - 1
)

// FutexWait blocks the running thread while the word at addr holds val, until a
// wake or until deadline (forever if negative). It returns EAGAIN if the word
// differs, and EINTR if a signal is pending; with 0 the thread has left pc and
// gets its result when it is woken.
func (k *Kernel) FutexWait(pc *abi.PerCPU, addr uintptr, val uint32, deadline int64) (errno uint64) {
	switch {
	case loadWord(addr) != val:
		return EAGAIN
	case k.HasPending(pc):
		return EINTR
	}
	t := k.park(pc, Blocked)
	th := &k.threads[t]
	th.futex = addr
	b := &k.buckets[bucketOf(addr)]
	th.next = none
	// At the end: the first to wait is the first to be woken.
	for *b != none {
		b = &k.threads[*b].next
	}
	*b = t
	if deadline >= 0 {
		k.addTimer(t, deadline)
	}
	return 0
}

// FutexWake makes up to n threads ready that wait on addr, and returns how many.
func (k *Kernel) FutexWake(addr uintptr, n uint32) uint64 {
	woken := uint64(0)
	p := &k.buckets[bucketOf(addr)]
	for *p != none && woken < uint64(n) {
		t := *p
		th := &k.threads[t]
		if th.futex != addr {
			p = &th.next
			continue
		}
		*p = th.next
		k.wake(t, 0)
		woken++
	}
	return woken
}

// unlinkFutex takes t out of its bucket.
func (k *Kernel) unlinkFutex(t int32) {
	th := &k.threads[t]
	if th.futex == 0 {
		return
	}
	p := &k.buckets[bucketOf(th.futex)]
	for *p != t {
		p = &k.threads[*p].next
	}
	*p = th.next
	th.next = none
}

// wake makes a blocked thread ready; it is in no bucket any more. result is
// what its system call returns.
func (k *Kernel) wake(t int32, result uint64) {
	th := &k.threads[t]
	k.removeTimer(t)
	th.futex = 0
	th.Regs.AX = result
	k.ready(t)
}
