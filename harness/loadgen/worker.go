package loadgen

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Rhythms of the event loop, in nanoseconds.
const (
	checkEvery = int64(20e6) // looks for answers that are missing
	// yieldEvery is below the 10 ms after which Go's scheduler would interrupt
	// the loop with a signal.
	yieldEvery = int64(5e6)
	// drainLimit is how long requests that are overdue at the end of a period
	// are still sent.
	drainLimit = int64(1e9)
	// idlePoll is the longest that polling in vain takes by itself. When it
	// took longer, the kernel worked for us or another program had the processor;
	// both count as use.
	idlePoll = int64(2e3)
)

// Sizes of a worker's buffers.
const (
	readBytes  = 256 << 10
	eventBatch = 256
)

// endpoint is one connection, or the place of one, of a worker. All calls come
// from the worker's loop.
type endpoint interface {
	// room says how many requests may be added.
	room() int
	// outstanding says how many requests have no answer yet.
	outstanding() int
	// oldest is when the oldest of them was sent.
	oldest() int64
	// add prepares a request that was due at the given time.
	add(due int64) error
	// flush hands what was added to the kernel.
	flush(now int64) error
	// event handles what epoll reported.
	event(flags uint32) error
	close()
}

// worker is one event loop.
type worker struct {
	cfg   *Config
	clock clock
	poll  poller
	eps   []endpoint
	rbuf  []byte
	t     *tally

	sched    schedule
	open     bool  // in the period that runs
	left     int64 // closed loop: requests that may still be sent; negative: any number
	sendEnd  int64 // nothing is sent from here on
	flying   int   // requests outstanding
	freedAt  int64 // when an endpoint got room after none had
	free     []int32
	freeHead int
	freeLen  int
	queued   []bool // endpoint is in free
	dirty    []int32

	streams []*streamConn // the endpoints, if they are streams
	abort   *atomic.Bool  // another worker has failed

	checked, yielded int64
}

// newWorker makes room for eps endpoints and periods of up to longest nanoseconds.
func newWorker(cfg *Config, c clock, eps int, longest int64) (*worker, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	return &worker{
		cfg: cfg, clock: c, abort: new(atomic.Bool), rbuf: make([]byte, readBytes), t: newTally(longest),
		poll: poller{fd: fd, events: make([]unix.EpollEvent, eventBatch)},
		free: make([]int32, eps), queued: make([]bool, eps), dirty: make([]int32, 0, eps),
	}, nil
}

// close closes the endpoints and the epoll instance.
func (w *worker) close() {
	for _, ep := range w.eps {
		ep.close()
	}
	unix.Close(w.poll.fd)
}

// register asks for events of fd, reported to endpoint id.
func (w *worker) register(fd, id int, events uint32) error {
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(w.poll.fd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(id)}))
}

// modify changes what register asked for.
func (w *worker) modify(fd, id int, events uint32) error {
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(w.poll.fd, unix.EPOLL_CTL_MOD, fd, &unix.EpollEvent{Events: events, Fd: int32(id)}))
}

// period says what to do in one period.
type period struct {
	start, end int64
	rate       float64 // of this worker; 0: closed loop
	phase      float64 // of a constant schedule
	bound      int64   // requests; negative: no bound
}

// run sends requests for a period and returns when nothing is outstanding.
func (w *worker) run(p period) error {
	w.open, w.left, w.sendEnd = p.rate > 0, p.bound, p.end
	w.t.begin(p.start, p.end, p.rate)
	w.freeHead, w.freeLen, w.freedAt = 0, 0, 0
	clear(w.queued)
	if w.open {
		w.sched.start(p.start, p.end, p.rate, p.phase, p.bound)
		for i := range w.eps {
			w.offer(i)
		}
	}
	now := w.clock.now()
	w.checked, w.yielded = now, now
	if !w.open {
		for _, ep := range w.eps {
			if err := w.refill(ep, now); err != nil {
				return err
			}
		}
	}
	return w.loop(now)
}

