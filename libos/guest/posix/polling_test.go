package posix

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"

	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// pollDouble compares what waits for descriptors with the host.
type pollDouble struct {
	*double
	r    *rand.Rand
	sets []pair // epoll descriptors
}

func newPollDouble(t *testing.T, seed uint64) *pollDouble {
	d := &pollDouble{double: newDouble(t), r: rand.New(rand.NewPCG(seed, 3))}
	d.p.EnableSockets(func() inet.Stack { return newFakeStack() })
	t.Cleanup(func() {
		for _, e := range d.sets {
			syscall.Close(e.host)
		}
	})
	return d
}

// make opens something that can be waited for.
func (d *pollDouble) make() {
	var a, b [2]int32
	switch d.r.IntN(4) {
	case 0:
		_, errno := sys(d.p, linux.SysPipe2, &a, linux.ONonblock)
		_, wantErrno := host(linux.SysPipe2, &b, linux.ONonblock|linux.OCloexec)
		d.same("pipe", 0, errno, 0, wantErrno)
	case 1:
		kind := []int{linux.SockStream, linux.SockDgram, linux.SockSeqpacket}[d.r.IntN(3)] | linux.SockNonblock
		_, errno := sys(d.p, linux.SysSocketpair, linux.AfUnix, kind, 0, &a)
		_, wantErrno := host(linux.SysSocketpair, linux.AfUnix, kind|linux.SockCloexec, 0, &b)
		d.same("socketpair", 0, errno, 0, wantErrno)
	case 2:
		flags := []int{linux.ONonblock, linux.ONonblock | linux.EfdSemaphore, linux.ONonblock | 2}[d.r.IntN(3)]
		n := d.r.IntN(3)
		got, errno := sys(d.p, linux.SysEventfd2, n, flags)
		want, wantErrno := host(linux.SysEventfd2, n, flags|linux.OCloexec)
		d.add("eventfd", got, errno, want, wantErrno)
		return
	case 3:
		got, errno := sys(d.p, linux.SysEpollCreate1, linux.OCloexec)
		want, wantErrno := host(linux.SysEpollCreate1, linux.OCloexec)
		if d.same("epoll_create1", 0, errno, 0, wantErrno) {
			d.sets = append(d.sets, pair{want, got})
		}
		return
	}
	d.open = append(d.open, pair{int(b[0]), int(a[0])}, pair{int(b[1]), int(a[1])})
}

// any returns some descriptor, now and then an epoll one or a bad one.
func (d *pollDouble) any() pair {
	all := append(slices.Clone(d.open), d.sets...)
	if d.r.IntN(30) == 0 || len(all) == 0 {
		return pair{-1, -1}
	}
	return all[d.r.IntN(len(all))]
}

func (d *pollDouble) set() pair {
	if len(d.sets) == 0 || d.r.IntN(30) == 0 {
		return d.any()
	}
	return d.sets[d.r.IntN(len(d.sets))]
}

func (d *pollDouble) events() uint32 {
	mask := uint32(0)
	for _, bit := range []uint32{linux.PollIn, linux.PollOut, linux.PollRdhup, linux.PollPri} {
		if d.r.IntN(2) == 0 {
			mask |= bit
		}
	}
	return mask
}

