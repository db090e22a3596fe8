package posix

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"unibench/libos/guest/linux"
)

// asked is an eventfd that calls look when it is first asked, while armed,
// whether it is ready.
type asked struct {
	*eventfd
	look  func()
	armed bool
}

func (a *asked) ready() uint32 {
	if a.armed {
		a.armed = false
		a.look()
	}
	return a.eventfd.ready()
}

// epollRig is a set with a number of descriptors that are ready. Data is their
// index. The first one calls look once.
type epollRig struct {
	t     *testing.T
	p     *Process
	set   int
	fds   []int
	first *asked
	side  sync.WaitGroup // of what meanwhile started
}

func newEpollRig(t *testing.T, count int, flags uint32) *epollRig {
	p := New(newFake())
	p.EnablePolling()
	r := &epollRig{t: t, p: p, set: must(t, p, linux.SysEpollCreate1, 0)}
	for i := range count {
		a := &asked{eventfd: &eventfd{p: p, count: 1}}
		if i == 0 {
			r.first = a
		}
		fd, errno := p.newStream(a, 0)
		if errno != 0 {
			t.Fatalf("descriptor: %d", errno)
		}
		r.fds = append(r.fds, int(fd))
		must(t, p, linux.SysEpollCtl, r.set, linux.EpollCtlAdd, int(fd), &linux.EpollEvent{Events: linux.PollIn | flags, Data: [2]uint32{uint32(i)}})
	}
	return r
}

// meanwhile runs other once while the next one to look at the set asks the first
// descriptor whether it is ready. If other can end before that, it does.
func (r *epollRig) meanwhile(other func()) {
	r.first.look = func() {
		done := make(chan bool)
		r.side.Add(1)
		go func() {
			defer r.side.Done()
			other()
			close(done)
		}()
		for range 10_000 {
			select {
			case <-done:
				return
			default:
				runtime.Gosched()
			}
		}
	}
	r.first.armed = true
}

// wait returns how many events of set there are.
func (r *epollRig) wait(set int) int {
	var events [8]linux.EpollEvent
	n, errno := sys(r.p, linux.SysEpollWait, set, &events, len(events), 0)
	if errno != 0 {
		r.t.Errorf("epoll_wait = %d", errno)
	}
	return n
}

// TestEpollTwoWait: of two that look at the same set neither misses what is
// ready, and what is reported once only one of them gets.
func TestEpollTwoWait(t *testing.T) {
	for _, c := range []struct {
		name       string
		flags      uint32
		one, other int
	}{
		{"level", 0, 3, 3},
		{"edge", linux.EpollEt, 3, 0},
		{"once", linux.EpollOneshot, 3, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newEpollRig(t, 3, c.flags)
			var other int
			r.meanwhile(func() { other = r.wait(r.set) })
			one := r.wait(r.set)
			r.side.Wait()
			if one != c.one || other != c.other {
				t.Errorf("%d and %d events, want %d and %d", one, other, c.one, c.other)
			}
		})
	}
}

// TestEpollOnceChanges: an item that is reported once is so also if it changes
// while it is reported.
func TestEpollOnceChanges(t *testing.T) {
	r := newEpollRig(t, 1, linux.EpollOneshot)
	var other int
	r.meanwhile(func() {
		r.first.notes.notify(r.p.hal, linux.PollIn)
		other = r.wait(r.set)
	})
	one := r.wait(r.set)
	r.side.Wait()
	if one+other != 1 {
		t.Errorf("%d and %d events, want 1 in all", one, other)
	}
}

// TestEpollArmedMeanwhile: who arms an item again while it is reported gets it
// again.
func TestEpollArmedMeanwhile(t *testing.T) {
	r := newEpollRig(t, 1, linux.EpollOneshot)
	r.meanwhile(func() {
		if _, errno := sys(r.p, linux.SysEpollCtl, r.set, linux.EpollCtlMod, r.fds[0], &linux.EpollEvent{Events: linux.PollIn | linux.EpollOneshot}); errno != 0 {
			t.Errorf("epoll_ctl = %d", errno)
		}
	})
	one := r.wait(r.set)
	r.side.Wait()
	if again := r.wait(r.set); one != 1 || again != 1 {
		t.Errorf("%d events, then %d, want 1 and 1", one, again)
	}
}

// TestEpollNestedMeanwhile: a set is ready also while someone looks at it.
func TestEpollNestedMeanwhile(t *testing.T) {
	r := newEpollRig(t, 1, 0)
	outer := must(t, r.p, linux.SysEpollCreate1, 0)
	must(t, r.p, linux.SysEpollCtl, outer, linux.EpollCtlAdd, r.set, &linux.EpollEvent{Events: linux.PollIn})
	var other int
	r.meanwhile(func() { other = r.wait(outer) })
	one := r.wait(r.set)
	r.side.Wait()
	if again := r.wait(outer); one != 1 || other != 1 || again != 1 {
		t.Errorf("%d events, %d and then %d of the set around, want 1 each", one, other, again)
	}
}

// TestEpollNoRing: two calls that together would put two sets into each other.
func TestEpollNoRing(t *testing.T) {
	p := New(newFake())
	p.EnablePolling()
	for range 3000 {
		x, y := must(t, p, linux.SysEpollCreate1, 0), must(t, p, linux.SysEpollCreate1, 0)
		var errs [2]linux.Errno
		var both sync.WaitGroup
		var begun atomic.Int32
		for i, c := range [2][2]int{{x, y}, {y, x}} {
			both.Go(func() {
				for begun.Add(1); begun.Load() < 2; {
					runtime.Gosched()
				}
				_, errs[i] = sys(p, linux.SysEpollCtl, c[0], linux.EpollCtlAdd, c[1], &linux.EpollEvent{Events: linux.PollIn})
			})
		}
		both.Wait()
		if !(errs[0] == 0 && errs[1] == linux.ELOOP || errs[0] == linux.ELOOP && errs[1] == 0) {
			t.Fatalf("errors %v, want one ELOOP", errs)
		}
		must(t, p, linux.SysClose, x)
		must(t, p, linux.SysClose, y)
	}
}
