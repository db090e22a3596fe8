package loadgen

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"

	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// session is one server with the connections to it.
type session struct {
	cfg     Config
	clock   clock
	dialer  *dialer
	http    *httpWant
	resp    *respTable
	pattern *pattern
	workers []*worker
	// threadCPU, if not nil, gets the CPU time of each worker's thread.
	threadCPU []int64
	abort     atomic.Bool
	sink      bool // the server is the responder of this package: it has its keys
}

// newSession makes requests and answers, and connects nothing yet. cfg has its
// defaults and is valid.
func newSession(cfg Config) (*session, error) {
	s := &session{cfg: cfg, clock: newClock(), pattern: newPattern(streamSeed)}
	var err error
	if s.dialer, err = newDialer(cfg.Addr, cfg.Sources, kindOf(cfg.Protocol)); err != nil {
		return nil, err
	}
	switch cfg.Protocol {
	case HTTP:
		s.http = newHTTPWant(cfg.HTTP)
	case RESP:
		s.resp = newRESPTable(*cfg.RESP)
	}
	return s, nil
}

// close closes all connections.
func (s *session) close() {
	for _, w := range s.workers {
		w.close()
	}
	s.workers = nil
}

// codec makes the protocol of connection number conn.
func (s *session) codec(conn, depth int) codec {
	switch s.cfg.Protocol {
	case HTTP:
		return newHTTPCodec(s.http)
	case RESP:
		return newRESPCodec(s.resp, s.cfg.RESP.GetPercent, depth, s.cfg.Seed, uint64(conn))
	case Stream:
		return &streamProbe{pattern: s.pattern}
	}
	return newEchoCodec(s.pattern, s.cfg.Echo.Bytes, conn)
}

// probe waits for the first correct answer, looked for since start.
func (s *session) probe(start int64) (*Probe, string, error) {
	tightTimers()
	first := FirstConfig{}
	if s.cfg.First != nil {
		first = *s.cfg.First
	} else {
		c := Config{First: &first}
		c.Defaults()
	}
	p := &prober{
		clock: &s.clock, dialer: s.dialer.clone(0), interval: int64(first.Interval), life: int64(first.Attempt),
		timeout: int64(s.cfg.Timeout), deadline: after(&s.clock, s.cfg.Connect),
		newCodec: func() codec {
			c := s.codec(0, 1)
			if r, ok := c.(*respCodec); ok {
				r.preload = 1 // a GET would need the key
			}
			return c
		},
	}
	arp := ""
	p.observe = func() {
		text, err := os.ReadFile("/proc/net/arp")
		if err == nil {
			arp = neighbourWarning(s.cfg.Addr, string(text))
		}
	}
	r, err := p.run(start)
	return r, arp, err
}

// connect opens all connections and puts what GET will ask for into a RESP server.
func (s *session) connect(longest int64) error {
	for i := range s.cfg.Workers {
		n := s.cfg.Conns / s.cfg.Workers
		if i < s.cfg.Conns%s.cfg.Workers {
			n++
		}
		w, err := newWorker(&s.cfg, s.clock, n, longest)
		if err != nil {
			return err
		}
		w.abort = &s.abort
		w.sched = newSchedule(s.cfg.Arrivals, s.cfg.Seed, i)
		w.sched = newSchedule(s.cfg.Arrivals, s.cfg.Seed, i)
		s.workers = append(s.workers, w)
		for id := range n {
			ep, err := s.endpoint(w, id, id*s.cfg.Workers+i)
			if err != nil {
				return fmt.Errorf("connection %d: %w", id*s.cfg.Workers+i, err)
			}
			w.eps = append(w.eps, ep)
		}
	}
	if s.cfg.Protocol == RESP && !s.sink {
		return s.preload()
	}
	return nil
}

// endpoint opens connection number conn as endpoint id of w.
func (s *session) endpoint(w *worker, id, conn int) (endpoint, error) {
	if s.cfg.Protocol == HTTP && s.cfg.HTTP.NewConnection {
		return newShotConn(w, id, s.dialer.clone(conn), s.http), nil
	}
	fd, err := s.dialer.connect(&s.clock, after(&s.clock, s.cfg.Connect))
	if err != nil {
		return nil, err
	}
	var ep endpoint
	switch s.cfg.Protocol {
	case Stream:
		var sc *streamConn
		sc, err = newStreamConn(w, id, fd, *s.cfg.Stream, s.pattern)
		w.streams = append(w.streams, sc)
		ep = sc
	case UDPEcho:
		ep, err = newUDPConn(w, id, fd, s.cfg.Depth, s.cfg.Echo.Bytes, s.pattern)
	default:
		ep, err = newTCPConn(w, id, fd, s.cfg.Depth, s.codec(conn, s.cfg.Depth))
	}
	if err != nil {
		unix.Close(fd)
	}
	return ep, err
}

// preloadDepth is how many SETs are outstanding while the keys are made.
const preloadDepth = 64

