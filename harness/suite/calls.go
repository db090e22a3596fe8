package suite

import (
	"context"

	"unibench/baselines/counters"
)

// countCalls loads the server for a short time and counts the system calls of
// its processes. It is also the server's warm-up, and nothing else before a sweep.
func (v *serving) countCalls(ctx context.Context, s *sampler) error {
	config := counting(v.config)
	g, err := v.startGenerator(ctx, v.world, config)
	if err != nil {
		return err
	}
	// Between the lines nothing is outstanding and the server waits.
	if err := g.await(ctx, "measure 0 "); err != nil {
		return g.fail(err)
	}
	if err := s.look(); err != nil {
		return g.fail(err)
	}
	calls, countErr := counters.CountCalls(s.pids)
	if countErr == nil {
		defer calls.Close()
	}
	if err := g.resume(); err != nil {
		return g.fail(err)
	}
	if err := g.await(ctx, "end 0 "); err != nil {
		return g.fail(err)
	}
	var n uint64
	if countErr == nil {
		n, countErr = calls.Read()
	}
	if err := g.resume(); err != nil {
		return g.fail(err)
	}
	r, err := g.finish()
	if err != nil {
		return err
	}
	// Whether the generator was the limit does not matter for counting.
	if _, err := judge(r); err != nil {
		return err
	}
	switch {
	case v.bench.Load.Sweep: // of another load than any of its steps
	case countErr != nil:
		v.out.Gaps["syscalls/op"] = v.plan.env.Hide(countErr.Error())
	case len(r.Trials) == 1:
		v.out.Values["syscalls/op"] = float64(n) / ops(config.Protocol, &r.Trials[0])
	}
	return nil
}
