package posix

import (
	"sync"

	"unibench/libos/guest/linux"
)

// pollHook holds all that only programs need which wait for descriptors
// themselves. Nothing but EnablePolling mentions the type behind it, so that
// the linker can leave it out.
type pollHook struct {
	calls pollCalls
}

type pollCalls interface {
	// call makes a call for which isPollCall holds.
	call(num uintptr, a *Args) (uintptr, linux.Errno)
}

// EnablePolling makes the calls work that wait for several descriptors (poll,
// select, epoll), and those that make descriptors to be waited for: eventfd and
// timerfd. Without it they answer ENOSYS: what Go's runtime waits for goes
// through PollRegister.
func (p *Process) EnablePolling() {
	if p.polling.Load() == nil {
		p.polling.Store(&pollHook{&poller{p: p}})
	}
}

// isPollCall reports whether num is answered by what EnablePolling adds.
func isPollCall(num uintptr) bool {
	switch num {
	case linux.SysPoll, linux.SysPpoll, linux.SysSelect, linux.SysPselect6, linux.SysEpollCreate,
		linux.SysEpollCreate1, linux.SysEpollCtl, linux.SysEpollWait, linux.SysEpollPwait, linux.SysEpollPwait2,
		linux.SysEventfd, linux.SysEventfd2, linux.SysTimerfdCreate, linux.SysTimerfdSettime, linux.SysTimerfdGettime:
		return true
	}
	return false
}

// poller is what EnablePolling adds to a process. Masks of signals are
// accepted and mean nothing: signals do not interrupt calls here.
type poller struct {
	p       *Process
	nesting sync.Mutex // held by who puts an epoll set into another
}

func (o *poller) call(num uintptr, a *Args) (uintptr, linux.Errno) {
	switch num {
	case linux.SysPoll:
		return o.sysPoll(a, int64(a.int(2))*1e6)
	case linux.SysPpoll:
		return o.sysPpoll(a)
	case linux.SysSelect:
		return o.sysSelect(a, true)
	case linux.SysPselect6:
		return o.sysSelect(a, false)
	case linux.SysEpollCreate:
		if a.int(0) <= 0 {
			return 0, linux.EINVAL
		}
		return o.sysEpollCreate(0)
	case linux.SysEpollCreate1:
		return o.sysEpollCreate(a.int(0))
	case linux.SysEpollCtl:
		return 0, o.sysEpollCtl(a)
	case linux.SysEpollWait, linux.SysEpollPwait:
		return o.sysEpollWait(a, int64(a.int(3))*1e6)
	case linux.SysEpollPwait2:
		timeout, errno := timeoutAt(a, 3)
		if errno != 0 {
			return 0, errno
		}
		return o.sysEpollWait(a, timeout)
	case linux.SysEventfd:
		return o.sysEventfd(a.uint32(0), 0)
	case linux.SysEventfd2:
		return o.sysEventfd(a.uint32(0), a.int(1))
	case linux.SysTimerfdCreate:
		return o.sysTimerfdCreate(a)
	case linux.SysTimerfdSettime:
		return 0, o.sysTimerfdSettime(a)
	case linux.SysTimerfdGettime:
		return 0, o.sysTimerfdGettime(a)
	}
	o.p.hal.CountENOSYS(num)
	return 0, linux.ENOSYS
}

// timeoutAt returns the struct timespec of argument i in nanoseconds, -1 for
// NULL.
func timeoutAt(a *Args, i int) (int64, linux.Errno) {
	if a.null(i) {
		return -1, 0
	}
	return duration(a, i)
}

// alwaysReady is what files that cannot be waited for answer.
const alwaysReady = linux.PollIn | linux.PollOut | linux.PollRdnorm | linux.PollWrnorm

// readyNow returns the events of f, and who tells of changes, if any.
func readyNow(f *file) (uint32, *notifier) {
	if f.has(linux.OPath) {
		return linux.PollNval, nil
	}
	w, ok := f.stream.(watched)
	if !ok {
		return alwaysReady, nil
	}
	return w.ready(), w.waiters()
}

// sweep looks at many descriptors and, if none is ready, waits. look calls
// visit with each descriptor and the events it wants and returns how many are
// ready. timeout is in nanoseconds, negative for ever.
func (o *poller) sweep(timeout int64, look func(visit func(fd int, want uint32) uint32) int) int {
	now := func(fd int, want uint32) uint32 {
		f, errno := o.p.get(fd)
		if errno != 0 {
			return linux.PollNval
		}
		defer f.put()
		events, _ := readyNow(f)
		return events & (want | linux.PollErr | linux.PollHup | linux.PollNval)
	}
	if found := look(now); found > 0 || timeout == 0 {
		return found
	}
	w := newWaiter(^uint32(0))
	var held []*file // keeps them open while w is with them
	defer func() {
		for _, f := range held {
			f.stream.(watched).waiters().drop(w)
			f.put()
		}
	}()
	look(func(fd int, want uint32) uint32 {
		if f, errno := o.p.get(fd); errno == 0 {
			if _, notes := readyNow(f); notes != nil {
				notes.add(watch{to: w})
				held = append(held, f)
			} else {
				f.put()
			}
		}
		return 0
	})
	if timeout > 0 {
		o.p.alarms.set(o.p.hal, w, timeout)
		defer o.p.alarms.cancel(w)
	}
	for {
		late := w.late.Load()
		if found := look(now); found > 0 || late {
			return found
		}
		<-w.wake
	}
}

