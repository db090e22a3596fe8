package kern

import "unibench/libos/abi"

// NoDeadline is later than any time.
const NoDeadline = int64(1<<63 - 1)

// addTimer puts t into the timer list, sorted by time. The list is short: a
// thread sleeps only when it has no goroutine to run, and Go keeps the
// program's timers itself.
func (k *Kernel) addTimer(t int32, at int64) {
	th := &k.threads[t]
	th.wakeAt, th.timed = at, true
	p := &k.timers
	for *p != none && k.threads[*p].wakeAt <= at {
		p = &k.threads[*p].tnext
	}
	th.tnext = *p
	*p = t
}

func (k *Kernel) removeTimer(t int32) {
	th := &k.threads[t]
	if !th.timed {
		return
	}
	p := &k.timers
	for *p != t {
		p = &k.threads[*p].tnext
	}
	*p = th.tnext
	th.tnext, th.timed = none, false
}

// Expire makes the threads ready whose deadline is not after now.
func (k *Kernel) Expire(now int64) {
	for t := k.timers; t != none && k.threads[t].wakeAt <= now; t = k.timers {
		result := uint64(0) // of nanosleep
		if k.threads[t].futex != 0 {
			k.unlinkFutex(t)
			result = neg(ETIMEDOUT)
		}
		k.wake(t, result)
	}
}

// Deadline returns the time of the next Expire that will find something.
func (k *Kernel) Deadline() int64 {
	if k.timers == none {
		return NoDeadline
	}
	return k.threads[k.timers].wakeAt
}

// Sleep blocks the running thread until a time. It returns EINTR if a signal is
// pending; with 0 the thread has left pc.
func (k *Kernel) Sleep(pc *abi.PerCPU, until int64) (errno uint64) {
	if k.HasPending(pc) {
		return EINTR
	}
	k.addTimer(k.park(pc, Blocked), until)
	return 0
}