// preload sets every key once.
func (s *session) preload() error {
	w, err := newWorker(&s.cfg, s.clock, 1, seriesStep)
	if err != nil {
		return err
	}
	defer w.close()
	fd, err := s.dialer.connect(&s.clock, after(&s.clock, s.cfg.Connect))
	if err != nil {
		return err
	}
	c := newRESPCodec(s.resp, 0, preloadDepth, 0, 0)
	c.preload = s.cfg.RESP.Keys
	ep, err := newTCPConn(w, 0, fd, preloadDepth, c)
	if err != nil {
		unix.Close(fd)
		return err
	}
	w.eps = []endpoint{ep}
	now := s.clock.now()
	end := now + int64(s.cfg.Connect)
	if err := w.run(period{start: now, end: end, bound: int64(s.cfg.RESP.Keys)}); err != nil {
		return fmt.Errorf("set the keys: %w", err)
	}
	if w.t.answers < int64(s.cfg.RESP.Keys) {
		return fmt.Errorf("set the keys: only %d of %d were set within the time to connect", w.t.answers, s.cfg.RESP.Keys)
	}
	return nil
}

// outcome is what run returns beside the tally of the first worker, into which the
// others are merged.
type outcome struct {
	t   *tally
	end int64 // of the period: earlier than asked if the requests were used up
	// wall and cpu are the time from the start until nothing was outstanding,
	// and the CPU time of the process in it, in nanoseconds.
	wall, cpu int64
}

// run loads the server for d at rate requests a second (0: closed loop), with at
// most bound requests (0: no bound), and waits for the outstanding answers.
func (s *session) run(rate float64, d, bound int64) (outcome, error) {
	cpu := cpuTime()
	start := s.clock.now()
	n := int64(len(s.workers))
	errs := make([]error, n)
	ends := make([]int64, n)
	body := func(i int64) {
		w := s.workers[i]
		p := period{start: start, end: start + d, rate: rate / float64(n), phase: float64(i+1) / float64(n), bound: -1}
		if bound > 0 {
			p.bound = bound / n
			if i < bound%n {
				p.bound++
			}
		}
		if len(s.cfg.CPUs) > 0 {
			runtime.LockOSThread() // for good: the thread stays where it is put
			if errs[i] = pinThread(s.cfg.CPUs[i]); errs[i] != nil {
				return
			}
		}
		tightTimers()
		thread := int64(0)
		if s.threadCPU != nil {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			thread = threadTime()
		}
		if errs[i] = w.run(p); errs[i] != nil {
			s.abort.Store(true)
		}
		ends[i] = s.clock.now()
		if s.threadCPU != nil {
			s.threadCPU[i] = threadTime() - thread
		}
	}
	if n == 1 && len(s.cfg.CPUs) == 0 {
		body(0)
	} else {
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() { body(i) })
		}
		wg.Wait()
	}
	o := outcome{t: s.workers[0].t, end: math.MinInt64, cpu: cpuTime() - cpu, wall: max(1, s.clock.now()-start)}
	for i, w := range s.workers {
		o.end = max(o.end, min(ends[i], start+d))
		if i > 0 {
			o.t.merge(w.t)
		}
	}
	return o, errors.Join(errs...)
}

// settle returns when nothing is in flight in either direction.
func (s *session) settle() error {
	deadline := after(&s.clock, s.cfg.Timeout)
	for _, w := range s.workers {
		for i, c := range w.streams {
			if err := c.settle(deadline); err != nil {
				return fmt.Errorf("connection %d: %w", i, err)
			}
		}
	}
	return nil
}

// finish ends the streams and hears what the server says about them.
func (s *session) finish() error {
	for _, w := range s.workers {
		for i, c := range w.streams {
			if err := c.finish(after(&s.clock, s.cfg.Timeout)); err != nil {
				return fmt.Errorf("connection %d: %w", i, err)
			}
		}
	}
	return nil
}

// pinThread binds the calling thread to one processor.
func pinThread(cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("bind a worker to processor %d: %w", cpu, err)
	}
	return nil
}

// tightTimers lets sleeps of the calling thread end when they should, not up to
// 50 us later. Without the right to do so the sleeps are a little longer.
func tightTimers() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) }

// streamProbe asks the workload stream for some bytes.
type streamProbe struct {
	pattern *pattern
	got     int64
}

const streamProbeBytes = 16

func (p *streamProbe) reset() { p.got = 0 }

func (p *streamProbe) next(dst []byte) []byte {
	return fmt.Appendf(dst, "source %d %d\n", streamSeed, streamProbeBytes)
}

func (p *streamProbe) feed(b []byte) (int, error) {
	if p.got+int64(len(b)) > streamProbeBytes {
		return 0, wrong(Stream, streamProbeBytes, b, "%d bytes", streamProbeBytes)
	}
	if ok := p.pattern.check(p.got, b); ok < len(b) {
		return 0, mismatch(Stream, p.got+int64(ok), b[ok:], p.pattern.at(p.got+int64(ok), len(b)-ok))
	}
	p.got += int64(len(b))
	return b2i(p.got == streamProbeBytes), nil
}