func (o *poller) sysPoll(a *Args, timeout int64) (uintptr, linux.Errno) {
	o.p.mu.Lock()
	limit := o.p.nofile.Cur
	o.p.mu.Unlock()
	if uint64(a.uint32(1)) > limit {
		return 0, linux.EINVAL
	}
	fds, errno := pollfds(a, int(a.uint32(1)))
	if errno != 0 {
		return 0, errno
	}
	found := o.sweep(timeout, func(visit func(int, uint32) uint32) (found int) {
		for i := range fds {
			p := &fds[i]
			p.Revents = 0
			if p.FD < 0 {
				continue
			}
			if p.Revents = int16(visit(int(p.FD), uint32(uint16(p.Events)))); p.Revents != 0 {
				found++
			}
		}
		return found
	})
	return uintptr(found), 0
}

// sysPpoll is poll with a struct timespec, that is told how much of it is left.
func (o *poller) sysPpoll(a *Args) (uintptr, linux.Errno) {
	timeout, errno := timeoutAt(a, 2)
	if errno != 0 {
		return 0, errno
	}
	start := o.p.hal.MonoTime()
	found, errno := o.sysPoll(a, timeout)
	if errno == 0 && timeout >= 0 {
		errno = store(a, 2, split(o.left(start, timeout)))
	}
	return found, errno
}

// left returns what is left of timeout nanoseconds since start.
func (o *poller) left(start, timeout int64) int64 {
	return max(timeout-(o.p.hal.MonoTime()-start), 0)
}

// What the three sets of select wait for (fs/select.c of Linux).
const (
	selectRead   = linux.PollRdnorm | linux.PollRdband | linux.PollIn | linux.PollHup | linux.PollErr
	selectWrite  = linux.PollWrnorm | linux.PollWrband | linux.PollOut | linux.PollErr
	selectExcept = linux.PollPri
)

// sysSelect waits for the descriptors in three bit sets. The timeout is told
// how much of it is left. old is select, whose timeout is a struct timeval.
func (o *poller) sysSelect(a *Args, old bool) (uintptr, linux.Errno) {
	timeout, errno := selectTimeout(a, old)
	if errno != 0 {
		return 0, errno
	}
	count := a.int(0)
	if count < 0 {
		return 0, linux.EINVAL
	}
	count = min(count, len(*o.p.table.Load()))
	size := (count + 63) / 64
	var sets, results [3][]uint64
	for i := range sets {
		if a.null(i + 1) {
			continue
		}
		b, errno := words(a, i+1, size)
		if errno != 0 {
			return 0, errno
		}
		sets[i] = append([]uint64(nil), b...)
		results[i] = b
	}
	wanted := func(i, fd int) bool { return sets[i] != nil && sets[i][fd/64]>>(fd%64)&1 != 0 }
	for fd := range count {
		if wanted(0, fd) || wanted(1, fd) || wanted(2, fd) {
			f, errno := o.p.get(fd)
			if errno != 0 {
				return 0, errno
			}
			f.put()
		}
	}
	start := o.p.hal.MonoTime()
	masks := [3]uint32{selectRead, selectWrite, selectExcept}
	found := o.sweep(timeout, func(visit func(int, uint32) uint32) (found int) {
		for i := range results {
			clear(results[i])
		}
		for fd := range count {
			want := uint32(0)
			for i := range sets {
				if wanted(i, fd) {
					want |= masks[i]
				}
			}
			if want == 0 {
				continue
			}
			events := visit(fd, want)
			for i := range sets {
				if wanted(i, fd) && events&masks[i] != 0 {
					results[i][fd/64] |= 1 << (fd % 64)
					found++
				}
			}
		}
		return found
	})
	switch left := split(o.left(start, timeout)); {
	case timeout < 0:
		return uintptr(found), 0
	case old:
		return uintptr(found), store(a, 4, timeval(left))
	default:
		return uintptr(found), store(a, 4, left)
	}
}

func selectTimeout(a *Args, old bool) (int64, linux.Errno) {
	if a.null(4) {
		return -1, 0
	}
	if !old {
		return duration(a, 4)
	}
	t, errno := load[linux.Timeval](a, 4)
	switch {
	case errno != 0:
		return 0, errno
	case t.Sec < 0 || t.Usec < 0:
		return 0, linux.EINVAL
	}
	return min(t.Sec+t.Usec/1e6, (1<<62)/second)*second + t.Usec%1e6*1000, 0
}
