package suite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"unibench/harness/hist"
	"unibench/harness/loadgen"
	"unibench/harness/netlab"
	"unibench/harness/record"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// serving is one trial of a server under load.
type serving struct {
	*Session
	slot   record.Slot
	bench  Benchmark
	config loadgen.Config // of the measured part
	world  *netlab.World
	out    *trial.Outcome
}

// serve runs one trial of a benchmark with a load, in a world of its own.
func (s *Session) serve(ctx context.Context, slot record.Slot, b Benchmark, p target.Program) (out *trial.Outcome, err error) {
	w, err := netlab.New(ctx, s.network(slot, p))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if p.Link() == netlab.TAP {
		// The kernels at the ends of a veth pair find each other at once.
		if err := w.KnowSUT(netlab.SUTMAC()); err != nil {
			return nil, err
		}
	}
	v := &serving{
		Session: s, slot: slot, bench: b, world: w,
		config: b.Load.resolve(s.plan.Config, s.plan.Config.Seed+uint64(slot.Block)),
		out:    &trial.Outcome{Values: make(map[string]float64), Gaps: make(map[string]string)},
	}
	run := v.loaded
	if b.Load.Mode == loadgen.FirstResponse {
		run = v.coldStart
	}
	o, err := run(ctx, p)
	return v.out, errors.Join(err, v.end(o))
}

// network is that of a trial: direct, or delayed where a slowdown is planted.
func (s *Session) network(slot record.Slot, p target.Program) netlab.Config {
	c := netlab.Config{Link: p.Link()}
	env := s.plan.env
	if env.Plant.Wire == 0 {
		return c
	}
	delay := env.Plant.Wire
	if _, baseline := record.SplitArm(slot.Target); !baseline {
		delay += time.Duration(env.Plant.Share * float64(delay))
	}
	c.Shape, c.Relay, c.RelayCPUs = &netlab.Shape{Delay: delay}, env.Relay, s.plan.Config.Placement.Bench
	return c
}

// end takes over what was seen of the whole start of the server.
func (v *serving) end(o *target.Observation) error {
	if o == nil || o.Result == nil {
		return nil
	}
	v.out.Stdout, v.out.Stderr, v.out.ExitStatus = o.Stdout, o.Stderr, o.ExitStatus
	for _, w := range o.Warnings {
		v.out.Warnings = append(v.out.Warnings, v.plan.env.Hide(w))
	}
	if o.PeakRSSBytes > 0 {
		v.out.Values["rss-B"] = float64(o.PeakRSSBytes)
	}
	v.out.Raw = append(v.out.Raw, v.name("observations.jsonl"))
	return v.observe(line{v.slot, o, len(o.Stdout), len(o.Stderr)})
}

// loaded starts the server, loads it twice, the first time to count system calls,
// and ends it.
func (v *serving) loaded(ctx context.Context, p target.Program) (o *target.Observation, err error) {
	server, err := p.Serve(ctx, v.world)
	if err != nil {
		return nil, err
	}
	outer := ctx
	defer func() {
		var stopErr error
		o, stopErr = server.Stop(outer)
		err = errors.Join(err, stopErr)
	}()
	ctx, ended := whileServing(ctx, server)
	defer ended()
	s := newSampler(server)
	defer s.close()
	if err := v.countCalls(ctx, s); err != nil {
		return nil, err
	}
	periods, err := v.measure(ctx, s)
	if err != nil {
		return nil, err
	}
	if v.bench.Load.Sweep {
		return nil, v.sweep(periods)
	}
	return nil, v.single(&periods[0])
}

// whileServing returns a context that ends with the server, so that nobody waits
// for one that is gone.
func whileServing(ctx context.Context, server *target.Server) (context.Context, func()) {
	inner, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-server.Ended():
			cancel()
		case <-inner.Done():
		}
	}()
	return inner, func() {
		cancel()
		<-done
	}
}

// measure runs the measured periods and reads counters around each.
func (v *serving) measure(ctx context.Context, s *sampler) (periods []measured, err error) {
	g, err := v.startGenerator(ctx, v.world, v.config)
	if err != nil {
		return nil, err
	}
	if err := g.await(ctx, "ready "); err != nil {
		return nil, g.fail(err)
	}
	if err := s.look(); err != nil {
		return nil, g.fail(err)
	}
	if err := v.links.look(v.slot.Target, v.world); err != nil {
		return nil, g.fail(err)
	}
	s.gen = g.running.PID()
	periods = make([]measured, max(1, len(v.config.Rates)))
	for i := range periods {
		p := &periods[i]
		if p.before, err = g.sampleAt(ctx, fmt.Sprintf("measure %d ", i), s); err == nil {
			p.after, err = g.sampleAt(ctx, fmt.Sprintf("end %d ", i), s)
		}
		if err != nil {
			return nil, g.fail(err)
		}
	}
	r, err := g.finish()
	if err != nil {
		return nil, err
	}
	if v.out.Limited, err = judge(r); err != nil {
		return nil, err
	}
	if len(r.Trials) != len(periods) {
		return nil, fmt.Errorf("the load generator reported %d periods, want %d", len(r.Trials), len(periods))
	}
	if err := v.keep(r); err != nil {
		return nil, err
	}
	for i := range periods {
		periods[i].trial = r.Trials[i]
		v.out.Iters += int(ops(v.config.Protocol, &r.Trials[i]))
	}
	return periods, nil
}

// sampleAt reads the counters when the generator has come to a line and waits,
// and lets it go on.
func (g *generator) sampleAt(ctx context.Context, line string, s *sampler) (sample, error) {
	if err := g.await(ctx, line); err != nil {
		return sample{}, err
	}
	p, err := s.take()
	if err != nil {
		return p, err
	}
	return p, g.resume()
}

// keep stores what the generator found, histograms apart.
func (v *serving) keep(r *loadgen.Result) error {
	for _, w := range r.Warnings {
		v.out.Warnings = append(v.out.Warnings, "load generator: "+w)
	}
	if list := intervals(r); len(list) > 0 {
		if err := v.writer.WriteFile(HistFile(v.slot), hist.Format(list)); err != nil {
			return err
		}
	}
	return v.observe(struct {
		record.Slot
		Generator *loadgen.Result `json:"generator"`
	}{v.slot, r})
}

// single fills in the values of a trial with one period.
func (v *serving) single(p *measured) error {
	values, gaps := p.costs(v.config.Protocol)
	for unit, x := range seen(v.config.Protocol, &p.trial) {
		values[unit] = x
	}
	if p.trial.Saturated {
		v.out.Warnings = append(v.out.Warnings, "the server did not keep up with the offered rate")
	}
	if share := p.busy(len(v.plan.env.CPUs)); v.config.Mode == loadgen.Closed && p.trial.CPU > busyLoad && share < busyServer {
		v.out.Warnings = append(v.out.Warnings, fmt.Sprintf(
			"a lower bound: the generator used over %.0f %% of its processor, the server less than %.0f %% of its own", 100*busyLoad, 100*busyServer))
	}
	v.add(values, gaps)
	return nil
}

func (v *serving) add(values map[string]float64, gaps map[string]string) {
	for unit, x := range values {
		v.out.Values[unit] = x
	}
	for unit, reason := range gaps {
		v.out.Gaps[unit] = v.plan.env.Hide(reason)
	}
}
