package target

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"unibench/baselines/launch"
	baseline "unibench/baselines/process"
	"unibench/baselines/scratch"
	"unibench/harness/netlab"
	"unibench/harness/record"
)

// process runs the static Linux binary with fork and execve.
type process struct {
	env     *Env
	noLimit bool // the memory of a server that was prepared is not limited
}

var _ Target = (*process)(nil)

func (t *process) Name() string { return "process" }

// Check has nothing to ask for: the harness itself needs Linux.
func (t *process) Check() error { return nil }

func (t *process) Traits() Traits {
	traits := Traits{
		CPUs: len(t.env.CPUs), Isolation: "none: kernel, files and network of the host",
		Network: "the kernel's TCP/IP in a network namespace, veth pair to the generator's",
	}
	if t.env.limitable() && !t.noLimit {
		traits.ServerMemoryBytes = t.env.MemoryBytes
	}
	return traits
}

func (t *process) Prepare(ctx context.Context, w Workload) (Program, error) {
	b, err := t.env.linuxBinary(ctx, w)
	if err != nil {
		return nil, err
	}
	p := &processProgram{
		env: t.env, workload: w,
		config:    baseline.Config{Binary: b.path, Args: t.env.arguments(w), Stdin: w.Stdin, CPUs: t.env.Processors(w)},
		artefacts: named(t.Name(), b.artefacts),
	}
	if w.lives() {
		p.memory, err = t.env.Scratch.NewMemoryGroup(t.env.own("process"), t.env.MemoryBytes)
		t.noLimit = errors.Is(err, scratch.ErrNoMemoryGroups)
		if err != nil && !t.noLimit {
			return nil, fmt.Errorf("limit memory of processes: %w", err)
		}
	}
	return p, t.env.spread(b.path)
}

type processProgram struct {
	env       *Env
	workload  Workload
	config    baseline.Config
	memory    *scratch.MemoryGroup // of servers; nil for no limit
	artefacts []record.Artefact
}

func (p *processProgram) Run(ctx context.Context) (*Observation, error) {
	c := p.config
	c.Delay = p.env.Plant.Delay[p.workload.Name]
	res, err := baseline.Run(ctx, c)
	return observe(res), err
}

func (p *processProgram) Link() netlab.LinkKind { return netlab.Veth }

func (p *processProgram) Serve(ctx context.Context, w *netlab.World) (*Server, error) {
	r, err := w.Start(ctx, netlab.SUT, p.config.Spec())
	if err != nil {
		return nil, err
	}
	return p.confined(r)
}

// Lead limits the memory while the program still waits for its first line.
func (p *processProgram) Lead(ctx context.Context, input *os.File) (*Server, error) {
	spec := p.config.Spec()
	spec.Input = input
	r, err := launch.Start(ctx, spec)
	if err != nil {
		return nil, err
	}
	return p.confined(r)
}

// Crowd starts instances whose memory is not limited: the group of servers would limit
// all together.
func (p *processProgram) Crowd(n int) ([]Start, error) {
	return repeated(n, func(ctx context.Context, input *os.File) (*Server, error) {
		spec := p.config.Spec()
		spec.Input, spec.Bare = input, true
		r, err := launch.Start(ctx, spec)
		if err != nil {
			return nil, err
		}
		return &Server{running: r}, nil
	}), nil
}

// repeated is n times the same.
func repeated(n int, s Start) []Start { return slices.Repeat([]Start{s}, n) }

// confined limits the memory of a program that was just started.
func (p *processProgram) confined(r *launch.Running) (*Server, error) {
	if p.memory != nil {
		if err := p.memory.Add(r.PID()); err != nil {
			r.Kill()
			_, werr := r.Wait()
			return nil, errors.Join(err, werr)
		}
	}
	return &Server{running: r}, nil
}

func (p *processProgram) Command() []string {
	return append([]string{p.config.Binary}, p.config.Args...)
}

func (p *processProgram) Rotate(k int) error { return p.env.rotate(k, p.config.Binary) }

func (p *processProgram) Artefacts() []record.Artefact { return p.artefacts }
