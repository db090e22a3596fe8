package target

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unibench/baselines/scratch"
	"unibench/harness/host"
	"unibench/harness/record"
	"unibench/harness/trial"
)

// armed returns an environment of two builds with made-up tools.
func armed(t *testing.T, layout uint64) *Env {
	t.Helper()
	temp := t.TempDir()
	s, err := scratch.New(temp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	env := &Env{Scratch: s, Runner: &trial.Runner{}, Host: &host.Snapshot{}, Source: "new-source", CPUs: []int{0}}
	other := Build{Source: "old-source"}
	for name, dir := range map[string]*string{"new": &env.Tools, "old": &other.Tools} {
		*dir = filepath.Join(temp, name)
		if err := os.Mkdir(*dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, tool := range []string{builder, vmm} {
			if err := os.WriteFile(filepath.Join(*dir, tool), []byte(name+tool), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	arms, err := env.Arms(other, layout)
	if err != nil {
		t.Fatal(err)
	}
	return arms
}

// TestArms: every target has one of the other build beside it, and nothing but the
// build tells the two apart.
func TestArms(t *testing.T) {
	e := armed(t, 0)
	var names []string
	for _, a := range All(e) {
		names = append(names, a.Name())
	}
	want := []string{"unikernel", "unikernel@baseline", "process", "process@baseline", "container", "container@baseline"}
	if d := cmp.Diff(want, names); d != "" {
		t.Errorf("All (-want +got):\n%s", d)
	}
	for _, tt := range []struct {
		e    *Env
		want string
	}{{e, "new"}, {e.Baseline, "old"}} {
		b, err := os.ReadFile(filepath.Join(tt.e.Tools, vmm))
		if err != nil || string(b) != tt.want+vmm || tt.e.Source != tt.want+"-source" {
			t.Errorf("tools %q, %v of source %s; want those of the %s build", b, err, tt.e.Source, tt.want)
		}
	}
	if a, b := e.dir(), e.Baseline.dir(); a == b || len(a) != len(b) || len(e.own("x")) != len(e.Baseline.own("x")) {
		t.Errorf("folders %s and %s: want two of the same length", a, b)
	}
	if got := e.Baseline.Hide("at old-source/x"); got != "at $SOURCE/x" || e.Hide("at old-source/x") != got {
		t.Errorf("Hide = %q", got)
	}
}

func TestArmsFlags(t *testing.T) {
	stripped := variants(Workload{Name: "Hello"}, "Hello", "x")[1]
	plain := variant{}
	for _, tt := range []struct {
		e    *Env
		v    variant
		want string
	}{
		{&Env{}, plain, "-buildvcs=false"},
		{&Env{}, stripped, "-buildvcs=false|-ldflags=-s -w"},
		{armed(t, 0), plain, "-buildvcs=false|-trimpath"},
		{armed(t, 7).Baseline, plain, "-buildvcs=false|-trimpath|-ldflags=-randlayout=7"},
		{armed(t, 7), stripped, "-buildvcs=false|-trimpath|-ldflags=-s -w -randlayout=7"},
	} {
		if got := strings.Join(tt.e.flags(tt.v), "|"); got != tt.want {
			t.Errorf("flags = %s, want %s", got, tt.want)
		}
	}
}

// TestPlant: only programs that are led hear of a slowdown, and only of one.
func TestPlant(t *testing.T) {
	e := armed(t, 0)
	e.Plant.Share = 0.05
	led := Workload{Led: true, Args: []string{"a"}}
	if got := e.arguments(led); !slices.Equal(got, []string{"a", "-slow", "0.05"}) {
		t.Errorf("arguments = %q", got)
	}
	for name, got := range map[string][]string{
		"baseline": e.Baseline.arguments(led), "ending": e.arguments(Workload{Args: []string{"a"}}), "none": (&Env{}).arguments(led),
	} {
		if !slices.Equal(got, []string{"a"}) {
			t.Errorf("arguments of %s = %q", name, got)
		}
	}
}

type fakeTarget struct{ Target }

func (fakeTarget) Name() string { return "x" }
func (fakeTarget) Prepare(context.Context, Workload) (Program, error) {
	return &processProgram{artefacts: []record.Artefact{{Name: "a", Target: "x"}}}, nil
}

func TestArmArtefacts(t *testing.T) {
	p, err := (&arm{fakeTarget{}}).Prepare(t.Context(), Workload{})
	if err != nil || p.Artefacts()[0].Target != "x@baseline" {
		t.Errorf("artefacts %+v, %v", p.Artefacts(), err)
	}
}

// TestRotate: each turn starts another copy, with the same bytes, and a plain environment,
// whose tools are the user's, is left alone.
func TestRotate(t *testing.T) {
	e := armed(t, 0)
	path := filepath.Join(e.Tools, vmm)
	if err := e.spread(path); err != nil {
		t.Fatal(err)
	}
	seen := make(map[uint64]bool)
	for k := range 2*copyCount + 1 {
		for range 2 { // the second puts a copy where it is already
			if err := e.rotate(k, path); err != nil {
				t.Fatal(err)
			}
		}
		st, err := os.Stat(path)
		if err != nil || st.Mode().Perm() != 0o755 {
			t.Fatalf("%v, %v", st, err)
		}
		seen[st.Sys().(*syscall.Stat_t).Ino] = true
		if b, err := os.ReadFile(path); err != nil || string(b) != "new"+vmm {
			t.Errorf("turn %d: %q, %v", k, b, err)
		}
	}
	if len(seen) != copyCount {
		t.Errorf("%d files were started, want %d", len(seen), copyCount)
	}
	plain := &Env{Tools: t.TempDir()}
	if err := errors.Join(plain.spread(path), plain.rotate(1, filepath.Join(plain.Tools, vmm))); err != nil {
		t.Errorf("without a baseline: %v", err)
	}
}
