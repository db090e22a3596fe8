package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"unibench/baselines/launch"
	"unibench/harness/host"
	"unibench/harness/record"
	"unibench/harness/trial"
	"unibench/libos/monitor"
)

// The tools of the library OS, in Env.Tools.
const (
	builder = "uni"
	vmm     = "uni-vmm"
)

// environment is what the baselines give the program, too.
const environment = "HOME=/"

// maxStatsBytes bounds the monitor's report; it is a few kilobytes.
const maxStatsBytes = 1 << 20

// unikernel runs the program in a virtual machine of its own, by the project's
// monitor.
type unikernel struct{ env *Env }

var _ Target = (*unikernel)(nil)

func (t *unikernel) Name() string { return "unikernel" }

func (t *unikernel) Check() error {
	for _, tool := range []string{builder, vmm} {
		if _, err := os.Stat(filepath.Join(t.env.Tools, tool)); err != nil {
			return fmt.Errorf("%w: there is no %s beside bench: build it with go build -o bin/ ./libos/cmd/%s", errNotHere, tool, tool)
		}
	}
	switch t.env.Host.KVM.Access {
	case host.AccessMissing:
		return fmt.Errorf("%w: /dev/kvm does not exist: enable virtualisation or use a host with KVM", errNotHere)
	case host.AccessDenied:
		return fmt.Errorf("%w: /dev/kvm cannot be opened: join its group or run as root", errNotHere)
	}
	return nil
}

func (t *unikernel) Traits() Traits {
	return Traits{
		MemoryBytes: t.env.MemoryBytes,
		CPUs:        len(t.env.CPUs),
		Isolation:   "virtual machine of its own",
		Inside:      "start and end of the monitor (" + vmm + "), set-up of the virtual machine",
		Remarks:     []string{"rss-B is the monitor's process and holds the virtual machine's memory as far as it was touched"},

		ServerMemoryBytes: t.env.MemoryBytes,
		Network:           "TCP/IP in the unikernel, virtio-net, TAP in the generator's namespace",
	}
}

func (t *unikernel) Prepare(ctx context.Context, w Workload) (Program, error) {
	image, err := t.env.unikernelImage(ctx, w)
	if err != nil {
		return nil, err
	}
	p := &unikernelProgram{
		vmm: filepath.Join(t.env.Tools, vmm), image: image.path, env: t.env, workload: w,
		stats: filepath.Join(t.env.dir(), w.Name+".uni.stats"),
	}
	tool, err := artefact(vmm, p.vmm)
	if err != nil {
		return nil, err
	}
	p.artefacts = named(t.Name(), append(slices.Clone(image.artefacts), tool))
	return p, t.env.spread(p.vmm, p.image)
}

// unikernelImage builds w as a unikernel, once.
func (e *Env) unikernelImage(ctx context.Context, w Workload) (*binary, error) {
	if b := e.images[w.Package]; b != nil {
		return b, nil
	}
	b := &binary{path: filepath.Join(e.dir(), w.Name+".uni")}
	for _, v := range variants(w, w.Name+".uni", b.path) {
		args := append([]string{filepath.Join(e.Tools, builder), "build", "-o", v.path}, e.flags(v)...)
		args = append(args, w.Package)
		if _, err := e.Runner.Run(ctx, trial.Command{Log: "build-" + e.own(filepath.Base(v.path)), Args: args, Dir: e.Source}); err != nil {
			return nil, err
		}
		a, err := artefact(v.name, v.path)
		if err != nil {
			return nil, err
		}
		b.artefacts = append(b.artefacts, a)
	}
	if e.images == nil {
		e.images = make(map[string]*binary)
	}
	e.images[w.Package] = b
	return b, nil
}

type unikernelProgram struct {
	env       *Env
	workload  Workload
	vmm       string
	image     string
	stats     string // written by the monitor in every start
	artefacts []record.Artefact
}

// command is the command line; more are flags of the monitor.
func (p *unikernelProgram) command(more ...string) []string {
	return p.plain(append([]string{"-stats", p.stats}, more...)...)
}

// plain is the command line without a report of the monitor.
func (p *unikernelProgram) plain(more ...string) []string {
	args := []string{
		p.vmm, "-mem", strconv.FormatInt(p.env.MemoryBytes>>20, 10) + "M", "-cpus", strconv.Itoa(len(p.env.Processors(p.workload))), "-env", environment,
	}
	args = append(append(args, more...), p.image)
	if given := p.env.arguments(p.workload); len(given) > 0 {
		args = append(append(args, "--"), given...)
	}
	return args
}

func (p *unikernelProgram) Command() []string {
	switch {
	case p.workload.Server:
		return p.command(serverFlags()...)
	case p.workload.Led:
		return p.command(statsFlags(fdLedStats)...)
	}
	return p.command()
}

func (p *unikernelProgram) Run(ctx context.Context) (*Observation, error) {
	if err := p.forget(); err != nil {
		return nil, err
	}
	res, err := launch.Run(ctx, launch.Spec{
		Path: p.vmm, Args: p.command(), Env: []string{environment}, Stdin: p.workload.Stdin, CPUs: p.env.Processors(p.workload),
		Delay: p.env.Plant.Delay[p.workload.Name],
	})
	o := observe(res)
	if err != nil {
		return o, err
	}
	o.Monitor, err = readStats(p.stats)
	return o, err
}

// forget removes the report of the start before: it must not pass for one of the
// next start.
func (p *unikernelProgram) forget() error {
	if err := os.Remove(p.stats); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget old statistics: %w", err)
	}
	return nil
}

func (p *unikernelProgram) Rotate(k int) error { return p.env.rotate(k, p.vmm, p.image) }

func (p *unikernelProgram) Artefacts() []record.Artefact { return p.artefacts }

// readStats reads the monitor's report.
func readStats(name string) (*monitor.Stats, error) {
	st, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("the monitor wrote no statistics: %w", err)
	}
	if st.Size() > maxStatsBytes {
		return nil, fmt.Errorf("the monitor's statistics have %d bytes, want at most %d", st.Size(), maxStatsBytes)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the monitor's statistics: %w", err)
	}
	var s monitor.Stats
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("read the monitor's statistics: %w", err)
	}
	return &s, checkVersion(&s)
}

func checkVersion(s *monitor.Stats) error {
	if s.Version != monitor.StatsVersion {
		return fmt.Errorf("the monitor's statistics have version %d, this bench reads version %d: build both again", s.Version, monitor.StatsVersion)
	}
	return nil
}

// observe wraps a result, which may be nil.
func observe(res *launch.Result) *Observation {
	if res == nil {
		return nil
	}
	return &Observation{Result: res}
}
