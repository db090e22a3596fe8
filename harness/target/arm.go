package target

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"unibench/harness/record"
)

// Build is one build of the project.
type Build struct {
	Source string // folder of the module that the workloads belong to
	Tools  string // folder of uni and uni-vmm
}

// Plant is a slowdown that is put in on purpose, to see whether it is found.
type Plant struct {
	// Share makes programs that are led slower, by themselves, and the Wire of
	// servers; 0 for none.
	Share float64
	// Wire, if not 0, is what the network delays frames by, each way, on both
	// builds; by Share more on the one that is slowed down.
	Wire time.Duration
	// Delay holds back the start of programs that end by themselves, in the
	// launcher; by workload.
	Delay map[string]time.Duration
}

// Arms returns an environment that compares two builds: this one and, as its
// baseline, other. Both get copies of their tools in folders of their own whose names
// are equally long, so that neither is closer or warmer than the other. A layout
// other than 0 is the seed by which the linker orders the functions of programs, of
// both.
func (e *Env) Arms(other Build, layout uint64) (*Env, error) {
	made := func(b Build, arm string) (*Env, error) {
		c := *e
		c.Source, c.layout, c.binaries, c.images = b.Source, layout, nil, nil
		c.arm = fmt.Sprintf("layout%d-%s", layout, arm)
		c.Tools = filepath.Join(c.dir(), "tools")
		if err := os.MkdirAll(c.Tools, 0o755); err != nil {
			return nil, fmt.Errorf("make folder of tools: %w", err)
		}
		for _, tool := range []string{builder, vmm} {
			err := copyTool(filepath.Join(c.Tools, tool), filepath.Join(b.Tools, tool))
			if err != nil && !os.IsNotExist(err) { // Check says so where it matters
				return nil, fmt.Errorf("copy the tools of the build: %w", err)
			}
		}
		return &c, nil
	}
	next, err := made(Build{e.Source, e.Tools}, "new")
	if err != nil {
		return nil, err
	}
	next.Baseline, err = made(other, "old")
	return next, err
}

func copyTool(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return err
}

// dir is where this environment builds.
func (e *Env) dir() string { return filepath.Join(e.Scratch.Dir(), e.arm) }

// own makes a name unique among the arms.
func (e *Env) own(name string) string {
	if e.arm == "" {
		return name
	}
	return name + "-" + e.arm
}

// flags are those of go build. The folder of the source must not tell two builds
// apart, so it is left out of both.
func (e *Env) flags(v variant) []string {
	out := buildFlags()
	if e.arm != "" {
		out = append(out, "-trimpath")
	}
	link := v.link
	if e.layout != 0 {
		link = append(slices.Clone(link), "-randlayout="+strconv.FormatUint(e.layout, 10))
	}
	return append(out, ldflags(link)...)
}

// arguments are those of a start of w.
func (e *Env) arguments(w Workload) []string {
	if !w.Led || e.Plant.Share == 0 {
		return w.Args
	}
	return append(slices.Clone(w.Args), "-slow", strconv.FormatFloat(e.Plant.Share, 'g', -1, 64))
}

// arm is a target that runs the other build.
type arm struct{ Target }

func (a *arm) Name() string { return a.Target.Name() + record.BaselineSuffix }

func (a *arm) Prepare(ctx context.Context, w Workload) (Program, error) {
	p, err := a.Target.Prepare(ctx, w)
	if err != nil {
		return nil, fmt.Errorf("baseline: %w", err)
	}
	return &armProgram{Program: p, artefacts: named(a.Name(), p.Artefacts())}, nil
}

type armProgram struct {
	Program
	artefacts []record.Artefact
}

func (p *armProgram) Artefacts() []record.Artefact { return p.artefacts }
