package monitor

import (
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"unibench/libos/abi"
)

// console connects the guest to the monitor's own descriptors 0, 1 and 2. Input
// is read only once the guest asks for it, and no more than it asks for, so that
// what the program leaves unread stays for whoever comes next, as with a process.
type console struct {
	now         func() int64
	outputs     []int // descriptors of the output files
	firstOutput atomic.Int64

	// waits is set by Modes: whether output may have to wait for a reader.
	waits [3]bool

	mu      sync.Mutex
	reading bool
	buf     []byte // read, not yet taken
	eof     bool
	err     syscall.Errno
}

// Modes implements vmm.Console.
func (c *console) Modes() (modes [3]uint16) {
	for fd := range modes {
		var st syscall.Stat_t
		if syscall.Fstat(fd, &st) != nil {
			continue
		}
		modes[fd] = uint16(st.Mode & syscall.S_IFMT)
		if st.Mode&syscall.S_IFMT == syscall.S_IFCHR && isTerminal(fd) {
			modes[fd] |= abi.StdioTerminal
		}
		switch modes[fd] & syscall.S_IFMT {
		case syscall.S_IFIFO, syscall.S_IFSOCK:
			c.waits[fd] = true
		case syscall.S_IFCHR:
			c.waits[fd] = modes[fd]&abi.StdioTerminal != 0
		}
	}
	return modes
}

// Output that may have to wait goes out in pieces of pieceSize, before each of
// which Write waits no longer than patience.
const (
	pieceSize = 4096 // PIPE_BUF: a pipe that polls as writable has room for it
	patience  = 50 * time.Millisecond
)

// Write implements vmm.Console. A write to a pipe or terminal that nobody reads
// would keep the vCPU, and with it the signals that came for the program, for as
// long: it returns EINTR instead, at once when the vCPU is interrupted, and the
// guest tries again after what else there is to do.
func (c *console) Write(fd int, p []byte) (int, syscall.Errno) {
	if fd >= abi.FirstOutput {
		return c.writeOutput(fd-abi.FirstOutput, p)
	}
	done := 0
	for {
		piece := p[done:]
		if c.waits[fd] {
			if !writable(fd, patience) {
				return result(done, syscall.EINTR)
			}
			piece = piece[:min(len(piece), pieceSize)]
		}
		n, err := syscall.Write(fd, piece)
		if n > 0 && c.firstOutput.Load() == 0 {
			c.firstOutput.CompareAndSwap(0, c.now())
		}
		done += max(n, 0)
		switch err {
		case nil:
			if done == len(p) {
				return done, 0
			}
		case syscall.EINTR:
		case syscall.EAGAIN:
			if !c.waits[fd] {
				waitWritable(fd)
			}
		default:
			return result(done, err.(syscall.Errno))
		}
	}
}

// result is what write(2) returns after done bytes and then an error.
func result(done int, errno syscall.Errno) (int, syscall.Errno) {
	if done > 0 {
		return done, 0
	}
	return 0, errno
}

// Read implements vmm.Console.
func (c *console) Read(p []byte, ready func()) (int, syscall.Errno) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case len(c.buf) > 0:
		n := copy(p, c.buf)
		c.buf = c.buf[n:]
		return n, 0
	case c.err != 0:
		err := c.err
		c.err = 0
		return 0, err
	case c.eof:
		// A terminal may have more after an end of file: ask it again.
		c.eof = false
		return 0, 0
	case len(p) == 0:
		return 0, 0
	}
	if !c.reading {
		c.reading = true
		go c.fill(min(len(p), 64<<10), ready)
	}
	return 0, syscall.EAGAIN
}

// fill reads once from descriptor 0, however long that takes.
func (c *console) fill(n int, ready func()) {
	buf := make([]byte, n)
	var err error
	for {
		n, err = syscall.Read(0, buf)
		if err == syscall.EAGAIN {
			waitReadable(0)
		} else if err != syscall.EINTR {
			break
		}
	}
	c.mu.Lock()
	c.reading = false
	switch {
	case err != nil:
		c.err = err.(syscall.Errno)
	case n == 0:
		c.eof = true
	default:
		c.buf = buf[:n]
	}
	c.mu.Unlock()
	ready()
}
