package posix

import "unibench/libos/guest/linux"

func (p *Process) sysDup(a *Args) (uintptr, linux.Errno) {
	f, errno := p.get(a.int(0))
	if errno != 0 {
		return 0, errno
	}
	return ret(p.install(f, 0, false)) // the reference goes to the descriptor
}

func (p *Process) sysDup3(a *Args) (uintptr, linux.Errno) {
	if a.int(2)&^linux.OCloexec != 0 || a.int(0) == a.int(1) {
		return 0, linux.EINVAL
	}
	return ret(p.dup(a.int(0), a.int(1), a.int(2) != 0))
}

func (p *Process) sysCloseRange(a *Args) linux.Errno {
	const unshare, cloexec = 2, 4
	if a.uint32(2)&^(unshare|cloexec) != 0 || a.uint32(0) > a.uint32(1) {
		return linux.EINVAL
	}
	p.closeRange(a.uint32(0), a.uint32(1), a.uint32(2)&cloexec != 0)
	return 0
}

func (p *Process) sysPipe(a *Args, flags int) linux.Errno {
	if flags&^(linux.OCloexec|linux.ONonblock) != 0 {
		// ODirect would make packets of writes.
		return linux.EINVAL
	}
	if _, errno := load[[2]int32](a, 0); errno != 0 {
		return errno
	}
	r, w := newPipe(p.hal, p.pipes.Add(1))
	kept, cloexec := flags&linux.ONonblock, flags&linux.OCloexec != 0
	rfd, errno := p.install(newFile(nil, r, linux.ORdonly|kept), 0, cloexec)
	if errno != 0 {
		w.close()
		return errno
	}
	wfd, errno := p.install(newFile(nil, w, linux.OWronly|kept), 0, cloexec)
	if errno != 0 {
		p.close(rfd)
		return errno
	}
	return store(a, 0, [2]int32{int32(rfd), int32(wfd)})
}

// changeable is the set of flags that fcntl can set.
const changeable = linux.OAppend | linux.ONonblock | linux.OAsync | linux.ODirect | linux.ONoatime

func (p *Process) sysFcntl(a *Args) (uintptr, linux.Errno) {
	f, errno := p.get(a.int(0))
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	fd, arg := a.int(0), a.int(2)
	cmd := a.int(1)
	if f.has(linux.OPath) && cmd > linux.FGetfl && cmd != linux.FDupfdCloexec {
		return 0, linux.EBADF
	}
	switch cmd {
	case linux.FDupfd, linux.FDupfdCloexec:
		p.mu.Lock()
		limit := p.nofile.Cur
		p.mu.Unlock()
		if arg < 0 || uint64(arg) >= limit {
			return 0, linux.EINVAL
		}
		f.refs.Add(1)
		return ret(p.install(f, arg, cmd == linux.FDupfdCloexec))
	case linux.FGetfd, linux.FSetfd:
		return p.descriptorFlag(fd, cmd == linux.FSetfd, arg&linux.FdCloexec != 0)
	case linux.FGetfl:
		return uintptr(f.flags.Load()), 0
	case linux.FSetfl:
		f.setFlags(changeable, arg)
		return 0, 0
	case linux.FGetlk, linux.FSetlk, linux.FSetlkw:
		return 0, p.sysRangeLock(a, f, cmd)
	case linux.FOfdGetlk, linux.FOfdSetlk, linux.FOfdSetlkw:
		return 0, p.sysRangeLock(a, f, cmd)
	case linux.FAddSeals, linux.FGetSeals:
		return p.seals(f, cmd == linux.FAddSeals, a.uint32(2))
	case linux.FGetpipeSz, linux.FSetpipeSz:
		e, ok := f.stream.(*pipeEnd)
		switch {
		case !ok:
			return 0, linux.EBADF
		case cmd == linux.FSetpipeSz:
			return ret(e.resize(a.uint32(2)))
		}
		return ret(e.capacity(), 0)
	}
	return 0, linux.EINVAL
}

// setFlags sets the flags of mask to those of value.
func (f *file) setFlags(mask, value int) {
	for {
		old := f.flags.Load()
		if f.flags.CompareAndSwap(old, old&^int32(mask)|int32(value&mask)) {
			return
		}
	}
}

// descriptorFlag reads or sets close-on-exec of fd.
func (p *Process) descriptorFlag(fd int, set, value bool) (uintptr, linux.Errno) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.behind(fd) == nil {
		return 0, linux.EBADF
	}
	d := &p.fds[fd]
	if set {
		d.cloexec = value
		return 0, 0
	}
	if d.cloexec {
		return linux.FdCloexec, 0
	}
	return 0, 0
}

func (p *Process) sysIoctl(a *Args) linux.Errno {
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return errno
	}
	defer f.put()
	switch a.uint32(1) {
	case linux.Fioclex, linux.Fionclex:
		_, errno := p.descriptorFlag(a.int(0), true, a.uint32(1) == linux.Fioclex)
		return errno
	case linux.Fionbio:
		on, errno := load[int32](a, 2)
		if errno == 0 && on != 0 {
			f.setFlags(linux.ONonblock, linux.ONonblock)
		} else if errno == 0 {
			f.setFlags(linux.ONonblock, 0)
		}
		return errno
	case linux.Fionread:
		if e, ok := f.stream.(*pipeEnd); ok {
			return store(a, 2, int32(e.queued()))
		}
		if f.stream == nil && f.node.Kind() == linux.ModeRegular {
			return store(a, 2, int32(f.node.Size()-f.off.Load()))
		}
	case linux.Tcgets:
		if isTerminal(f.stream) {
			return store(a, 2, terminal())
		}
	case linux.Tiocgwinsz:
		if isTerminal(f.stream) {
			return store(a, 2, linux.Winsize{}) // size unknown, as of a serial line
		}
	}
	if s, ok := f.stream.(controlled); ok {
		return s.ioctl(a.uint32(1), hide(a))
	}
	return linux.ENOTTY
}

// controlled is a stream with ioctl requests of its own, whose argument is the
// third of a.
type controlled interface {
	ioctl(request uint32, a *Args) linux.Errno
}

// terminal returns the settings of a terminal in its usual state (termios(3)):
// lines are edited and echoed by the monitor's side.
func terminal() linux.Termios {
	const (
		icrnl, ixon          = 0x100, 0x400
		opost, onlcr         = 0x1, 0x4
		b38400, cs8, cread   = 0xf, 0x30, 0x80
		isig, icanon, echo   = 0x1, 0x2, 0x8
		echoe, echok, iexten = 0x10, 0x20, 0x8000
	)
	return linux.Termios{
		Iflag: icrnl | ixon, Oflag: opost | onlcr, Cflag: b38400 | cs8 | cread,
		Lflag: isig | icanon | echo | echoe | echok | iexten,
		Cc:    [19]uint8{3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22},
	}
}
