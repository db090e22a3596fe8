package main

import (
	"syscall"
	"unsafe"
)

// calmSysmon keeps the Go runtime's sysmon thread of this process from
// interrupting the vCPU. In the first milliseconds of a process it wakes up every
// 20 us, and where both threads share a CPU each time costs some 10 us. Under
// SCHED_BATCH (sched(7)) a thread that wakes up does not preempt the running one.
//
// The runtime makes this thread first of all, so it has the next thread id,
// unless another process took that; tgkill tells, since it finds only threads of
// the given process. If it is not found, nothing happens but the interruptions.
func calmSysmon() {
	const schedBatch = 3
	pid := syscall.Getpid()
	sysmon := pid + 1
	if syscall.Tgkill(pid, sysmon, 0) != nil {
		return
	}
	var param int32 // struct sched_param: priority 0
	syscall.RawSyscall(syscall.SYS_SCHED_SETSCHEDULER, uintptr(sysmon), schedBatch, uintptr(unsafe.Pointer(&param)))
}