func (w *worker) loop(now int64) error {
	for {
		sent := false
		if w.open {
			var err error
			if sent, err = w.dispatch(now); err != nil {
				return err
			}
			if now > w.sendEnd+drainLimit {
				w.giveUp(now)
			}
		}
		if len(w.streams) > 0 && now >= w.sendEnd {
			for _, s := range w.streams {
				if err := s.pause(); err != nil {
					return err
				}
			}
		}
		if w.flying == 0 && !w.more(now) {
			return nil
		}
		ns := int64(0)
		if !sent {
			ns = w.patience(now)
		}
		events, errno := w.poll.wait(ns)
		if errno != 0 {
			return os.NewSyscallError("epoll_pwait2", errno)
		}
		for i := range events {
			if err := w.eps[events[i].Fd].event(events[i].Events); err != nil {
				return fmt.Errorf("connection %d: %w", events[i].Fd, err)
			}
			if w.open && i+1 < len(events) {
				// What is due goes before what has come.
				if _, err := w.dispatch(w.clock.now()); err != nil {
					return err
				}
			}
		}
		before := now
		now = w.clock.now()
		if ns == 0 && !sent && len(events) == 0 {
			w.t.idle += min(now-before, idlePoll)
		}
		if now-w.checked > checkEvery {
			w.checked = now
			if w.abort.Load() {
				return nil
			}
			if err := w.overdue(now); err != nil {
				return err
			}
		}
		if now-w.yielded > yieldEvery {
			w.yielded = now
			runtime.Gosched()
		}
	}
}

// more reports whether requests are still to be sent.
func (w *worker) more(now int64) bool {
	if w.open && !w.sched.over() {
		return true
	}
	// Without a further request the period still has its length.
	return now < w.sendEnd && (w.open && w.sched.left != 0 || !w.open && w.left != 0)
}

// patience is how long the loop may sleep, in nanoseconds.
func (w *worker) patience(now int64) int64 {
	if w.cfg.SpinAlways {
		return 0
	}
	if w.open && w.freeLen > 0 && !w.sched.over() {
		return max(0, min(w.sched.next-now-int64(w.cfg.Spin), checkEvery))
	}
	if w.more(now) && now < w.sendEnd {
		return min(checkEvery, w.sendEnd-now)
	}
	return checkEvery
}

// overdue fails if an answer has not come within the timeout.
func (w *worker) overdue(now int64) error {
	for i, ep := range w.eps {
		if t := ep.oldest(); ep.outstanding() > 0 && now-t > int64(w.cfg.Timeout) {
			return fmt.Errorf("connection %d: missing answer: %d of its requests have none, the oldest was sent %.3f s ago",
				i, ep.outstanding(), float64(now-t)/1e9)
		}
	}
	return nil
}

// refill sends the next requests of the closed loop when ep has all answers.
func (w *worker) refill(ep endpoint, now int64) error {
	if now >= w.sendEnd || ep.outstanding() != 0 {
		return nil
	}
	n := ep.room()
	if w.left >= 0 {
		n = min(n, int(w.left))
		w.left -= int64(n)
	}
	if n == 0 {
		return nil
	}
	for range n {
		if err := ep.add(now); err != nil {
			return err
		}
	}
	w.flying += n
	return ep.flush(now)
}

// answer counts the answer to a request, which came at now.
func (w *worker) answer(due, sent, now int64) {
	w.flying--
	w.t.answered(now)
	w.t.uncorrected.add(now - sent)
	if w.open {
		w.t.corrected.add(now - due)
	}
}

// departed counts a request that is handed to the kernel at now.
func (w *worker) departed(due, now int64) {
	w.t.sent++
	if !w.open {
		return
	}
	ready := max(due, w.freedAt)
	w.t.lag.add(now - ready)
	w.t.arrivals.add(due + now - ready)
}
