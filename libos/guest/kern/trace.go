package kern

import "unibench/libos/abi"

// TraceEnter notes that the running thread makes the system call in pc.Save, for
// TraceLeave. It returns false for a call from which there is no return to where
// it was made. What Interject made a thread do is no call of the program.
func (k *Kernel) TraceEnter(pc *abi.PerCPU, now int64) bool {
	th := &k.threads[pc.Thread]
	if th.Context != 0 {
		return true
	}
	switch pc.Save.AX {
	case sysExit, sysExitGroup, sysRtSigreturn:
		return false
	}
	th.traced, th.since = uint32(pc.Save.AX)+1, now
	return true
}

// TraceLeave returns the call that the running thread is about to return from and
// when it began, once. Its arguments are in pc.Save still, the result too.
func (k *Kernel) TraceLeave(pc *abi.PerCPU) (number uint64, since int64, ok bool) {
	th := &k.threads[pc.Thread]
	if th.traced == 0 {
		return 0, 0, false
	}
	number, since = uint64(th.traced-1), th.since
	th.traced = 0
	return number, since, true
}
