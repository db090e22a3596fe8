package posix

import "unibench/libos/guest/linux"

const second = 1_000_000_000 // nanoseconds

// clock reads a clock of clock_gettime(2).
func (p *Process) clock(id int) (linux.Timespec, linux.Errno) {
	switch id {
	case linux.ClockRealtime, linux.ClockRealtimeCoarse, linux.ClockRealtimeAlarm, linux.ClockTAI:
		return p.now(), 0
	case linux.ClockMonotonic, linux.ClockMonotonicRaw, linux.ClockMonotonicCoarse, linux.ClockBoottime,
		linux.ClockBoottimeAlarm:
		return split(p.hal.MonoTime()), 0
	case linux.ClockProcessCPU:
		return split(p.hal.CPUTime()), 0
	}
	// ClockThreadCPU too: goroutines move between threads.
	return linux.Timespec{}, linux.EINVAL
}

func split(nanoseconds int64) linux.Timespec {
	return linux.Timespec{Sec: nanoseconds / second, Nsec: nanoseconds % second}
}

func timeval(t linux.Timespec) linux.Timeval {
	return linux.Timeval{Sec: t.Sec, Usec: t.Nsec / 1000}
}

func (p *Process) sysClockGettime(a *Args) linux.Errno {
	t, errno := p.clock(a.int(0))
	if errno != 0 {
		return errno
	}
	return store(a, 1, t)
}

func (p *Process) sysClockGetres(a *Args) linux.Errno {
	if _, errno := p.clock(a.int(0)); errno != 0 || a.null(1) {
		return errno
	}
	return store(a, 1, linux.Timespec{Nsec: 1})
}

// sysGettimeofday knows UTC only: the time zone of struct timezone is zero.
func (p *Process) sysGettimeofday(a *Args) linux.Errno {
	if !a.null(0) {
		if errno := store(a, 0, timeval(p.now())); errno != 0 {
			return errno
		}
	}
	if !a.null(1) {
		return store(a, 1, [2]int32{})
	}
	return 0
}

func (p *Process) sysTime(a *Args) (uintptr, linux.Errno) {
	sec := p.now().Sec
	if !a.null(0) {
		if errno := store(a, 0, sec); errno != 0 {
			return 0, errno
		}
	}
	return uintptr(sec), 0
}

// duration returns the struct timespec in argument i in nanoseconds.
func duration(a *Args, i int) (int64, linux.Errno) {
	t, errno := load[linux.Timespec](a, i)
	if errno != 0 {
		return 0, errno
	}
	return nanoseconds(t)
}

// nanoseconds returns a time that is not negative in nanoseconds, at most about
// 292 years.
func nanoseconds(t linux.Timespec) (int64, linux.Errno) {
	if t.Sec < 0 || t.Nsec < 0 || t.Nsec >= second {
		return 0, linux.EINVAL
	}
	return min(t.Sec, (1<<63-1)/second-1)*second + t.Nsec, 0
}

// sysNanosleep always sleeps to the end: no signal interrupts a goroutine.
func (p *Process) sysNanosleep(a *Args) linux.Errno {
	d, errno := duration(a, 0)
	if errno == 0 {
		p.hal.Sleep(d)
	}
	return errno
}

func (p *Process) sysClockNanosleep(a *Args) linux.Errno {
	now, errno := p.clock(a.int(0))
	if errno != 0 {
		return errno
	}
	d, errno := duration(a, 2)
	if errno != 0 {
		return errno
	}
	if a.int(1)&linux.TimerAbstime != 0 {
		d -= now.Sec*second + now.Nsec
	}
	if d > 0 {
		p.hal.Sleep(d)
	}
	return 0
}

// sysTimes counts in ticks of 1/100 s (times(2)).
func (p *Process) sysTimes(a *Args) (uintptr, linux.Errno) {
	const tick = second / 100
	if !a.null(0) {
		cpu := p.hal.CPUTime() / tick
		if errno := store(a, 0, [4]int64{cpu}); errno != 0 {
			return 0, errno
		}
	}
	return uintptr(p.hal.MonoTime() / tick), 0
}

// sysGetrusage knows one time, that of all processors, and calls it user time:
// there is no other mode.
func (p *Process) sysGetrusage(a *Args) linux.Errno {
	const self, children, thread = 0, -1, 1
	switch a.int(0) {
	case self, thread:
		return store(a, 1, linux.Rusage{Utime: timeval(split(p.hal.CPUTime())), Maxrss: int64(p.used() >> 10)})
	case children:
		return store(a, 1, linux.Rusage{})
	}
	return linux.EINVAL
}
