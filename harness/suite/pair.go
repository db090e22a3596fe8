package suite

import (
	"context"
	"errors"
	"fmt"

	"unibench/harness/record"
	"unibench/harness/trial"
)

// pair runs one trial of a pair: a start for each state. Which is first changes from
// block to block, so that neither gains from its place.
func (s *Session) pair(ctx context.Context, slot record.Slot, b Benchmark) (*trial.Outcome, error) {
	sides := [2]Side{b.Pair.First, b.Pair.Second}
	order := [2]int{0, 1}
	if slot.Block%2 == 1 {
		order = [2]int{1, 0}
	}
	out := &trial.Outcome{Values: make(map[string]float64), Gaps: make(map[string]string)}
	var ns [2]float64
	var iters [2]int
	for _, i := range order {
		p := s.plan.programs[key{sides[i].workload.Name, slot.Target}]
		o, err := s.led(ctx, slot, b, p, func(l *leading, ctx context.Context) error { return l.side(ctx, sides[i]) })
		if o != nil {
			out.Stdout, out.Stderr, out.ExitStatus = o.Stdout, o.Stderr, o.ExitStatus
			out.Warnings, out.Raw = append(out.Warnings, o.Warnings...), o.Raw
			for _, label := range o.Labels {
				out.Labels = append(out.Labels, label+" with "+b.Pair.Key+"="+sides[i].Value)
			}
		}
		if err == nil {
			err = b.Expect.Check(o.Stdout, o.Stderr, o.ExitStatus)
		}
		if err != nil {
			return out, fmt.Errorf("%s=%s: %w", b.Pair.Key, sides[i].Value, err)
		}
		ns[i], iters[i] = o.Values["ns/op"], o.Iters
	}
	if ns[1] <= 0 {
		return out, errNoTime
	}
	out.Iters = iters[1]
	out.Values["ns/op"], out.Values["speedup"] = ns[1], ns[0]/ns[1]
	for i, side := range sides {
		out.Points = append(out.Points, record.Point{
			Params: []record.Param{{Key: b.Pair.Key, Value: side.Value}}, Iters: iters[i], Values: map[string]float64{"ns/op": ns[i]},
		})
	}
	return out, nil
}

// errNoTime means that the loop around an operation took all of its time.
var errNoTime = errors.New("an operation took no time beside the loop around it: ask for more with -duration")

// side measures one state of a pair.
func (l *leading) side(ctx context.Context, s Side) error {
	if s.age > 0 {
		want := fmt.Sprintf(`{"n":%d}`, s.age)
		text, err := l.ask(ctx, fmt.Sprintf("age %s %d", aging, s.age), "aged ")
		if err != nil {
			return err
		}
		if text != want {
			return fmt.Errorf("%w: aged %.100q, want %s", errAnswer, text, want)
		}
	}
	r, err := l.calibrate(ctx, s.name, s.workload, l.bench.Led.batches())
	if err != nil {
		return err
	}
	m, err := l.run(ctx, l.bench.Led.batches())
	if err != nil {
		return err
	}
	l.out.Iters = r.N * len(m.ns)
	l.out.Values["ns/op"] = r.operation(m.ns, l.bench.Led.quantile())
	l.out.Labels = trial.Steady(m.ns)
	return l.observe(struct {
		record.Slot
		State string  `json:"state"`
		Ready ready   `json:"ready"`
		NS    []int64 `json:"batches_ns"`
	}{l.slot, s.Value, r, m.ns})
}
