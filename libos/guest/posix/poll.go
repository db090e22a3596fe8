package posix

import "unibench/libos/guest/linux"

// watched is a stream that can be waited for.
type watched interface {
	// ready returns the events of poll(2) that hold now.
	ready() uint32
	// waiters returns who is told of changes.
	waiters() *notifier
}

// PollRegister tells who is ready to wait for descriptor fd: from now on, each
// time it may have become readable or writable, or was hung up, HAL.PollReady
// is called with pd; once at the start if it is ready already. Regular files,
// folders, devices and the console cannot be waited for: EPERM; a descriptor
// that is waited for already is EEXIST, both as from epoll_ctl(2).
func (p *Process) PollRegister(fd int, pd uintptr) linux.Errno {
	f, errno := p.get(fd)
	if errno != 0 {
		return errno
	}
	defer f.put()
	s, ok := f.stream.(watched)
	if !ok {
		return linux.EPERM
	}
	w := watch{fd: fd, pd: pd}
	if !s.waiters().attach(w) {
		return linux.EEXIST
	}
	if events := s.ready(); events != 0 {
		w.tell(p.hal, events)
	}
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
		w.waiters().detach(fd)
	}
	return 0
}
