package posix

import "unibench/libos/guest/linux"

// watched is a stream that the runtime's poller can wait for.
type watched interface {
	// watch reports readiness of the stream, as seen through descriptor fd,
	// to pd from now on, and at once if it is ready.
	watch(fd int, pd uintptr)
	// unwatch ends the reports for fd.
	unwatch(fd int)
}

// watchList is who waits for one object. The object's lock guards it.
type watchList []watch

type watch struct {
	fd int
	pd uintptr
}

// ready tells all of l that a side of a pipe or the like became ready. It tells
// them at each change, not only when the state was different before: a waiter
// that comes between cannot miss one, and the poller ignores surplus ones, as
// with edge-triggered epoll.
func (l watchList) ready(hal HAL, side int) {
	for _, w := range l {
		hal.PollReady(w.pd, [...]int{readSide: 'r', writeSide: 'w'}[side])
	}
}

func (e *pipeEnd) watch(fd int, pd uintptr) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.watchers[e.side] = append(e.watchers[e.side], watch{fd, pd})
	hung := e.ends[1-e.side] == 0
	if e.side == readSide && e.used > 0 || e.side == writeSide && pipeSize-e.used >= pipeAtomic || hung {
		watchList{{fd, pd}}.ready(e.hal, e.side)
	}
}

func (e *pipeEnd) unwatch(fd int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := &e.watchers[e.side]
	for i, w := range *l {
		if w.fd == fd {
			*l = append((*l)[:i], (*l)[i+1:]...)
			return
		}
	}
}

// PollRegister tells who is ready to wait for descriptor fd: from now on, each
// time it may have become readable or writable, or was hung up, HAL.PollReady
// is called with pd; once at the start if it is ready already. Regular files,
// folders, devices and the console cannot be waited for: EPERM, as from
// epoll_ctl(2).
func (p *Process) PollRegister(fd int, pd uintptr) linux.Errno {
	f, errno := p.get(fd)
	if errno != 0 {
		return errno
	}
	defer f.put()
	w, ok := f.stream.(watched)
	if !ok {
		return linux.EPERM
	}
	w.watch(fd, pd)
	return 0
}

// PollUnregister undoes PollRegister. Closing the descriptor does so too.
func (p *Process) PollUnregister(fd int) linux.Errno {
	f, errno := p.get(fd)
	if errno != 0 {
		return errno
	}
	defer f.put()
	if w, ok := f.stream.(watched); ok {
		w.unwatch(fd)
	}
	return 0
}
