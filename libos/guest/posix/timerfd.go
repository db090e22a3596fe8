package posix

import (
	"sync"

	"unibench/libos/guest/linux"
)

// timerfd is the stream of timerfd_create(2): it counts how often its time has
// come.
//
// Ticks are counted when someone looks. The alarm only tells of the first one
// since then: as on Linux, a timer that nobody reads wakes nobody a second time.
type timerfd struct {
	p     *Process
	wall  bool // of CLOCK_REALTIME
	notes notifier

	mu       sync.Mutex // guards what follows
	next     int64      // of HAL.MonoTime, while armed
	armed    bool
	interval int64 // nanoseconds, 0 to ring once
	ticks    uint64
}

func (o *poller) sysTimerfdCreate(a *Args) (uintptr, linux.Errno) {
	clock, flags := a.int(0), a.int(1)
	if flags&^(linux.OCloexec|linux.ONonblock) != 0 {
		return 0, linux.EINVAL
	}
	switch clock {
	case linux.ClockRealtime, linux.ClockMonotonic, linux.ClockBoottime,
		linux.ClockRealtimeAlarm, linux.ClockBoottimeAlarm: // nothing sleeps that would have to be woken
	default:
		return 0, linux.EINVAL
	}
	wall := clock == linux.ClockRealtime || clock == linux.ClockRealtimeAlarm
	return o.p.newStream(&timerfd{p: o.p, wall: wall}, flags)
}

// timer returns the timer behind the descriptor in argument 0.
func (o *poller) timer(a *Args) (*timerfd, *file, linux.Errno) {
	f, errno := o.p.use(a.int(0))
	if errno != 0 {
		return nil, nil, errno
	}
	t, ok := f.stream.(*timerfd)
	if !ok {
		f.put()
		return nil, nil, linux.EINVAL
	}
	return t, f, 0
}

func (o *poller) sysTimerfdSettime(a *Args) linux.Errno {
	const abstime, cancelOnSet = 1, 2
	flags := a.int(1)
	spec, errno := load[linux.Itimerspec](a, 2)
	if errno != 0 {
		return errno
	}
	value, errno := nanoseconds(spec.Value)
	interval, errno2 := nanoseconds(spec.Interval)
	if flags&^(abstime|cancelOnSet) != 0 || errno != 0 || errno2 != 0 {
		return linux.EINVAL
	}
	t, f, errno := o.timer(a)
	if errno != 0 {
		return errno
	}
	defer f.put()
	old := t.set(value, interval, flags&abstime != 0)
	if a.null(3) {
		return 0
	}
	return store(a, 3, old)
}

func (o *poller) sysTimerfdGettime(a *Args) linux.Errno {
	t, f, errno := o.timer(a)
	if errno != 0 {
		return errno
	}
	defer f.put()
	t.mu.Lock()
	defer t.mu.Unlock()
	return store(a, 1, t.setting(t.p.hal.MonoTime()))
}

// set arms the timer for a time, or in so many nanoseconds; 0 disarms it. It
// returns the setting before.
func (t *timerfd) set(value, interval int64, absolute bool) linux.Itimerspec {
	t.p.alarms.cancel(t)
	now, armed := t.p.hal.MonoTime(), value != 0
	if absolute && t.wall {
		w := t.p.now()
		value -= w.Sec*second + w.Nsec
	} else if absolute {
		value -= now
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.setting(now)
	t.ticks, t.interval = 0, interval
	t.armed = armed
	t.next = now + min(value, 1<<63-1-now)
	if t.armed {
		t.p.alarms.set(t.p.hal, t, max(value, 0))
	}
	return old
}

// setting returns what timerfd_gettime shows. mu is held.
func (t *timerfd) setting(now int64) linux.Itimerspec {
	t.advance(now)
	s := linux.Itimerspec{Interval: split(t.interval)}
	if t.armed {
		s.Value = split(t.next - now)
	}
	return s
}

// advance counts the ticks until now. mu is held.
func (t *timerfd) advance(now int64) {
	switch {
	case !t.armed || now < t.next:
	case t.interval == 0:
		t.ticks++
		t.armed = false
	default:
		n := 1 + (now-t.next)/t.interval
		t.ticks += uint64(n)
		t.next += n * t.interval
	}
}

// ring is the alarm.
func (t *timerfd) ring() {
	if t.ready() != 0 {
		t.notes.notify(t.p.hal, linux.PollIn)
	}
}

func (t *timerfd) read(b []byte, nonblock bool) (int, linux.Errno) {
	if len(b) < 8 {
		return 0, linux.EINVAL
	}
	try := func() linux.Errno {
		now := t.p.hal.MonoTime()
		t.mu.Lock()
		defer t.mu.Unlock()
		t.advance(now)
		if t.ticks == 0 {
			return linux.EAGAIN
		}
		putUint64(b, t.ticks)
		t.ticks = 0
		if t.armed {
			t.p.alarms.cancel(t)
			t.p.alarms.set(t.p.hal, t, t.next-now)
		}
		return 0
	}
	errno := try()
	if errno == linux.EAGAIN && !nonblock {
		errno = t.notes.block(t.p, linux.PollIn, 0, try)
	}
	if errno != 0 {
		return 0, errno
	}
	return 8, 0
}

func (t *timerfd) write([]byte, bool) (int, linux.Errno) { return 0, linux.EINVAL }

func (t *timerfd) ready() uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.advance(t.p.hal.MonoTime()); t.ticks > 0 {
		return linux.PollIn
	}
	return 0
}

func (t *timerfd) waiters() *notifier               { return &t.notes }
func (t *timerfd) reopen(int) (stream, linux.Errno) { return nil, linux.ENXIO }
func (t *timerfd) close()                           { t.p.alarms.cancel(t) }
func (t *timerfd) stat() linux.Stat {
	return linux.Stat{Dev: 9, Ino: 3, Nlink: 1, Mode: 0o600, Blksize: 4096}
}
