package posix

import (
	"sync"
	"sync/atomic"

	"unibench/libos/guest/linux"
)

// waiter is a goroutine that waits for events of one stream or several.
type waiter struct {
	mask uint32
	wake chan struct{} // holds a signal that has not been seen yet
	late atomic.Bool   // the alarm rang
}

func newWaiter(mask uint32) *waiter {
	return &waiter{mask: mask | linux.PollErr | linux.PollHup, wake: make(chan struct{}, 1)}
}

func (w *waiter) signal(events uint32) {
	if events&w.mask == 0 {
		return
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *waiter) gone(*file) {}

// block calls try, again after each event of mask, until it answers something
// other than EAGAIN or timeout nanoseconds have passed; a timeout of 0 is none.
func (n *notifier) block(p *Process, mask uint32, timeout int64, try func() linux.Errno) linux.Errno {
	w := newWaiter(mask)
	n.add(watch{to: w})
	defer n.drop(w)
	if timeout > 0 {
		p.alarms.set(p.hal, w, timeout)
		defer p.alarms.cancel(w)
	}
	for {
		late := w.late.Load()
		if errno := try(); errno != linux.EAGAIN || late {
			return errno
		}
		<-w.wake
	}
}

// ring tells that the alarm's time has come.
func (w *waiter) ring() {
	w.late.Store(true)
	w.signal(w.mask)
}

// alarms rings at given times. The zero value is ready for use.
//
// The platform can only put goroutines to sleep, for a time that is fixed when
// it begins. So one goroutine sleeps until the earliest alarm; an alarm that is
// set later but rings earlier gets another one. A sleeper that finds nothing to
// do goes back to sleep until the next alarm, or ends if another will be awake
// by then. There are as many as there were alarms set that were the earliest
// at that time and whose time has not come, mostly one.
type alarms struct {
	mu       sync.Mutex
	pending  []alarm // earliest first
	sleepers []int64 // when they wake
}

type alarm struct {
	when int64 // of HAL.MonoTime
	w    rung
}

// rung is what an alarm rings. It may set another alarm meanwhile.
type rung interface{ ring() }

// set rings w after a number of nanoseconds.
func (a *alarms) set(hal HAL, w rung, after int64) {
	when := hal.MonoTime() + min(after, 1<<62)
	a.mu.Lock()
	defer a.mu.Unlock()
	i := len(a.pending)
	for i > 0 && a.pending[i-1].when > when {
		i--
	}
	a.pending = append(a.pending, alarm{})
	copy(a.pending[i+1:], a.pending[i:])
	a.pending[i] = alarm{when, w}
	if !a.covered(when) {
		a.sleepers = append(a.sleepers, when)
		go a.sleep(hal, when)
	}
}

// cancel undoes set if the alarm is not about to ring or has rung.
func (a *alarms) cancel(w rung) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.pending {
		if a.pending[i].w == w {
			a.pending = append(a.pending[:i], a.pending[i+1:]...)
			return
		}
	}
}

// covered reports whether someone will be awake at when. mu is held.
func (a *alarms) covered(when int64) bool {
	for _, t := range a.sleepers {
		if t <= when {
			return true
		}
	}
	return false
}

// sleep is the sleeper's goroutine, which wakes at when.
func (a *alarms) sleep(hal HAL, when int64) {
	for {
		if d := when - hal.MonoTime(); d > 0 {
			hal.Sleep(d)
			continue // a clock may be a little behind
		}
		a.mu.Lock()
		for i, t := range a.sleepers {
			if t == when {
				a.sleepers = append(a.sleepers[:i], a.sleepers[i+1:]...)
				break
			}
		}
		n := 0
		for n < len(a.pending) && a.pending[n].when <= when {
			n++
		}
		due := append([]alarm(nil), a.pending[:n]...)
		a.pending = append(a.pending[:0], a.pending[n:]...)
		a.mu.Unlock()
		for i := range due {
			due[i].w.ring()
		}
		a.mu.Lock()
		if len(a.pending) == 0 || a.covered(a.pending[0].when) {
			a.mu.Unlock()
			return
		}
		when = a.pending[0].when
		a.sleepers = append(a.sleepers, when)
		a.mu.Unlock()
	}
}
