package target

import (
	"context"

	baseline "unibench/baselines/process"
	"unibench/harness/record"
)

// process runs the static Linux binary with fork and execve.
type process struct{ env *Env }

var _ Target = (*process)(nil)

func (t *process) Name() string { return "process" }

// Check has nothing to ask for: the harness itself needs Linux.
func (t *process) Check() error { return nil }

func (t *process) Traits() Traits {
	return Traits{CPUs: len(t.env.CPUs), Isolation: "none: kernel, files and network of the host"}
}

func (t *process) Prepare(ctx context.Context, w Workload) (Program, error) {
	b, err := t.env.linuxBinary(ctx, w)
	if err != nil {
		return nil, err
	}
	return &processProgram{
		config:    baseline.Config{Binary: b.path, Args: w.Args, Stdin: w.Stdin, CPUs: t.env.CPUs},
		artefacts: named(t.Name(), b.artefacts),
	}, nil
}

type processProgram struct {
	config    baseline.Config
	artefacts []record.Artefact
}

func (p *processProgram) Run(ctx context.Context) (*Observation, error) {
	res, err := baseline.Run(ctx, p.config)
	return observe(res), err
}

func (p *processProgram) Command() []string {
	return append([]string{p.config.Binary}, p.config.Args...)
}

func (p *processProgram) Artefacts() []record.Artefact { return p.artefacts }
