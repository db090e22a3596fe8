package relay

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// batch is how many frames are read from one side before the other has its turn.
const batch = 64

// Result is what a relay did, by direction.
type Result struct {
	ToSUT       Stats `json:"to_sut"`
	ToGenerator Stats `json:"to_generator"`
}

// Run relays between two packet sockets until stop, an eventfd or pipe, becomes
// readable. It keeps its thread to itself.
func Run(s Shape, generator, sut, stop int) (Result, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// Wake up when asked to and not up to 50 us later. Without it the relay
	// is only less exact.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	defer func() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) }()

	p := &pool{}
	r := &loop{
		buf:  make([]byte, maxReadBytes),
		pool: p,
		ways: [2]way{
			{from: generator, to: sut, line: newLine(s, 1, p)},
			{from: sut, to: generator, line: newLine(s, 2, p)},
		},
		polls: []unix.PollFd{
			{Fd: int32(generator), Events: unix.POLLIN},
			{Fd: int32(sut), Events: unix.POLLIN},
			{Fd: int32(stop), Events: unix.POLLIN},
		},
	}
	err := r.run()
	for i := range r.ways {
		r.ways[i].line.stats.Missed += missed(r.ways[i].from)
	}
	return Result{r.ways[0].line.stats, r.ways[1].line.stats}, err
}

// loop is a running relay.
type loop struct {
	buf   []byte
	pool  *pool
	ways  [2]way
	polls []unix.PollFd // the sockets that the ways come from, and stop
}

// way is one direction.
type way struct {
	from, to int
	line     *line
}

func (r *loop) run() error {
	for {
		next := r.forward()
		var timeout *unix.Timespec // nil: for ever
		if next != 0 {
			ts := unix.NsecToTimespec(max(next-now(), 0))
			timeout = &ts
		}
		if _, err := unix.Ppoll(r.polls, timeout, nil); err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("wait for frames: %w", err)
		}
		if r.polls[2].Revents != 0 {
			return nil
		}
		for i := range r.ways {
			if r.polls[i].Revents != 0 {
				if err := r.receive(&r.ways[i]); err != nil {
					return err
				}
			}
		}
	}
}

// forward sends all frames whose time has come and returns when the next comes, 0
// if none is under way.
func (r *loop) forward() (next int64) {
	for i := range r.ways {
		w := &r.ways[i]
		for {
			f, at := w.line.due(now())
			if f == nil {
				if at != 0 && (next == 0 || at < next) {
					next = at
				}
				break
			}
			if _, err := unix.Write(w.to, f.bytes); err != nil {
				w.line.stats.Refused++
			} else {
				w.line.stats.Sent++
			}
			r.pool.put(f)
		}
	}
	return next
}

// receive reads what has come, up to a batch.
func (r *loop) receive(w *way) error {
	for range batch {
		n, err := unix.Read(w.from, r.buf)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return nil
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ENETDOWN):
			// An interface that was taken down says so once.
			continue
		case err != nil:
			return fmt.Errorf("receive: %w", err)
		}
		at := now()
		if err := split(r.buf[:n], r.pool, func(f *frame) { w.line.arrive(at, f) }); err != nil {
			w.line.stats.Malformed++
		}
	}
	return nil
}

// now is the monotonic clock in nanoseconds.
func now() int64 {
	var ts unix.Timespec
	// Cannot fail: the clock exists and ts is writable.
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return ts.Nano()
}
