//go:build unibench_guest

package runtime

// Go's sysmon thread wakes up every few milliseconds as long as the program does
// anything. Here, ticks of the monitor preempt goroutines and poll (libosPreempt,
// libosPollDue), there are no threads in system calls to take processors from,
// and what is left is done in this file: waking the scavenger, and collecting
// garbage if nothing did for two minutes. Not here: GODEBUG=schedtrace, and
// changes of GOMAXPROCS with the host's limits.

// libosSysmonStarted says that the thread libosSysmon is there or about to be.
var libosSysmonStarted uint32

// libosScheduled is called by each round of the scheduler, on g0 with a P.
func libosScheduled() {
	libosPollDue()
	if scavenger.sysmonWake.Load() != 0 {
		scavenger.wake()
	}
	// Before the first collection there is none to be repeated, nor in a program
	// that is over soon.
	if libosSysmonStarted == 0 && memstats.numgc != 0 {
		libosStartSysmon()
	}
}

func libosStartSysmon() {
	lock(&sched.lock)
	first := libosSysmonStarted == 0
	libosSysmonStarted = 1
	unlock(&sched.lock)
	if first {
		newm(libosSysmon, nil, -1)
	}
}

// libosSysmon runs on a thread of its own, without a P, for ever. Like sysmon it
// does not count as one that could keep a deadlocked program going.
//
//go:nowritebarrierrec
func libosSysmon() {
	lock(&sched.lock)
	sched.nmsys++
	checkdead()
	unlock(&sched.lock)
	for {
		usleep(uint32(max(forcegcperiod/2/1000, 1_000_000)))
		if t := (gcTrigger{kind: gcTriggerTime, now: nanotime()}); t.test() && forcegc.idle.Load() {
			lock(&forcegc.lock)
			forcegc.idle.Store(false)
			var list gList
			list.push(forcegc.g)
			injectglist(&list)
			unlock(&forcegc.lock)
		}
	}
}
