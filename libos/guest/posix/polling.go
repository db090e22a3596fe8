package posix

import "unibench/libos/guest/linux"

// polling makes the calls that wait for several descriptors.
func (n *network) polling(num uintptr, a *Args) (uintptr, linux.Errno) {
	switch num {
	case linux.SysPoll:
		return n.sysPoll(a, int64(a.int(2))*1e6)
	case linux.SysPpoll:
		timeout, errno := timeoutAt(a, 2)
		if errno != 0 {
			return 0, errno
		}
		return n.sysPoll(a, timeout)
	case linux.SysSelect:
		return n.sysSelect(a, true)
	case linux.SysPselect6:
		return n.sysSelect(a, false)
	case linux.SysEpollCreate:
		if a.int(0) <= 0 {
			return 0, linux.EINVAL
		}
		return n.sysEpollCreate(0)
	case linux.SysEpollCreate1:
		return n.sysEpollCreate(a.int(0))
	case linux.SysEpollCtl:
		return 0, n.sysEpollCtl(a)
	case linux.SysEpollWait, linux.SysEpollPwait:
		return n.sysEpollWait(a, int64(a.int(3))*1e6)
	case linux.SysEpollPwait2:
		timeout, errno := timeoutAt(a, 3)
		if errno != 0 {
			return 0, errno
		}
		return n.sysEpollWait(a, timeout)
	case linux.SysEventfd:
		return n.sysEventfd(a.uint32(0), 0)
	case linux.SysEventfd2:
		return n.sysEventfd(a.uint32(0), a.int(1))
	}
	n.p.hal.CountENOSYS(num)
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
func (n *network) sweep(timeout int64, look func(visit func(fd int, want uint32) uint32) int) int {
	now := func(fd int, want uint32) uint32 {
		f, errno := n.p.get(fd)
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
		if f, errno := n.p.get(fd); errno == 0 {
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
		n.p.alarms.set(n.p.hal, w, timeout)
		defer n.p.alarms.cancel(w)
	}
	for {
		late := w.late.Load()
		if found := look(now); found > 0 || late {
			return found
		}
		<-w.wake
	}
}

func (n *network) sysPoll(a *Args, timeout int64) (uintptr, linux.Errno) {
	n.p.mu.Lock()
	limit := n.p.nofile.Cur
	n.p.mu.Unlock()
	if uint64(a.uint32(1)) > limit {
		return 0, linux.EINVAL
	}
	fds, errno := pollfds(a, int(a.uint32(1)))
	if errno != 0 {
		return 0, errno
	}
	found := n.sweep(timeout, func(visit func(int, uint32) uint32) (found int) {
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

// What the three sets of select wait for (fs/select.c of Linux).
const (
	selectRead   = linux.PollRdnorm | linux.PollRdband | linux.PollIn | linux.PollHup | linux.PollErr
	selectWrite  = linux.PollWrnorm | linux.PollWrband | linux.PollOut | linux.PollErr
	selectExcept = linux.PollPri
)

// sysSelect waits for the descriptors in three bit sets. old is select, whose
// timeout is a struct timeval, that is told how much of it is left.
func (n *network) sysSelect(a *Args, old bool) (uintptr, linux.Errno) {
	timeout, errno := selectTimeout(a, old)
	if errno != 0 {
		return 0, errno
	}
	count := a.int(0)
	if count < 0 {
		return 0, linux.EINVAL
	}
	count = min(count, len(*n.p.table.Load()))
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
			f, errno := n.p.get(fd)
			if errno != 0 {
				return 0, errno
			}
			f.put()
		}
	}
	start := n.p.hal.MonoTime()
	masks := [3]uint32{selectRead, selectWrite, selectExcept}
	found := n.sweep(timeout, func(visit func(int, uint32) uint32) (found int) {
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
	if old && timeout >= 0 {
		left := max(timeout-(n.p.hal.MonoTime()-start), 0)
		return uintptr(found), store(a, 4, timeval(split(left)))
	}
	return uintptr(found), 0
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
