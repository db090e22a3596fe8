package posix

import (
	"sync"

	"unibench/libos/guest/linux"
)

// Device numbers as st_rdev holds them: major in bits 8 and up, minor below
// (Documentation/admin-guide/devices.txt).
const (
	devNull    = 1<<8 | 3
	devZero    = 1<<8 | 5
	devFull    = 1<<8 | 7
	devRandom  = 1<<8 | 8
	devURandom = 1<<8 | 9

	outputMajor = 240 // of the range for local use; abi.OutputMajor
)

// device is a memory device, by its number.
type device struct {
	hal  HAL
	rdev uint64
}

// newDevice returns what a device node opens, ENXIO if there is no such device.
func newDevice(hal HAL, kind uint32, rdev uint64) (stream, linux.Errno) {
	if kind == linux.ModeChar {
		switch rdev {
		case devNull, devZero, devFull, devRandom, devURandom:
			return &device{hal, rdev}, 0
		}
		if rdev>>8 == outputMajor {
			return &output{hal, int(rdev & 0xff)}, 0
		}
	}
	return nil, linux.ENXIO
}

func (d *device) read(p []byte, _ bool) (int, linux.Errno) {
	switch d.rdev {
	case devNull:
		return 0, 0
	case devZero, devFull:
		clear(p)
	default:
		d.hal.Random(p)
	}
	return len(p), 0
}

// write throws p away. What is written to a source of randomness adds nothing
// to it: the monitor's is good.
func (d *device) write(p []byte, _ bool) (int, linux.Errno) {
	if d.rdev == devFull {
		return 0, linux.ENOSPC
	}
	return len(p), 0
}

func (d *device) stat() linux.Stat                 { return linux.Stat{Mode: linux.ModeChar | 0o666, Rdev: d.rdev} }
func (d *device) reopen(int) (stream, linux.Errno) { return d, 0 }
func (d *device) close()                           {}

// console is one of the monitor's three standard descriptors.
type console struct {
	hal     HAL
	fd      int
	reading *sync.Mutex // Process.reading
}

func (c *console) read(p []byte, nonblock bool) (int, linux.Errno) {
	if len(p) == 0 {
		return 0, 0
	}
	if nonblock && !c.reading.TryLock() {
		return 0, linux.EAGAIN
	} else if !nonblock {
		c.reading.Lock()
	}
	defer c.reading.Unlock()
	for {
		n, errno := c.hal.ConsoleRead(p)
		if errno != linux.EAGAIN || nonblock {
			return n, errno
		}
		c.hal.WaitStdin()
	}
}

func (c *console) write(p []byte, _ bool) (int, linux.Errno) {
	if len(p) == 0 {
		return 0, 0
	}
	return c.hal.ConsoleWrite(max(c.fd, 1), p)
}

func (c *console) tty() bool { return c.hal.ConsoleIsTTY(c.fd) }

// stat makes up an inode, of the type that the monitor's descriptor has, so
// that a program can tell a pipe from a terminal.
func (c *console) stat() linux.Stat {
	st := linux.Stat{
		Dev: 2, Ino: uint64(c.fd) + 1, Nlink: 1, Blksize: 4096,
		Mode: c.hal.ConsoleMode(c.fd)&linux.ModeType | 0o600,
	}
	switch {
	case c.tty():
		st.Rdev = 5<<8 | 1 // /dev/console
	case st.Mode&linux.ModeType == linux.ModeChar:
		st.Rdev = devNull
	}
	return st
}

func (c *console) reopen(int) (stream, linux.Errno) { return c, 0 }
func (c *console) close()                           {}

// isTerminal reports whether s is the console and a terminal.
func isTerminal(s stream) bool {
	c, ok := s.(*console)
	return ok && c.tty()
}
