package launch

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// Now returns CLOCK_MONOTONIC in nanoseconds.
func Now() int64 {
	var ts unix.Timespec
	// Cannot fail: the clock exists and ts is writable.
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return ts.Nano()
}

// output collects two streams on one thread that waits in poll(2). The Go
// runtime's network poller would add its own wake-ups to the measured time.
type output struct {
	read  [2]int      // stdout, stderr
	write [2]*os.File // the program's ends
	wake  int         // eventfd that ends the wait early
	limit int

	first     int64
	truncated bool
	err       error
	done      chan struct{}

	mu    sync.Mutex // guards what follows until done
	data  [2][]byte
	grown chan struct{} // closed, and replaced, when data grows
}

func newOutput(limit int) (*output, error) {
	o := &output{read: [2]int{-1, -1}, wake: -1, limit: limit, done: make(chan struct{}), grown: make(chan struct{})}
	for i, name := range []string{"stdout", "stderr"} {
		var p [2]int
		if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
			o.close()
			return nil, fmt.Errorf("create pipe for %s: %w", name, err)
		}
		o.read[i], o.write[i] = p[0], os.NewFile(uintptr(p[1]), name)
	}
	var err error
	if o.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC); err != nil {
		o.close()
		return nil, fmt.Errorf("create eventfd: %w", err)
	}
	return o, nil
}

// closeWrite closes this process's copies of the program's ends.
func (o *output) closeWrite() {
	for i, f := range o.write {
		if f != nil {
			f.Close()
			o.write[i] = nil
		}
	}
}

// close releases everything; the collecting thread must have ended.
func (o *output) close() {
	o.closeWrite()
	for _, fd := range []int{o.read[0], o.read[1], o.wake} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// keep adds to a stream what the limit allows.
func (o *output) keep(stream int, b []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := min(len(b), o.limit-len(o.data[stream]))
	o.truncated = o.truncated || n < len(b)
	o.data[stream] = append(o.data[stream], b[:n]...)
	close(o.grown)
	o.grown = make(chan struct{})
}

// snapshot returns what a stream has so far, to be read only, and a channel that
// is closed when either has more.
func (o *output) snapshot(stream int) ([]byte, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.data[stream], o.grown
}

// stop makes collect return although a stream is still open.
func (o *output) stop() {
	// Adding 1 to a counter of 0 cannot block or fail.
	_, _ = unix.Write(o.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
}

// collect reads both streams until both have ended or stop is called. It closes
// ready when it is about to wait, and done at its end.
func (o *output) collect(ready chan<- struct{}) {
	defer close(o.done)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	fds := []unix.PollFd{
		{Fd: int32(o.read[0]), Events: unix.POLLIN},
		{Fd: int32(o.read[1]), Events: unix.POLLIN},
		{Fd: int32(o.wake), Events: unix.POLLIN},
	}
	buf := make([]byte, 64<<10)
	close(ready)
	for open := 2; open > 0; {
		_, err := unix.Poll(fds, -1)
		now := Now()
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			o.err = fmt.Errorf("wait for output: %w", err)
			return
		}
		for i := range 2 {
			if fds[i].Fd < 0 || fds[i].Revents == 0 {
				continue
			}
			n, err := unix.Read(o.read[i], buf)
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if n <= 0 {
				fds[i].Fd = -1 // poll passes over it
				open--
				continue
			}
			if o.first == 0 {
				o.first = now
			}
			o.keep(i, buf[:n])
		}
		if fds[2].Revents != 0 {
			return
		}
	}
}
