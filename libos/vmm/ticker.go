package vmm

import (
	"sync"
	"sync/atomic"
	"time"

	"unibench/libos/abi"
)

// timeSlice is how long a goroutine runs before it is asked to make room, as in
// Go's own scheduler.
const timeSlice = 10 * time.Millisecond

// retryAfter is when an event is tried again on a vCPU that was just leaving
// the library OS.
const retryAfter = 50 * time.Microsecond

// ticker posts EventTick to vCPUs that execute guest code when a time slice is
// over. It sleeps while all vCPUs wait, so that an idle VM costs no CPU time.
type ticker struct {
	slice time.Duration // timeSlice; shorter in tests
	mu    sync.Mutex
	timer *time.Timer
	spent time.Duration // time of the slice that is over once the timer fires
	armed bool
	ended bool
}

// start arms the ticker if it is not armed.
func (t *ticker) start(m *Machine) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.armed || t.ended {
		return
	}
	t.armed, t.spent = true, t.slice
	if t.timer == nil {
		t.timer = time.AfterFunc(t.slice, func() { t.tick(m) })
		return
	}
	t.timer.Reset(t.slice)
}

func (t *ticker) tick(m *Machine) {
	t.mu.Lock()
	if t.ended || m.running.Load() == 0 {
		t.armed = false
		t.mu.Unlock()
		return
	}
	over := t.spent >= t.slice
	t.mu.Unlock()
	next := t.slice
	m.whileOpen(func() {
		m.postTicks(over)
		next = m.slice()
	})
	t.mu.Lock()
	defer t.mu.Unlock()
	if over {
		t.spent = 0
	}
	t.spent += next
	if !t.ended {
		t.timer.Reset(next)
	}
}

// minProfileInterval bounds how often a guest that is profiled is interrupted.
const minProfileInterval = time.Millisecond

// slice returns the time to the next tick: shorter if the guest asks for a
// profile in shorter intervals.
func (m *Machine) slice() time.Duration {
	slice := m.ticker.slice
	if p := m.profile(); p != 0 && p < uint64(slice) {
		slice = max(time.Duration(p), minProfileInterval)
	}
	return slice
}

// profile returns the profiling interval that the guest asks for, 0 if none.
func (m *Machine) profile() uint64 { return atomic.LoadUint64(&m.mem.stats().ProfileInterval) }

// postTicks posts what is due to the vCPUs that work: EventTick at the end of a
// slice, EventProfile whenever the guest is profiled. A vCPU that left the guest
// during the slice is not made to leave it for a tick: it most likely does so
// again, or makes a system call, and looks at its events then. If not, it is
// interrupted after the next slice. One call at a time: the timer's.
func (m *Machine) postTicks(sliceOver bool) {
	profile := m.profile() != 0
	for _, v := range m.vcpus {
		if v.state.Load() != vcpuGuest || atomic.LoadUint32(&v.pc.Idle) != abi.IdleNo {
			continue
		}
		var exits uint64
		for i := range v.exits {
			exits += v.exits[i].Load()
		}
		var events uint32
		if profile {
			events |= abi.EventProfile
		}
		if sliceOver {
			events |= abi.EventTick
		}
		atomic.OrUint32(&v.pc.Events, events)
		if profile || sliceOver && exits == v.lastRun {
			exits++ // the interruption that follows
			v.wake()
		}
		if sliceOver {
			v.lastRun = exits
		}
	}
}

// retry kicks v again, soon.
func (t *ticker) retry(v *vcpu) { time.AfterFunc(retryAfter, func() { v.m.whileOpen(v.interrupt) }) }

func (t *ticker) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	if t.timer != nil {
		t.timer.Stop()
	}
}
