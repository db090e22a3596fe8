package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"unibench/baselines/counters"
	"unibench/harness/record"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// Leading says how a program like workloads/micro is led: over its standard input,
// through periods of a fixed number of operations, so that counters can be read
// between them.
type Leading struct {
	Scale int // times Config.Load.Duration
	// Varying are operations that differ among themselves: that collect garbage now and
	// then, wait for a timer or wake another processor. Their value is that of the middle
	// of a few long batches, that of all others the low decile of many short ones.
	Varying bool
}

// Numbers of batches of a measured period.
const (
	batches      = 10
	shortBatches = 50
)

// batches is that of a benchmark.
func (l *Leading) batches() int {
	if l.Varying {
		return batches
	}
	return shortBatches
}

// quantile is the one of the batches that stands for an operation. What disturbs a
// program makes a batch slower and never faster, and a neighbour on the same core does so
// for longer than half of a period: the median is then a mixture of two machines.
func (l *Leading) quantile() float64 {
	if l.Varying {
		return 0.5
	}
	return 0.1
}

// leading is one trial of a program that is led.
type leading struct {
	*Session
	slot   record.Slot
	bench  Benchmark
	server *target.Server
	input  *os.File
	asked  int // periods so far
	out    *trial.Outcome
}

// lead runs one trial of a benchmark whose program is led.
func (s *Session) lead(ctx context.Context, slot record.Slot, b Benchmark, p target.Program) (*trial.Outcome, error) {
	return s.led(ctx, slot, b, p, (*leading).measure)
}

// led starts a program that is led, lets f lead it, and ends it.
func (s *Session) led(ctx context.Context, slot record.Slot, b Benchmark, p target.Program, f func(*leading, context.Context) error) (*trial.Outcome, error) {
	in, to, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("lead the program: %w", err)
	}
	server, err := p.Lead(ctx, in)
	in.Close()
	if err != nil {
		to.Close()
		return nil, err
	}
	l := &leading{
		Session: s, slot: slot, bench: b, server: server, input: to,
		out: &trial.Outcome{Values: make(map[string]float64), Gaps: make(map[string]string)},
	}
	err = f(l, ctx)
	to.Close() // which ends the program
	if err != nil {
		server.Kill()
	}
	o, werr := server.Wait()
	return l.out, l.end(o, errors.Join(err, werr))
}

// end takes over what was seen of the whole start. A program that failed says why
// itself: its words stand before those of whoever waited for its answer.
func (l *leading) end(o *target.Observation, err error) error {
	if o == nil || o.Result == nil {
		return err
	}
	l.out.Stdout, l.out.Stderr, l.out.ExitStatus = o.Stdout, o.Stderr, o.ExitStatus
	for _, w := range o.Warnings {
		l.out.Warnings = append(l.out.Warnings, l.plan.env.Hide(w))
	}
	l.out.Raw = append(l.out.Raw, l.name("observations.jsonl"))
	return errors.Join(err, l.observe(line{l.slot, o, len(o.Stdout), len(o.Stderr)}))
}

// period is what one run of some batches gave.
type period struct {
	ns    []int64
	exits exits // from before the question to after the answer
}

// exits are numbers of VM exits; 0 without a monitor.
type exits struct {
	all   uint64
	ticks uint64 // those that the monitor asked for
}

// tickExits is the cause of exits that the monitor asks for, in its statistics.
const tickExits = "event"

