package target

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"unibench/baselines/scratch"
	"unibench/harness/host"
	"unibench/harness/record"
	"unibench/harness/trial"
)

// Env is what targets work with. The command makes it; targets share it and
// change nothing of it but the cache of binaries.
type Env struct {
	Runner  *trial.Runner
	Scratch *scratch.Scratch
	Source  string // folder of the module that the workloads belong to
	Tools   string // folder of uni and uni-vmm
	Host    *host.Snapshot
	CPUs    []int // of the system under test
	// Spare are further processors, which only programs get that need more than
	// CPUs: those of the harness, which waits while a program runs.
	Spare []int

	MemoryBytes int64  // of every target that can be limited
	Runtime     string // container runtime: crun or runc
	// Generator is the command line of the load generator.
	Generator []string
	// Relay is that of the relay of a network that delays.
	Relay []string
	// LookPath finds a program of the host.
	LookPath func(name string) (string, error)

	// Baseline is the environment of the other build, where two are compared:
	// every target then has one beside it that runs that. See Arms.
	Baseline *Env
	// Plant slows down what this environment runs, and not its Baseline.
	Plant Plant

	arm      string // folder below Scratch; empty where one build is measured
	layout   uint64
	binaries map[string]*binary
	images   map[string]*binary // of unikernels
}

// Processors returns those that a program of w runs on, or too few.
func (e *Env) Processors(w Workload) []int {
	if w.CPUs == 0 {
		return e.CPUs
	}
	all := slices.Clone(e.CPUs)
	for _, c := range e.Spare {
		if !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return all[:min(len(all), w.CPUs)]
}

// binary is a program that was built: a static one for Linux by the plain go
// command, or a unikernel.
type binary struct {
	path      string
	artefacts []record.Artefact // the binary, and the same stripped
}

// Flags of go build for every target. Plain defaults, but for the stamp of the
// repository's state: it would change with every results folder that is written.
func buildFlags() []string { return []string{"-buildvcs=false"} }

// stripFlags are the linker's that leave out symbols and debugging information.
func stripFlags() []string { return []string{"-s", "-w"} }

// ldflags hands flags to the linker.
func ldflags(flags []string) []string {
	if len(flags) == 0 {
		return nil
	}
	return []string{"-ldflags=" + strings.Join(flags, " ")}
}

// variant is one way to build a program.
type variant struct {
	name, path string
	link       []string // flags of the linker
}

// variants returns what is built of a program: as by default and, where the size
// is measured, stripped.
func variants(w Workload, name, path string) []variant {
	out := []variant{{name, path, nil}}
	if !w.lives() {
		out = append(out, variant{name + " (stripped)", path + "-stripped", stripFlags()})
	}
	return out
}

// linuxBinary builds w as a static Linux program, once.
func (e *Env) linuxBinary(ctx context.Context, w Workload) (*binary, error) {
	if b := e.binaries[w.Package]; b != nil {
		return b, nil
	}
	b := &binary{path: filepath.Join(e.dir(), w.Name)}
	for _, v := range variants(w, w.Name, b.path) {
		args := append([]string{"go", "build", "-o", v.path}, e.flags(v)...)
		args = append(args, w.Package)
		_, err := e.Runner.Run(ctx, trial.Command{Log: "build-" + e.own(filepath.Base(v.path)), Args: args, Dir: e.Source, Env: []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64"}})
		if err != nil {
			return nil, err
		}
		a, err := artefact(v.name, v.path)
		if err != nil {
			return nil, err
		}
		b.artefacts = append(b.artefacts, a)
	}
	if e.binaries == nil {
		e.binaries = make(map[string]*binary)
	}
	e.binaries[w.Package] = b
	return b, nil
}

// limitable reports whether the memory of a process can be limited here.
func (e *Env) limitable() bool {
	mode := e.Host.Cgroup.Mode
	return mode == "v1" || mode == "hybrid"
}

// Hide replaces the folders of this host in a text that is to be published.
func (e *Env) Hide(text string) string {
	var pairs []string
	add := func(dir, name string) {
		if len(dir) > 1 {
			pairs = append(pairs, dir, name)
		}
	}
	if e.Scratch != nil {
		add(e.Scratch.Dir(), "$SCRATCH")
	}
	add(e.Tools, "$TOOLS") // first: it may lie below the source
	add(e.Source, "$SOURCE")
	if e.Baseline != nil {
		add(e.Baseline.Source, "$SOURCE")
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// artefact describes a file that was built.
func artefact(name, path string) (record.Artefact, error) {
	f, err := os.Open(path)
	if err != nil {
		return record.Artefact{}, fmt.Errorf("read what was built: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return record.Artefact{}, fmt.Errorf("read what was built: %w", err)
	}
	return record.Artefact{Name: name, SHA256: hex.EncodeToString(h.Sum(nil)), Bytes: n}, nil
}

// named returns copies of artefacts that bear the target's name.
func named(target string, artefacts []record.Artefact) []record.Artefact {
	var out []record.Artefact
	for _, a := range artefacts {
		a.Target = target
		out = append(out, a)
	}
	return out
}

// All lists the targets, in the order of tables.
func All(e *Env) []Target {
	all := func(e *Env) []Target {
		return []Target{
			&unikernel{e},
			&process{env: e},
			&containerTarget{env: e},
		}
	}
	if e == nil || e.Baseline == nil {
		return all(e)
	}
	var out []Target
	other := all(e.Baseline)
	for i, t := range all(e) {
		out = append(out, t, &arm{other[i]})
	}
	return out
}

// Names lists the targets' names.
func Names() []string {
	var out []string
	for _, t := range All(nil) {
		out = append(out, t.Name())
	}
	return out
}

// Base is the name of the target that others are compared with where it is
// among them.
const Base = "process"

// errNotHere marks reasons of Check.
var errNotHere = errors.New("not on this host")
