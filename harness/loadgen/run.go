package loadgen

import (
	"errors"
	"fmt"

	"unibench/harness/record"
)

// Border is told what happens at the borders of periods; each call returns when the
// generator may go on. Nothing is in flight then.
type Border interface {
	// Ready: the server has answered and all connections stand.
	Ready(now int64) error
	// Measure: the warm-up of the given period is over.
	Measure(period int, now int64) error
	// End: the measured part of the period is over.
	End(period int, now int64) error
}

// Asker is a Border that is also told when the search for a first response begins.
type Asker interface {
	// Asking: the first attempt is about to be made.
	Asking(now int64) error
}

// NoBorder goes on at once.
type NoBorder struct{}

// Ready returns nil.
func (NoBorder) Ready(int64) error { return nil }

// Measure returns nil.
func (NoBorder) Measure(int, int64) error { return nil }

// End returns nil.
func (NoBorder) End(int, int64) error { return nil }

// warmupParts is how often the warm-up is repeated at most until it has seen
// Config.WarmupRequests answers.
const warmupParts = 3

// errLimited ends a search that says nothing about the server any more.
var errLimited = errors.New("the generator, not the server, was the limit")

// Run does what cfg says. What the server did wrong is in the result; the error is
// for what the generator could not do, or for what border returned.
func Run(cfg Config, border Border) (Result, error) {
	cfg.Defaults()
	if err := cfg.Validate(); err != nil {
		return Result{}, err
	}
	c := newClock()
	info := c.measure()
	start := c.now()
	if cfg.First != nil && cfg.First.StartNS != 0 {
		start = cfg.First.StartNS
	}
	if cfg.Mode == Ceiling {
		r, err := ceiling(cfg)
		r.Clock = info
		return r, err
	}
	s, err := newSession(cfg)
	if err != nil {
		return Result{}, err
	}
	defer s.close()
	r := Result{Config: cfg, Clock: info, Status: record.Complete}
	fail := func(status record.Status, err error) (Result, error) {
		r.Status, r.Reason = status, err.Error()
		return r, nil
	}
	if a, ok := border.(Asker); ok && cfg.Mode == FirstResponse {
		if err := a.Asking(s.clock.now()); err != nil {
			return r, err
		}
	}
	probe, warning, err := s.probe(start)
	r.Ready = probe
	if warning != "" {
		r.Warnings = append(r.Warnings, warning)
	}
	if probe == nil {
		return fail(record.TimedOut, err)
	}
	if err != nil {
		return fail(record.Errored, err)
	}
	if cfg.Mode == FirstResponse {
		return r, nil
	}
	if err := s.connect(int64(cfg.Duration)); err != nil {
		return fail(record.Errored, err)
	}
	if err := border.Ready(s.clock.now()); err != nil {
		return r, err
	}
	if err := s.trials(&r, border); err != nil {
		return r, err
	}
	if r.Status != record.Errored {
		if err := s.finish(); err != nil {
			return fail(record.Errored, err)
		}
	}
	return r, nil
}

// trials runs the periods that the configuration asks for.
func (s *session) trials(r *Result, border Border) error {
	one := func(rate float64) (*Trial, error) {
		t, err := s.trial(len(r.Trials), rate, border)
		r.Trials = append(r.Trials, t)
		if s.cfg.Search == nil || t.Status == record.Errored {
			if r.Status = worst(r.Status, t.Status); r.Status == t.Status && r.Reason == "" {
				r.Reason = t.Reason
			}
		}
		return &r.Trials[len(r.Trials)-1], err
	}
	if s.cfg.Search != nil {
		return s.search(r, one)
	}
	rates := s.cfg.Rates
	if len(rates) == 0 {
		rates = []float64{s.cfg.Rate}
	}
	for _, rate := range rates {
		if t, err := one(rate); err != nil || t.Status == record.Errored {
			return err
		}
	}
	return nil
}

// search runs the trials of Config.Search.
func (s *session) search(r *Result, one func(rate float64) (*Trial, error)) error {
	stop := errors.New("stop")
	var fatal error
	found, err := s.cfg.Search.bisect(func(rate float64) (bool, error) {
		t, err := one(rate)
		switch {
		case err != nil:
			fatal = err
			return false, stop
		case t.Status == record.Errored, t.Status == record.NotWarm:
			return false, fmt.Errorf("at %.0f requests a second: %s", rate, t.Reason)
		case t.Status == record.GeneratorLimited:
			return false, fmt.Errorf("at %.0f requests a second: %w: %s", rate, errLimited, t.Reason)
		}
		return t.Status == record.Complete && t.Corrected.P99 <= int64(s.cfg.Search.P99), nil
	})
	if fatal != nil {
		return fatal
	}
	r.Found = &found
	if err != nil && r.Status == record.Complete {
		r.Status, r.Reason = r.Trials[len(r.Trials)-1].Status, found.Reason
	}
	return nil
}

// trial runs one warm-up and one measured period. The error is the border's.
func (s *session) trial(n int, rate float64, border Border) (Trial, error) {
	bad := func(status record.Status, err error) Trial {
		t := Trial{Status: status, Reason: err.Error(), Offered: rate}
		if rate <= 0 {
			t.Label = ThroughputOnly
		}
		return t
	}
	warm, err := s.warmup(rate)
	if err == nil {
		err = s.settle()
	}
	if err != nil {
		return bad(record.Errored, fmt.Errorf("during warm-up: %w", err)), nil
	}
	if err := border.Measure(n, s.clock.now()); err != nil {
		return bad(record.Errored, err), err
	}
	o, err := s.run(rate, int64(s.cfg.Duration), s.cfg.Requests)
	if err == nil {
		err = s.settle()
	}
	if err != nil {
		return bad(record.Errored, err), nil
	}
	if err := border.End(n, s.clock.now()); err != nil {
		return bad(record.Errored, err), err
	}
	t, err := summarise(&s.cfg, o.t, rate, o.end)
	if err != nil {
		return bad(record.Errored, err), nil
	}
	whole := float64(o.wall) * float64(len(s.workers))
	t.Spun = float64(o.t.idle) / whole
	t.CPU = max(0, float64(o.cpu)/whole-t.Spun)
	s.cfg.Limits.judge(&s.cfg, &t)
	if !warm && t.Status != record.Errored {
		t.Status = record.NotWarm
		t.Reason = fmt.Sprintf("warm-up saw fewer than %d answers in %d times %v", s.cfg.WarmupRequests, warmupParts, s.cfg.Warmup)
	}
	return t, nil
}

// warmup loads the server until it is warm by the declared rule and reports whether
// it became so.
func (s *session) warmup(rate float64) (bool, error) {
	if s.cfg.Warmup <= 0 {
		return s.cfg.WarmupRequests == 0, nil
	}
	answers := int64(0)
	for range warmupParts {
		o, err := s.run(rate, int64(s.cfg.Warmup), 0)
		if err != nil {
			return false, err
		}
		if answers += o.t.answers; answers >= s.cfg.WarmupRequests {
			return true, nil
		}
	}
	return false, nil
}