func (d *pollDouble) step() {
	switch d.r.IntN(12) {
	case 0:
		d.make()
	case 1, 2:
		b := make([]byte, 8)
		b[0] = byte(d.r.IntN(3))
		if d.r.IntN(5) == 0 {
			b = []byte{255, 255, 255, 255, 255, 255, 255, byte(254 + d.r.IntN(2))}
		}
		d.both("write", linux.SysWrite, d.any(), b, 7+d.r.IntN(2))
	case 3:
		a, b := make([]byte, 20), make([]byte, 20)
		f, n := d.any(), 5+d.r.IntN(15)
		got, errno := sys(d.p, linux.SysRead, f.ours, a, n)
		want, wantErrno := host(linux.SysRead, f.host, b, n)
		if d.same(fmt.Sprintf("read(%d)", f.ours), got, errno, want, wantErrno) && !slices.Equal(a, b) {
			d.t.Fatalf("read %v, want %v", a, b)
		}
	case 4, 5, 6:
		e, f := d.set(), d.any()
		op := []int{linux.EpollCtlAdd, linux.EpollCtlAdd, linux.EpollCtlMod, linux.EpollCtlDel, 0}[d.r.IntN(5)]
		mask := d.events()
		for _, bit := range []uint32{linux.EpollEt, linux.EpollOneshot} {
			if d.r.IntN(4) == 0 {
				mask |= bit
			}
		}
		// How often sockets, sets and writers of pipes hear of what has not
		// changed is their own affair.
		if mask&linux.EpollEt != 0 && (kindOf(f.host) == syscall.S_IFSOCK || slices.Contains(d.sets, f)) {
			mask &^= linux.EpollEt
		}
		if mask&linux.EpollEt != 0 && kindOf(f.host) == syscall.S_IFIFO {
			mask &^= linux.PollOut
		}
		x := linux.EpollEvent{Events: mask, Data: [2]uint32{uint32(f.ours), 7}}
		got, errno := sys(d.p, linux.SysEpollCtl, e.ours, op, f.ours, &x)
		want, wantErrno := host(linux.SysEpollCtl, e.host, op, f.host, &x)
		d.same(fmt.Sprintf("epoll_ctl(%d, %d, %d, %#x)", e.ours, op, f.ours, mask), got, errno, want, wantErrno)
	case 7, 8:
		d.wait(d.set())
	case 9:
		d.poll()
	case 10:
		d.selects()
	case 11:
		if i := d.r.IntN(len(d.open) + 1); i < len(d.open) {
			f := d.open[i]
			d.open = slices.Delete(d.open, i, i+1)
			d.both("close", linux.SysClose, f)
		}
	}
}

// wait compares the events of all that is ready, in any order.
func (d *pollDouble) wait(e pair) {
	a, b := make([]linux.EpollEvent, 64), make([]linux.EpollEvent, 64)
	got, errno := sys(d.p, linux.SysEpollWait, e.ours, &a[0], 64, 0)
	want, wantErrno := host(linux.SysEpollWait, e.host, &b[0], 64, 0)
	what := fmt.Sprintf("epoll_wait(%d)", e.ours)
	if errno == 0 && wantErrno == 0 && got != want {
		d.t.Logf("%v, want %v", a[:got], b[:want])
	}
	if !d.same(what, got, errno, want, wantErrno) {
		return
	}
	order := func(x, y linux.EpollEvent) int { return int(x.Data[0]) - int(y.Data[0]) }
	slices.SortFunc(a[:got], order)
	slices.SortFunc(b[:want], order)
	if !slices.Equal(a[:got], b[:want]) {
		d.t.Fatalf("%s: %v, want %v as on Linux; before it:\n%v", what, a[:got], b[:want], d.log[max(0, len(d.log)-25):])
	}
}

func (d *pollDouble) poll() {
	a, b := make([]linux.Pollfd, 5), make([]linux.Pollfd, 5)
	for i := range a {
		f, events := d.any(), int16(d.events()|uint32(d.r.IntN(2))*linux.PollRdnorm)
		a[i], b[i] = linux.Pollfd{FD: int32(f.ours), Events: events}, linux.Pollfd{FD: int32(f.host), Events: events}
	}
	got, errno := sys(d.p, linux.SysPoll, &a[0], 5, 0)
	want, wantErrno := host(linux.SysPoll, &b[0], 5, 0)
	for i := range a {
		b[i].FD = a[i].FD
	}
	if got != want {
		d.t.Logf("%v, want %v", a, b)
	}
	if d.same("poll", got, errno, want, wantErrno) && !slices.Equal(a, b) {
		d.t.Fatalf("poll: %v, want %v", a, b)
	}
}

func (d *pollDouble) selects() {
	var a, b [3][16]uint64
	var fds [3][]pair
	largest := pair{}
	for i := range fds {
		for range d.r.IntN(3) {
			if f := d.any(); f.host >= 0 {
				a[i][f.ours/64] |= 1 << (f.ours % 64)
				b[i][f.host/64] |= 1 << (f.host % 64)
				fds[i] = append(fds[i], f)
				largest.ours, largest.host = max(largest.ours, f.ours), max(largest.host, f.host)
			}
		}
	}
	got, errno := sys(d.p, linux.SysSelect, largest.ours+1, &a[0], &a[1], &a[2], &[2]int64{})
	want, wantErrno := host(linux.SysSelect, largest.host+1, &b[0], &b[1], &b[2], &[2]int64{})
	if !d.same("select", got, errno, want, wantErrno) {
		return
	}
	for i := range fds {
		for _, f := range fds[i] {
			if x, y := a[i][f.ours/64]>>(f.ours%64)&1, b[i][f.host/64]>>(f.host%64)&1; x != y {
				d.t.Fatalf("select: set %d, descriptor %d: %d, want %d", i, f.ours, x, y)
			}
		}
	}
}

