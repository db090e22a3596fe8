package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"unibench/baselines/counters"
	"unibench/baselines/launch"
	"unibench/harness/record"
	"unibench/harness/stats"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// Crowd is many instances of one program, which run at the same time.
type Crowd struct {
	Instances int
	AtOnce    int // most that are started and have not answered yet
}

// crowdReady is the line by which an instance answers.
const crowdReady = "ready"

// instanceBytes is what an instance may need beside the memory of its program: its
// monitor or runtime, and what the kernel keeps for them.
const instanceBytes = 16 << 20

// room says why the host has too little memory for all instances at once; empty if it
// has enough. Each may touch all that it is given.
func (c *Crowd) room(env *target.Env) string {
	each, free := env.MemoryBytes+instanceBytes, int64(env.Host.Memory.AvailableBytes)
	if free == 0 || free/each >= int64(c.Instances) {
		return "" // or nobody knows
	}
	return fmt.Sprintf("%d instances may need %d MiB and %d MiB are free, which is enough for %d: free memory, or use a host that has more",
		c.Instances, int64(c.Instances)*each>>20, free>>20, free/each)
}

// crowded is one trial of many instances.
type crowded struct {
	started int64 // before the first start
	over    int64 // end of all inputs
	servers []*target.Server
	inputs  []*os.File // that end the instances
	seen    []*target.Observation
	idle    int64 // bytes, of all
}

// crowd starts all instances, waits until each has answered, looks at their memory and
// ends them. None is left, whatever fails.
func (s *Session) crowd(ctx context.Context, slot record.Slot, b Benchmark) (*trial.Outcome, error) {
	c := &crowded{}
	err := c.start(ctx, s.plan.crowds[key{b.Workload.Name, slot.Target}], b.Crowd.AtOnce)
	if err == nil {
		err = c.measure()
	}
	if err := errors.Join(err, c.end(err != nil)); err != nil {
		return nil, err
	}
	out := &trial.Outcome{Stdout: b.Expect.Stdout, Iters: len(c.seen), Raw: []string{s.name("observations.jsonl")}}
	for i, o := range c.seen {
		if err := b.Expect.Check(o.Stdout, o.Stderr, o.ExitStatus); err != nil {
			out.Stdout, out.Stderr, out.ExitStatus = o.Stdout, o.Stderr, o.ExitStatus
			return out, fmt.Errorf("instance %d of %d: %w", i+1, len(c.seen), err)
		}
	}
	var first []int64
	out.Values, first = c.values()
	return out, s.observe(struct {
		record.Slot
		FirstBytes []int64 `json:"first_bytes_ns"` // since the start of the first instance
	}{slot, first})
}

// start starts one instance after the other, at most atOnce ahead of their answers, and
// waits for the answer of the last.
func (c *crowded) start(outer context.Context, starts []target.Start, atOnce int) error {
	ctx, cancel := context.WithCancelCause(outer)
	defer cancel(nil)
	var waiting sync.WaitGroup
	defer waiting.Wait()
	turn := make(chan struct{}, atOnce)
	c.started = launch.Now()
	for i, start := range starts {
		select {
		case turn <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		in, to, err := os.Pipe()
		if err != nil {
			cancel(err)
			return fmt.Errorf("start instance %d: %w", i+1, err)
		}
		server, err := start(outer, in) // ctx ends with this function
		in.Close()
		if err != nil {
			cancel(err)
			return errors.Join(fmt.Errorf("start instance %d: %w", i+1, err), to.Close())
		}
		c.servers, c.inputs = append(c.servers, server), append(c.inputs, to)
		waiting.Go(func() {
			if _, err := server.Line(ctx, crowdReady); err != nil {
				cancel(fmt.Errorf("instance %d: %w", i+1, err))
			}
			<-turn
		})
	}
	waiting.Wait()
	return context.Cause(ctx)
}

// measure adds up the memory of all instances, which are idle.
func (c *crowded) measure() error {
	for i, server := range c.servers {
		pids, err := server.Processes()
		if err != nil {
			return fmt.Errorf("instance %d: %w", i+1, err)
		}
		n, err := counters.PSS(pids)
		if err != nil {
			return fmt.Errorf("instance %d: %w", i+1, err)
		}
		c.idle += n
	}
	return nil
}

// end ends all instances, by force if they shall not be measured.
func (c *crowded) end(kill bool) error {
	var errs []error
	c.over = launch.Now()
	for i, server := range c.servers {
		if kill {
			server.Kill()
		}
		errs = append(errs, c.inputs[i].Close())
	}
	for i, server := range c.servers {
		o, err := server.Wait()
		if err != nil {
			errs = append(errs, fmt.Errorf("instance %d: %w", i+1, err))
		}
		if o != nil && o.Result != nil && !kill {
			c.seen = append(c.seen, o)
		}
	}
	return errors.Join(errs...)
}

// values returns the units of a trial, and when each instance answered.
func (c *crowded) values() (map[string]float64, []int64) {
	n := float64(len(c.seen))
	v := map[string]float64{"idle-B": float64(c.idle) / n}
	var first []int64
	var times []float64
	for _, o := range c.seen {
		first = append(first, o.FirstByte-c.started)
		times = append(times, float64(o.FirstByte-c.started))
		v["burst-end-ns"] = max(v["burst-end-ns"], float64(o.End-c.over))
		v["boot-cpu-ns"] += float64(o.CPU) / n
		v["ctxsw/op"] += float64(o.Voluntary+o.Involuntary) / n
	}
	v["burst-ns"] = stats.Quantile(times, 1)
	v["p50-burst-ns"], v["p90-burst-ns"] = stats.Quantile(times, 0.5), stats.Quantile(times, 0.9)
	return v, first
}
