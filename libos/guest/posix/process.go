package posix

import (
	"sync"
	"sync/atomic"

	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// maxFiles is the limit on descriptors at the start, soft and hard.
const maxFiles = 1 << 20

// Process is the state behind the system calls. Make one with New; all methods
// may be called by any number of goroutines.
type Process struct {
	hal     HAL
	tracing bool // hal.Tracing

	// The tree is made when a path is first used: a program that only
	// prints needs none.
	mountOnce sync.Once
	mounted   atomic.Bool
	tree      *vfs.FS
	exe       string // what /proc/self/exe leads to

	locks  lockTable
	maps   mappings
	pipes  atomic.Uint64 // made so far; their inode numbers
	fifos  fifoTable
	ranges rangeLocks

	// reading is held by who reads from the console, by whichever descriptor, or
	// waits to: the HAL serves one at a time.
	reading sync.Mutex

	alarms  alarms
	polling atomic.Pointer[pollHook]   // set by EnablePolling
	sockets atomic.Pointer[socketHook] // set by EnableSockets

	table atomic.Pointer[[]descriptor] // fds, for those that do not hold mu

	mu     sync.Mutex // guards what follows
	fds    []descriptor
	lowest int // no descriptor below it is free
	cwd    *vfs.Inode
	umask  uint32
	nofile linux.Rlimit

	ids                         identity
	nice                        int
	core                        linux.Rlimit
	undumpable, noNew, keepCaps bool       // of prctl
	comm                        string     // set by prctl
	bootID                      []byte     // of procBootID
	resolver                    *vfs.Inode // the skeleton's /etc/resolv.conf, until it is filled in
}

// New returns a process on hal whose descriptors 0 to 2 are the console.
func New(hal HAL) *Process {
	p := &Process{hal: hal, tracing: hal.Tracing(), umask: 0o022, core: linux.Rlimit{Cur: linux.RlimInfinity, Max: linux.RlimInfinity}, nofile: linux.Rlimit{Cur: maxFiles, Max: maxFiles}}
	p.fds = make([]descriptor, 16)
	table := p.fds
	p.table.Store(&table)
	for fd, flags := range [...]int{linux.ORdonly, linux.OWronly, linux.OWronly} {
		// A terminal is one file, open for both, behind all three.
		if hal.ConsoleIsTTY(fd) {
			flags = linux.ORdwr
		}
		if hal.ConsoleMode(fd) != 0 {
			p.fds[fd].file.Store(newFile(nil, &console{hal: hal, fd: fd, reading: &p.reading}, flags))
		}
	}
	return p
}

// fs returns the file system, made on first use.
func (p *Process) fs() *vfs.FS {
	if !p.mounted.Load() {
		p.mountOnce.Do(func() {
			p.tree = p.mount()
			p.exe = p.findExe(p.tree)
			dir := p.startDir(p.tree)
			p.mu.Lock()
			p.cwd = dir
			p.mu.Unlock()
			p.mounted.Store(true)
		})
	}
	return p.tree
}

// now is the clock of the file system.
func (p *Process) now() linux.Timespec {
	sec, nsec := p.hal.WallTime()
	return linux.Timespec{Sec: sec, Nsec: int64(nsec)}
}

// at returns the folder that path is relative to, when it came with dirfd. An
// absolute path needs none, so dirfd may then be anything.
func (p *Process) at(dirfd int, path string) (*vfs.Inode, linux.Errno) {
	fs := p.fs()
	if path == "" {
		return nil, linux.ENOENT
	}
	if path[0] == '/' {
		return fs.Root(), 0
	}
	if dirfd == linux.AtFdcwd {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.cwd, 0
	}
	f, errno := p.get(dirfd)
	if errno != 0 {
		return nil, errno
	}
	defer f.put()
	if f.node == nil || !f.node.IsDir() {
		return nil, linux.ENOTDIR
	}
	return f.node, 0
}

// pathAt returns the path in argument i and what it is relative to, by the
// descriptor dirfd.
func (p *Process) pathAt(a *Args, dirfd, i int) (*vfs.Inode, string, linux.Errno) {
	path, errno := a.string(i)
	if errno != 0 {
		return nil, "", errno
	}
	at, errno := p.at(dirfd, path)
	return at, path, errno
}

// masked returns permission bits without those in the umask.
func (p *Process) masked(perm uint32) uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return perm &^ p.umask
}

// newStream makes descriptor and description of a stream without a node, open
// for both reading and writing.
func (p *Process) newStream(s stream, flags int) (uintptr, linux.Errno) {
	f := newFile(nil, s, linux.ORdwr|flags&linux.ONonblock)
	return ret(p.install(f, 0, flags&linux.OCloexec != 0))
}
