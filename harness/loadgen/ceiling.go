package loadgen

import (
	"runtime"
	"slices"

	"unibench/harness/host"
	"unibench/harness/record"

	"golang.org/x/sys/unix"
)

// CeilingResult is what the generator can do, in a closed loop against the
// cheapest responder that there is, over the loopback interface.
type CeilingResult struct {
	Rate float64 `json:"rate"` // requests a second that were reached; for a stream bytes
	// CPUPerRequest is the CPU time of the generator for one request (stream:
	// byte), in nanoseconds, without the responder's. It includes what the
	// kernel does in the generator's calls.
	CPUPerRequest float64 `json:"cpu_per_request_ns"`
	// Max is the rate at which the generator's processors would be full.
	Max float64 `json:"max"`
	// Shared says that the responder ran on the generator's processors: Rate is
	// then what both could do, and Max is an estimate.
	Shared bool `json:"shared"`
}

// ceiling measures with cfg, whose mode is Ceiling.
func ceiling(cfg Config) (Result, error) {
	r := Result{Config: cfg, Status: record.Complete}
	own, err := host.AllowedCPUs()
	if err != nil {
		return r, err
	}
	// The configuration is the caller's.
	c := cfg
	if c.HTTP != nil {
		h := *c.HTTP
		c.HTTP = &h
	}
	if c.RESP != nil {
		h := *c.RESP
		c.RESP = &h
	}
	sk, err := newSink(&c)
	if err != nil {
		return r, err
	}
	var cpu *int
	if cfg.Sink != nil {
		cpu = cfg.Sink.CPU
	}
	sk.start(cpu)
	c.Mode = Closed
	trial, ns, err := threadLoad(c)
	if stopErr := sk.stop(); err == nil {
		err = stopErr
	}
	if err != nil {
		r.Status, r.Reason = record.Errored, err.Error()
		return r, nil
	}
	n := float64(trial.InPeriod)
	rate := trial.Rate
	if cfg.Protocol == Stream {
		rate = trial.GoodputIn + trial.GoodputOut
		n = rate * float64(trial.EndNS-trial.StartNS) / 1e9
	}
	r.Trials = []Trial{trial}
	r.Ceiling = &CeilingResult{
		Rate: rate, CPUPerRequest: float64(ns) / n, Max: float64(cfg.Workers) * 1e9 * n / float64(ns),
		Shared: cpu == nil || slices.Contains(own, *cpu),
	}
	return r, nil
}

// threadLoad runs one warm-up and one period in the closed loop and returns the
// CPU time of the generator's threads in the period, without polling in vain.
func threadLoad(cfg Config) (Trial, int64, error) {
	s, err := newSession(cfg)
	if err != nil {
		return Trial{}, 0, err
	}
	defer s.close()
	s.sink = true
	if err := s.connect(int64(cfg.Duration)); err != nil {
		return Trial{}, 0, err
	}
	s.threadCPU = make([]int64, cfg.Workers)
	// One worker runs on this goroutine, so that its thread is this one.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if cfg.Warmup > 0 {
		if _, err := s.run(0, int64(cfg.Warmup), 0); err != nil {
			return Trial{}, 0, err
		}
	}
	o, err := s.run(0, int64(cfg.Duration), cfg.Requests)
	if err != nil {
		return Trial{}, 0, err
	}
	ns := int64(0)
	for _, v := range s.threadCPU {
		ns += v
	}
	ns = max(1, ns-o.t.idle)
	t, err := summarise(&cfg, o.t, 0, o.end)
	return t, ns, err
}

// threadTime is the CPU time of the calling thread in nanoseconds.
func threadTime() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		return 0
	}
	return ts.Nano()
}
