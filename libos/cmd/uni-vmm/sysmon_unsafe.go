package main

import (
	"strconv"
	"syscall"
	"unsafe"
)

// calmSysmon keeps the Go runtime's sysmon thread of this process from
// interrupting the vCPU. After each wait of a vCPU for a device, as in the first
// milliseconds of the process, that thread wakes up every 20 us, some 50 times, and
// where both threads share a CPU each time costs some 10 us. With a timer slack
// (proc_pid_timerslack_ns(5)) of 10 ms, the longest that it ever sleeps by itself,
// its sleeps last until something else wakes up the processor, and under SCHED_BATCH
// (sched(7)) it does not preempt the running thread then.
//
// The runtime makes this thread first of all, so it has the lowest thread id after
// the process's own, not far from it; tgkill tells, since it finds only threads of
// the given process. If it is not found, nothing happens but the interruptions.
func calmSysmon() {
	const schedBatch, near = 3, 64
	pid := syscall.Getpid()
	sysmon := pid + 1
	for syscall.Tgkill(pid, sysmon, 0) != nil {
		if sysmon++; sysmon > pid+near {
			return
		}
	}
	var param int32 // struct sched_param: priority 0
	syscall.RawSyscall(syscall.SYS_SCHED_SETSCHEDULER, uintptr(sysmon), schedBatch, uintptr(unsafe.Pointer(&param)))
	fd, err := syscall.Open("/proc/"+strconv.Itoa(sysmon)+"/timerslack_ns", syscall.O_WRONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	syscall.Write(fd, []byte("10000000"))
	syscall.Close(fd)
}
