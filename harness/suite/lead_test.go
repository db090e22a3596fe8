package suite

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"unibench/harness/record"
	"unibench/harness/target"
)

// TestMicros: the suites and the program know the same benchmarks.
func TestMicros(t *testing.T) {
	list := exec.Command("go", "run", "./workloads/micro", "-list")
	list.Dir = "../.."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	var program, own []string
	used := make(map[string]bool) // by pairs
	for line := range strings.Lines(string(out)) {
		program = append(program, strings.Fields(line)[0])
	}
	for _, b := range syscalls().Benchmarks {
		own = append(own, b.Name)
		if want := strings.HasSuffix(b.Name, "2"); (b.Workload.CPUs == 2) != want {
			t.Errorf("%s is for %d processors", b.Name, b.Workload.CPUs)
		}
	}
	for _, b := range pairs().Benchmarks {
		for _, side := range []Side{b.Pair.First, b.Pair.Second} {
			if !slices.Contains(program, side.name) {
				t.Errorf("the program has no %s for %s", side.name, b.Name)
			}
			used[side.name] = true
		}
	}
	program = slices.DeleteFunc(program, func(name string) bool { return !slices.Contains(own, name) && used[name] })
	if strings.Join(program, " ") != strings.Join(own, " ") {
		t.Errorf("the program has %v, the suite %v", program, own)
	}
	for _, a := range syscalls().Aims {
		if _, ok := syscalls().Benchmark(a.Benchmark); !ok || a.AtMost <= 0 {
			t.Errorf("aim of nothing: %+v", a)
		}
	}
}

func newPlan(t *testing.T, c Config, env *target.Env) *Plan {
	t.Helper()
	p, err := NewPlan(t.Context(), c, env, Origin{Start: time.Now(), Argv: []string{"bench"}, GoVersion: "go1.0"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestLead runs benchmarks of every kind once on the process.
func TestLead(t *testing.T) {
	env := testEnv(t)
	c := config()
	c.Suite, c.Run, c.Targets, c.Count, c.WarmUp, c.Timeout = "syscall", "^(Null|Stat|TimerLate|GC)$", []string{"process"}, 1, 0, 20*time.Second
	c.Load.Duration = 20 * time.Millisecond
	c.Placement.SUT, c.Placement.Bench = env.CPUs, env.CPUs
	d := runReady(t, newPlan(t, c, env), env)
	for _, tr := range d.Trials {
		if tr.Benchmark == "Stat" && strings.Contains(tr.Error, "no file system in memory") {
			continue
		}
		if tr.Status != record.Complete {
			t.Errorf("%s: %s: %s", tr.Benchmark, tr.Status, tr.Error)
			continue
		}
		if tr.Values["ns/op"] <= 0 || tr.Iters < batches {
			t.Errorf("%s: %v in %d operations", tr.Benchmark, tr.Values, tr.Iters)
		}
		if _, ok := tr.Values["vmexits/op"]; ok {
			t.Errorf("%s: VM exits without a VM: %v", tr.Benchmark, tr.Values)
		}
		for _, u := range []string{"cycles/op", "syscalls/op"} {
			_, value := tr.Values[u]
			if _, gap := tr.Gaps[u]; value == gap {
				t.Errorf("%s: %s: a value or a gap, not both or neither: %v, %v", tr.Benchmark, u, tr.Values, tr.Gaps)
			}
		}
		if v, ok := tr.Values["syscalls/op"]; ok && tr.Benchmark == "Null" && (v < 0.9 || v > 1.1) {
			t.Errorf("Null makes %v system calls", v)
		}
	}
}

// TestLeadFails: a program that says something else, or nothing, fails its trial
// and leaves nothing behind.
func TestLeadFails(t *testing.T) {
	env := testEnv(t)
	for name, tt := range map[string]struct{ source, want string }{
		"nonsense": {`println("x"); os.Stdout.WriteString("ready 7\n")`, "makes no sense"},
		"end":      {`os.Stderr.WriteString("cannot\n"); os.Exit(3)`, "cannot"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			program := "package main\n\nimport \"os\"\n\nfunc main() { os.Stdin.Read(make([]byte, 1)); " + tt.source + " }\n"
			if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o600); err != nil {
				t.Fatal(err)
			}
			c := config()
			c.Suite, c.Run, c.Targets, c.Count, c.WarmUp, c.Timeout = "syscall", "^Null$", []string{"process"}, 1, 0, 20*time.Second
			c.Load.Duration = 20 * time.Millisecond
			c.Placement.SUT, c.Placement.Bench = env.CPUs, env.CPUs
			p := newPlan(t, c, env)
			// The program that was built is replaced by another.
			bin := p.programs[key{"micro", "process"}].Command()[0]
			build := exec.Command("go", "build", "-o", bin, filepath.Join(dir, "main.go"))
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			d := runReady(t, p, env)
			if tr := d.Trials[0]; tr.Status != record.Errored || !strings.Contains(tr.Error, tt.want) {
				t.Errorf("trial %s: %q, want an error with %q", tr.Status, tr.Error, tt.want)
			}
		})
	}
}

// TestFit: what needs more processors than a run has is left out, with the reason.
func TestFit(t *testing.T) {
	env := testEnv(t)
	c := config()
	c.Suite, c.Run, c.Targets = "syscall", "^Chan2?$", []string{"process"}
	c.Load.Duration = 20 * time.Millisecond
	c.Placement.SUT, c.Placement.Bench = env.CPUs, env.CPUs
	d := newPlan(t, c, env)
	if len(d.Run.Benchmarks) != 1 || d.Run.Benchmarks[0].Name != "Chan" || d.Run.Benchmarks[0].Procs != 1 {
		t.Errorf("benchmarks %+v, want Chan alone", d.Run.Benchmarks)
	}
	if len(d.Run.Skipped) != 1 || d.Run.Skipped[0].Benchmark != "Chan2" || !strings.Contains(d.Run.Skipped[0].Reason, "-cpus") {
		t.Errorf("skipped %+v, want Chan2 and what to do", d.Run.Skipped)
	}
	c.Run = "^Chan2$"
	if _, err := NewPlan(t.Context(), c, env, Origin{}); !errors.Is(err, ErrNothing) {
		t.Errorf("NewPlan of Chan2 alone = %v, want ErrNothing", err)
	}
}