// TestPollingAgainstLinux makes random calls that wait, with a timeout of 0,
// here and on the host.
func TestPollingAgainstLinux(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			d := newPollDouble(t, seed)
			for range 500 {
				d.step()
			}
			for k, n := range d.seen {
				seen[k] += n
			}
		})
	}
	t.Log(seen)
}

// TestPollingWaits: each call wakes up by an event, and by its timeout.
func TestPollingWaits(t *testing.T) {
	p, _, _ := newNet(t)
	r, w := openPipe(t, p, 0)
	ev := must(t, p, linux.SysEventfd2, 0, 0)
	ep := must(t, p, linux.SysEpollCreate1, 0)
	must(t, p, linux.SysEpollCtl, ep, linux.EpollCtlAdd, r, &linux.EpollEvent{Events: linux.PollIn, Data: [2]uint32{77, 0}})
	outer := must(t, p, linux.SysEpollCreate1, 0)
	must(t, p, linux.SysEpollCtl, outer, linux.EpollCtlAdd, ep, &linux.EpollEvent{Events: linux.PollIn})
	event := func() *linux.EpollEvent { return &linux.EpollEvent{} }
	for _, c := range []struct {
		name string
		wait func(timeout int) (int, linux.Errno)
	}{
		{"poll", func(ms int) (int, linux.Errno) {
			return sys(p, linux.SysPoll, &[2]linux.Pollfd{{FD: int32(ev), Events: linux.PollIn}, {FD: int32(r), Events: linux.PollIn}}, 2, ms)
		}},
		{"ppoll", func(ms int) (int, linux.Errno) {
			if ms < 0 {
				return sys(p, linux.SysPpoll, &linux.Pollfd{FD: int32(r), Events: linux.PollIn}, 1, 0, 0)
			}
			return sys(p, linux.SysPpoll, &linux.Pollfd{FD: int32(r), Events: linux.PollIn}, 1, &linux.Timespec{Nsec: int64(ms) * 1e6}, 0)
		}},
		{"select", func(ms int) (int, linux.Errno) {
			set := [16]uint64{1 << r}
			if ms < 0 {
				return sys(p, linux.SysSelect, r+1, &set, 0, 0, 0)
			}
			return sys(p, linux.SysSelect, r+1, &set, 0, 0, &linux.Timeval{Usec: int64(ms) * 1000})
		}},
		{"epoll_wait", func(ms int) (int, linux.Errno) { return sys(p, linux.SysEpollWait, ep, event(), 1, ms) }},
		{"epoll_pwait of a set of sets", func(ms int) (int, linux.Errno) { return sys(p, linux.SysEpollPwait, outer, event(), 1, ms, 0, 8) }},
	} {
		if n, errno := c.wait(1); n != 0 || errno != 0 {
			t.Errorf("%s of nothing = %d, %d, want 0", c.name, n, errno)
		}
		done := make(chan int)
		go func() {
			n, _ := c.wait(-1)
			done <- n
		}()
		must(t, p, linux.SysWrite, w, []byte("x"), 1)
		if n := <-done; n != 1 {
			t.Errorf("%s = %d, want 1", c.name, n)
		}
		must(t, p, linux.SysRead, r, make([]byte, 1), 1)
	}
	// An end of the pipe that closes is an event, and leaves the set.
	go sys(p, linux.SysClose, w)
	var e linux.EpollEvent
	if n := must(t, p, linux.SysEpollWait, ep, &e, 1, -1); n != 1 || e.Events != linux.PollHup || e.Data[0] != 77 {
		t.Errorf("epoll_wait = %d, %+v", n, e)
	}
	must(t, p, linux.SysClose, r)
	if n := must(t, p, linux.SysEpollWait, ep, &e, 1, 0); n != 0 {
		t.Errorf("epoll_wait of a closed descriptor = %d", n)
	}
	// An eventfd that is full blocks its writer until it is read.
	full := uint64(eventfdMax)
	must(t, p, linux.SysWrite, ev, &full, 8)
	go func() { one := uint64(1); sys(p, linux.SysWrite, ev, &one, 8) }()
	var v uint64
	must(t, p, linux.SysRead, ev, &v, 8)
	if must(t, p, linux.SysRead, ev, &v, 8); v != 1 {
		t.Errorf("eventfd = %d, want 1", v)
	}
}
