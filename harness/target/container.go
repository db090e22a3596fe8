package target

import (
	"context"
	"fmt"
	"os"
	"slices"

	baseline "unibench/baselines/container"
	"unibench/harness/netlab"
	"unibench/harness/record"
)

// Runtimes lists the container runtimes that are known to work, the default
// first.
func Runtimes() []string { return []string{"crun", "runc"} }

// containerTarget runs the static Linux binary in a minimal OCI container.
type containerTarget struct {
	env    *Env
	noUser bool // a container that was prepared has no user namespace
}

var _ Target = (*containerTarget)(nil)

func (t *containerTarget) Name() string { return "container" }

func (t *containerTarget) Check() error {
	name := t.env.Runtime
	if !slices.Contains(Runtimes(), name) {
		return fmt.Errorf("%w: container runtime %q is not one of %v", errNotHere, name, Runtimes())
	}
	if _, err := t.env.LookPath(name); err != nil {
		return fmt.Errorf("%w: %s is not installed: install the package %s (scripts/setup does) or choose another with -runtime", errNotHere, name, name)
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("%w: containers need root: run bench as root", errNotHere)
	}
	if t.env.Host.Cgroup.Mode == "none" {
		return fmt.Errorf("%w: no control groups are mounted: mount /sys/fs/cgroup", errNotHere)
	}
	return nil
}

func (t *containerTarget) Traits() Traits {
	namespaces := "own pid, mount, network, ipc, uts and user namespaces"
	if t.noUser {
		namespaces = "own pid, mount, network, ipc and uts namespaces, no user namespace"
	}
	return Traits{
		MemoryBytes: t.env.MemoryBytes,
		CPUs:        len(t.env.CPUs),
		Isolation:   namespaces + ", own control group, no capabilities; kernel of the host",
		Inside:      "start and end of " + t.env.Runtime + ", set-up and removal of the container",
		Remarks:     []string{"rss-B is the largest process, of the runtime and the program; the runtime stays while the program runs"},

		ServerMemoryBytes: t.env.MemoryBytes,
		Network:           "the kernel's TCP/IP in a network namespace, veth pair to the generator's",
	}
}

func (t *containerTarget) Prepare(ctx context.Context, w Workload) (Program, error) {
	b, err := t.env.linuxBinary(ctx, w)
	if err != nil {
		return nil, err
	}
	runtime, err := t.env.LookPath(t.env.Runtime)
	if err != nil {
		return nil, fmt.Errorf("find container runtime: %w", err)
	}
	config := baseline.Config{
		Runtime: runtime, Binary: b.path, Name: t.env.own("bundle-" + w.Name), Args: w.Args, Stdin: w.Stdin,
		CPUs: t.env.Processors(w), MemoryBytes: t.env.MemoryBytes, Network: w.Server, Memory: w.Files,
	}
	if w.lives() {
		config.ProbeArgs = []string{"-h"}
	}
	bundle, err := baseline.NewBundle(ctx, t.env.Scratch, config)
	if err != nil {
		return nil, fmt.Errorf("prepare container: %w", err)
	}
	t.noUser = t.noUser || !bundle.UserNamespace
	return &containerProgram{bundle: bundle, artefacts: named(t.Name(), b.artefacts)}, nil
}

type containerProgram struct {
	bundle    *baseline.Bundle
	artefacts []record.Artefact
}

func (p *containerProgram) Run(ctx context.Context) (*Observation, error) {
	res, err := p.bundle.Run(ctx)
	o := observe(res)
	if o != nil && p.bundle.Note != "" {
		o.Warnings = append(o.Warnings, p.bundle.Note)
	}
	return o, err
}

func (p *containerProgram) Link() netlab.LinkKind { return netlab.Veth }

func (p *containerProgram) Serve(ctx context.Context, w *netlab.World) (*Server, error) {
	return p.start(ctx, baseline.StartOptions{NetNS: w.NetNS(netlab.SUT)})
}

func (p *containerProgram) Lead(ctx context.Context, input *os.File) (*Server, error) {
	return p.start(ctx, baseline.StartOptions{Input: input})
}

func (p *containerProgram) Crowd(n int) ([]Start, error) {
	var out []Start
	for i := range n {
		b, err := p.bundle.Instance(i)
		if err != nil {
			return nil, fmt.Errorf("prepare container: %w", err)
		}
		one := &containerProgram{bundle: b}
		out = append(out, func(ctx context.Context, input *os.File) (*Server, error) {
			return one.start(ctx, baseline.StartOptions{Input: input, Bare: true})
		})
	}
	return out, nil
}

func (p *containerProgram) start(ctx context.Context, o baseline.StartOptions) (*Server, error) {
	r, err := p.bundle.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	return &Server{running: r, finish: func(o *Observation) error {
		if p.bundle.Note != "" {
			o.Warnings = append(o.Warnings, p.bundle.Note)
		}
		return nil
	}}, nil
}

func (p *containerProgram) Command() []string { return p.bundle.Command() }

// Rotate does nothing: the program is inside a root file system that is made once.
func (p *containerProgram) Rotate(int) error { return nil }

func (p *containerProgram) Artefacts() []record.Artefact { return p.artefacts }
