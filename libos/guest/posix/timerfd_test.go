package posix

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"unibench/libos/guest/linux"
)

// TestTimerfdAgainstLinux makes random calls on timers here and on the host.
// Times are so long or so short that the moment of the call does not matter.
func TestTimerfdAgainstLinux(t *testing.T) {
	d := newDouble(t)
	d.p.hal.(*fakeHAL).sleeps = true // else who waits for second 1000 spins till then
	d.p.EnablePolling()
	r := rand.New(rand.NewPCG(1, 4))
	for range 20 {
		clock := []int{0, 1, 7, 2, 4, 11, 99}[r.IntN(7)]
		flags := []int{0, linux.ONonblock, 1}[r.IntN(3)] | linux.OCloexec
		got, errno := sys(d.p, linux.SysTimerfdCreate, clock, flags)
		want, wantErrno := host(linux.SysTimerfdCreate, clock, flags)
		d.add(fmt.Sprintf("timerfd_create(%d, %#x)", clock, flags), got, errno, want, wantErrno)
	}
	pipe := func() pair { d.pipe(r); return d.open[len(d.open)-1] }()
	for range 400 {
		f := d.open[r.IntN(len(d.open))]
		switch r.IntN(4) {
		case 0:
			times := []linux.Timespec{{}, {}, {Sec: 1000}, {Nsec: 1}, {Sec: -1}, {Nsec: 1e9}, {Sec: 1 << 40}}
			spec := linux.Itimerspec{Value: times[r.IntN(len(times))], Interval: times[[]int{0, 0, 2, 5}[r.IntN(4)]]}
			var a, b linux.Itimerspec
			flags := r.IntN(3)
			if flags == 1 { // absolute, and the clocks are not the same
				spec.Interval = linux.Timespec{}
				if spec.Value.Sec == 1000 {
					spec.Value = linux.Timespec{Nsec: 1} // the host may not run that long yet
				}
			}
			got, errno := sys(d.p, linux.SysTimerfdSettime, f.ours, flags, &spec, &a)
			want, wantErrno := host(linux.SysTimerfdSettime, f.host, flags, &spec, &b)
			time.Sleep(time.Millisecond) // 1 ns has passed
			if d.same(fmt.Sprintf("timerfd_settime(%d, %d, %+v)", f.ours, flags, spec), got, errno, want, wantErrno) {
				sameSetting(t, a, b)
			}
		case 1:
			var a, b linux.Itimerspec
			got, errno := sys(d.p, linux.SysTimerfdGettime, f.ours, &a)
			want, wantErrno := host(linux.SysTimerfdGettime, f.host, &b)
			if d.same("timerfd_gettime", got, errno, want, wantErrno) {
				sameSetting(t, a, b)
			}
		case 2:
			if f == pipe || d.wouldBlock(f) {
				continue
			}
			a, b := linux.Pollfd{FD: int32(f.ours), Events: linux.PollIn}, linux.Pollfd{FD: int32(f.host), Events: linux.PollIn}
			sys(d.p, linux.SysPoll, &a, 1, 0)
			host(linux.SysPoll, &b, 1, 0)
			if a.Revents != b.Revents {
				t.Fatalf("poll: events %#x, want %#x", a.Revents, b.Revents)
			}
			if b.Revents != 0 {
				d.read("read", linux.SysRead, f, []int{8, 7, 9}[r.IntN(3)])
			}
		case 3:
			d.both("write", linux.SysWrite, pipe, []byte("x"), 0)
		}
	}
	t.Log(d.seen)
}

// sameSetting compares what is left of a timer roughly.
func sameSetting(t *testing.T, got, want linux.Itimerspec) {
	t.Helper()
	if d := got.Value.Sec - want.Value.Sec; got.Interval != want.Interval || (want.Value == linux.Timespec{}) != (got.Value == linux.Timespec{}) ||
		(d > 1 || d < -1) && want.Value.Sec < 1<<31 {
		t.Fatalf("timer is set to %+v, want %+v", got, want)
	}
}

// TestTimerfdRings: a timer wakes who reads it, who polls it and the runtime's
// poller, each time.
func TestTimerfdRings(t *testing.T) {
	h := newFake()
	h.sleeps = true
	p := New(h)
	p.EnablePolling()
	fd := must(t, p, linux.SysTimerfdCreate, linux.ClockMonotonic, 0)
	if errno := p.PollRegister(fd, 7); errno != 0 {
		t.Fatalf("PollRegister = %d", errno)
	}
	ms := linux.Timespec{Nsec: 1e6}
	must(t, p, linux.SysTimerfdSettime, fd, 0, &linux.Itimerspec{Value: ms, Interval: ms}, 0)
	for range 5 {
		var n uint64
		if must(t, p, linux.SysRead, fd, &n, 8); n == 0 {
			t.Errorf("read no ticks")
		}
		poll := linux.Pollfd{FD: int32(fd), Events: linux.PollIn}
		if got := must(t, p, linux.SysPoll, &poll, 1, -1); got != 1 || poll.Revents != linux.PollIn {
			t.Errorf("poll = %d, %#x", got, poll.Revents)
		}
	}
	h.mu.Lock()
	if h.ready[7] == 0 {
		t.Errorf("the poller was not told")
	}
	h.mu.Unlock()
	must(t, p, linux.SysTimerfdSettime, fd, 0, &linux.Itimerspec{}, 0)
	poll := linux.Pollfd{FD: int32(fd), Events: linux.PollIn}
	if got := must(t, p, linux.SysPoll, &poll, 1, 3); got != 0 {
		t.Errorf("poll of a timer that is off = %d", got)
	}
	must(t, p, linux.SysClose, fd)
}