// measure goes through the periods: an empty one and one of a batch while system
// calls are counted, then an empty one and the measured one.
func (l *leading) measure(ctx context.Context) error {
	count := l.bench.Led.batches()
	r, err := l.calibrate(ctx, l.bench.Name, l.bench.Workload, count)
	if err != nil {
		return err
	}
	if err := l.countCalls(ctx, r); err != nil {
		return err
	}
	idle, err := l.run(ctx, 0)
	if err != nil {
		return err
	}
	m, err := l.run(ctx, count)
	if err != nil {
		return err
	}
	ops := r.N * len(m.ns)
	l.out.Iters = ops
	ns := r.operation(m.ns, l.bench.Led.quantile())
	l.out.Values["ns/op"], l.out.Values["median-ns/op"] = ns, r.operation(m.ns, 0.5)
	l.out.Labels = append(l.out.Labels, trial.Steady(m.ns)...)
	if l.tsc > 0 {
		l.out.Values["cycles/op"] = ns * l.tsc / 1e9
	} else {
		l.out.Gaps["cycles/op"] = "the host's time-stamp counter is not constant"
	}
	if l.server.HasMonitor() {
		l.out.Values["vmexits/op"] = perOp(m.exits.all, idle.exits.all, ops)
		l.out.Values["ticks/op"] = perOp(m.exits.ticks, idle.exits.ticks, ops)
	}
	return l.observe(struct {
		record.Slot
		Ready ready   `json:"ready"`
		NS    []int64 `json:"batches_ns"`
	}{l.slot, r, m.ns})
}

// calibrate makes a benchmark of the program, which is w, ready for a number of batches.
func (l *leading) calibrate(ctx context.Context, name string, w target.Workload, batches int) (r ready, err error) {
	length := l.plan.Config.Load.Duration * time.Duration(l.bench.Led.Scale)
	text, err := l.ask(ctx, fmt.Sprintf("bench %s %v %d", name, length, batches), "ready ")
	if err != nil {
		return r, err
	}
	if r, err = parseReady(text); err != nil {
		return r, err
	}
	if want := len(l.plan.env.Processors(w)); r.Procs != want {
		return r, fmt.Errorf("the program uses %d processors, want %d", r.Procs, want)
	}
	l.files.look(l.slot.Target, r)
	return r, nil
}

// countCalls counts the system calls of one batch.
func (l *leading) countCalls(ctx context.Context, r ready) error {
	pids, err := l.server.Processes()
	if err != nil {
		return err
	}
	var counted [2]uint64 // with no batch, and with one
	for n := range counted {
		calls, err := counters.CountCalls(pids)
		if err != nil {
			l.out.Gaps["syscalls/op"] = l.plan.env.Hide(err.Error())
			return nil
		}
		_, err = l.run(ctx, n)
		if err == nil {
			counted[n], err = calls.Read()
		}
		calls.Close()
		if err != nil {
			return err
		}
	}
	l.out.Values["syscalls/op"] = perOp(counted[1], counted[0], r.N)
	return nil
}

// perOp spreads what a period counted beyond an empty one over its operations.
func perOp(counted, idle uint64, ops int) float64 {
	if counted <= idle {
		return 0
	}
	return float64(counted-idle) / float64(ops)
}

// run runs a period of n batches.
func (l *leading) run(ctx context.Context, n int) (p period, err error) {
	before, err := l.exited()
	if err != nil {
		return p, err
	}
	l.asked++
	text, err := l.ask(ctx, fmt.Sprintf("run %d %d", l.asked, n), fmt.Sprintf("done %d ", l.asked))
	if err != nil {
		return p, err
	}
	after, err := l.exited()
	if err != nil {
		return p, err
	}
	p.exits = exits{after.all - before.all, after.ticks - before.ticks}
	p.ns, err = parseDone(text, n)
	return p, err
}

// exited are the VM exits so far.
func (l *leading) exited() (exits, error) {
	if !l.server.HasMonitor() {
		return exits{}, nil
	}
	s, err := l.server.Monitor()
	if err != nil {
		return exits{}, err
	}
	return exits{s.VMExits, s.Exits[tickExits]}, nil
}

// ask writes a line to the program and waits for the one that answers.
func (l *leading) ask(ctx context.Context, line, answer string) (string, error) {
	if _, err := l.input.WriteString(line + "\n"); err != nil {
		return "", fmt.Errorf("lead the program: %w", err)
	}
	return l.server.Line(ctx, answer)
}
