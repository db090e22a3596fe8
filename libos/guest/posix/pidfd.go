package posix

import "unibench/libos/guest/linux"

// pidfd is the stream of pidfd_open(2): this process, which never ends while
// someone looks.
type pidfd struct{ notes notifier }

func (p *Process) sysPidfdOpen(a *Args) (uintptr, linux.Errno) {
	switch id, flags := a.int(0), a.int(1); {
	case id <= 0 || flags&^linux.ONonblock != 0:
		return 0, linux.EINVAL
	case id != pid:
		return 0, linux.ESRCH
	}
	return p.newStream(&pidfd{}, a.int(1)|linux.OCloexec)
}

// ofPidfd checks that argument 0 is a descriptor of pidfd_open, or EBADF.
func (p *Process) ofPidfd(a *Args) linux.Errno {
	f, errno := p.use(a.int(0))
	if errno != 0 {
		return errno
	}
	defer f.put()
	if _, ok := f.stream.(*pidfd); !ok {
		return linux.EBADF
	}
	return 0
}

func (p *Process) sysPidfdSendSignal(a *Args) linux.Errno {
	if a.uint32(3) != 0 {
		return linux.EINVAL
	}
	if errno := p.ofPidfd(a); errno != 0 {
		return errno
	}
	return p.signal(0, a.int(1))
}

func (p *Process) sysPidfdGetfd(a *Args) (uintptr, linux.Errno) {
	if a.uint32(2) != 0 {
		return 0, linux.EINVAL
	}
	if errno := p.ofPidfd(a); errno != 0 {
		return 0, errno
	}
	f, errno := p.get(a.int(1))
	if errno != 0 {
		return 0, errno
	}
	return ret(p.install(f, 0, true))
}

// sysWaitid finds no child.
func sysWaitid(a *Args) linux.Errno {
	const (
		kinds                 = 3 // P_ALL, P_PID, P_PGID, P_PIDFD
		stopped, exited, cont = 2, 4, 8
		known                 = 1 | stopped | exited | cont | 0x01000000 | 0x20000000 | 0x40000000 | 0x80000000
	)
	options := a.uint32(3)
	if a.int(0) < 0 || a.int(0) > kinds || options&^known != 0 || options&(stopped|exited|cont) == 0 {
		return linux.EINVAL
	}
	return linux.ECHILD
}

func (d *pidfd) read([]byte, bool) (int, linux.Errno)  { return 0, linux.EINVAL }
func (d *pidfd) write([]byte, bool) (int, linux.Errno) { return 0, linux.EINVAL }
func (d *pidfd) reopen(int) (stream, linux.Errno)      { return nil, linux.ENXIO }
func (d *pidfd) close()                                {}
func (d *pidfd) ready() uint32                         { return 0 }
func (d *pidfd) waiters() *notifier                    { return &d.notes }
func (d *pidfd) procName() string                      { return "anon_inode:[pidfd]" }
func (d *pidfd) stat() linux.Stat {
	return linux.Stat{Dev: 9, Ino: 4, Nlink: 1, Mode: 0o600, Blksize: 4096}
}
