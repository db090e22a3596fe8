package suite

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"unibench/baselines/launch"
	"unibench/baselines/scratch"
	"unibench/harness/host"
	"unibench/harness/record"
	"unibench/harness/target"
	"unibench/harness/trial"
	"unibench/libos/monitor"
)

func config() Config {
	return Config{
		Suite: "boot", Targets: []string{"process", "container"}, Count: 2, WarmUp: 1, Order: trial.Random, Seed: 1,
		Placement: host.Placement{SUT: []int{0}, Bench: []int{0}}, Runtime: "crun", Memory: 64 << 20, Timeout: time.Second,
	}
}

func TestResolve(t *testing.T) {
	c := config()
	c.Run = "Fmt$"
	s, err := c.Resolve()
	if err != nil || len(s.Benchmarks) != 1 || s.Benchmarks[0].Name != "HelloFmt" {
		t.Errorf("Resolve(-run Fmt$) = %v, %v", s.Benchmarks, err)
	}
	for want, change := range map[string]func(*Config){
		"unknown suite":             func(c *Config) { c.Suite = "x" },
		"matches no benchmark":      func(c *Config) { c.Run = "x" },
		"unknown target":            func(c *Config) { c.Targets = []string{"x"} },
		"named twice":               func(c *Config) { c.Targets = []string{"process", "process"} },
		"no target":                 func(c *Config) { c.Targets = nil },
		"-count":                    func(c *Config) { c.Count = 0 },
		"-warmup":                   func(c *Config) { c.WarmUp = -1 },
		"-timeout":                  func(c *Config) { c.Timeout = 0 },
		"unknown container runtime": func(c *Config) { c.Runtime = "x" },
		"unknown order":             func(c *Config) { c.Order = "x" },
		"two targets":               func(c *Config) { c.Order, c.Targets = trial.ABBA, []string{"process"} },
	} {
		c := config()
		change(&c)
		if _, err := c.Resolve(); !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("Resolve = %v, want ErrUsage with %q", err, want)
		}
	}
}

// TestConfigSurvivesStorage: a resumed run reads its configuration from disk.
func TestConfigSurvivesStorage(t *testing.T) {
	c := config()
	j, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var got Config
	if err := json.Unmarshal(j, &got); err != nil || !cmp.Equal(got, c) {
		t.Errorf("read back %+v, %v; want %+v", got, err, c)
	}
}

func TestBootValues(t *testing.T) {
	base := launch.Result{Start: 1000, FirstByte: 4000, End: 5000, CPU: 2 * time.Microsecond, Voluntary: 3, Involuntary: 4, PeakRSSBytes: 99}
	silent := base
	silent.FirstByte, silent.PeakRSSBytes = 0, 0
	tests := []struct {
		name   string
		o      target.Observation
		values map[string]float64
		phases []record.Phase
	}{
		{"process", target.Observation{Result: &base},
			map[string]float64{"boot-first-ns": 3000, "boot-total-ns": 4000, "boot-cpu-ns": 2000, "ctxsw/op": 7, "rss-B": 99},
			[]record.Phase{{Name: "exec"}, {Name: "first-byte", AtNS: 3000}, {Name: "end", AtNS: 4000}}},
		{"nothing seen is absent, not 0", target.Observation{Result: &silent},
			map[string]float64{"boot-total-ns": 4000, "boot-cpu-ns": 2000, "ctxsw/op": 7},
			[]record.Phase{{Name: "exec"}, {Name: "end", AtNS: 4000}}},
		{"unikernel", target.Observation{Result: &base, Monitor: &monitor.Stats{MonitorStart: 1500, FirstRun: 2000, GuestEntry: 2100, GuestMain: 3000, VMExits: 6}},
			map[string]float64{"boot-first-ns": 3000, "boot-total-ns": 4000, "boot-cpu-ns": 2000, "ctxsw/op": 7, "rss-B": 99,
				"boot-vmm-ns": 1000, "boot-main-ns": 2000, "boot-guest-ns": 1000, "vmexits/op": 6},
			[]record.Phase{{Name: "exec"}, {Name: "monitor-start", AtNS: 500}, {Name: "first-run", AtNS: 1000}, {Name: "guest-entry", AtNS: 1100},
				{Name: "main", AtNS: 2000}, {Name: "first-byte", AtNS: 3000}, {Name: "end", AtNS: 4000}}},
		{"unikernel that never ran", target.Observation{Result: &silent, Monitor: &monitor.Stats{MonitorStart: 1500}},
			map[string]float64{"boot-total-ns": 4000, "boot-cpu-ns": 2000, "ctxsw/op": 7, "vmexits/op": 0},
			[]record.Phase{{Name: "exec"}, {Name: "monitor-start", AtNS: 500}, {Name: "end", AtNS: 4000}}},
	}
	s := boot()
	for _, tt := range tests {
		values, phases := bootValues(&tt.o)
		if d := cmp.Diff(tt.values, values); d != "" {
			t.Errorf("%s: values (-want +got):\n%s", tt.name, d)
		}
		if d := cmp.Diff(tt.phases, phases); d != "" {
			t.Errorf("%s: phases (-want +got):\n%s", tt.name, d)
		}
		for u := range values {
			if _, ok := (&record.Run{Units: s.Units}).Unit(u); !ok {
				t.Errorf("%s: unit %s is not declared by the suite", tt.name, u)
			}
		}
	}
}

// TestExpectations runs the workloads and compares what they print with what the
// suite will demand of every trial.
func TestExpectations(t *testing.T) {
	for _, s := range All() {
		for _, b := range s.Benchmarks {
			if b.Load != nil || b.Led != nil || b.Crowd != nil {
				continue // the load generator checks every answer, and so does the program itself
			}
			bin := filepath.Join(t.TempDir(), b.Name)
			build := exec.Command("go", "build", "-o", bin, b.Workload.Package)
			build.Dir = "../.."
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("build %s: %v\n%s", b.Workload.Package, err, out)
			}
			r, err := launch.Run(t.Context(), launch.Spec{Path: bin, Args: append([]string{b.Name}, b.Workload.Args...), Stdin: b.Workload.Stdin})
			if err != nil {
				t.Fatal(err)
			}
			if err := b.Expect.Check(r.Stdout, r.Stderr, r.ExitStatus); err != nil {
				t.Errorf("%s/%s: %v", s.Name, b.Name, err)
			}
		}
	}
}

func testEnv(t *testing.T) *target.Env {
	t.Helper()
	snap, err := host.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sc, err := scratch.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sc.Close(); err != nil {
			t.Error(err)
		}
	})
	return &target.Env{
		Runner: &trial.Runner{Env: os.Environ()}, Scratch: sc, Source: "../..", Tools: t.TempDir(), Host: snap,
		MemoryBytes: 64 << 20, Runtime: "crun", LookPath: exec.LookPath, CPUs: firstCPU(t),
	}
}

func firstCPU(t *testing.T) []int {
	t.Helper()
	allowed, err := host.AllowedCPUs()
	if err != nil {
		t.Fatal(err)
	}
	return allowed[:1]
}

func TestFloor(t *testing.T) {
	note, err := measureFloor(t.Context(), testEnv(t))
	if err != nil || !strings.Contains(note, "static program of 144 bytes") {
		t.Errorf("measureFloor = %q, %v", note, err)
	}
}

func TestPlan(t *testing.T) {
	env := testEnv(t)
	c := config()
	c.Targets = []string{"unikernel", "process"}
	origin := Origin{Start: time.Now(), Argv: []string{"bench"}, GoVersion: "go1.0"}
	p, err := NewPlan(t.Context(), c, env, origin)
	if err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(p.Run.Targets, []string{"process"}) || len(p.Run.Skipped) != 1 || p.Run.Skipped[0].Target != "unikernel" || len(p.Schedule) != 9 {
		t.Errorf("targets %v, skipped %v, %d slots", p.Run.Targets, p.Run.Skipped, len(p.Schedule))
	}
	if err := p.Run.Validate(); err != nil {
		t.Errorf("Validate = %v", err)
	}
	if len(p.Run.Artefacts) != 5 { // two programs, each also stripped, and that of many instances
		t.Errorf("artefacts = %+v", p.Run.Artefacts)
	}
	if err := p.Matches(p.Run); err != nil {
		t.Errorf("Matches of itself = %v", err)
	}
	for name, change := range map[string]func(*record.Run){
		"class": func(r *record.Run) { r.HostClass = "x" }, "keys": func(r *record.Run) { r.Keys.Go = "go9" },
		"version": func(r *record.Run) { r.SuiteVersion = "0" }, "targets": func(r *record.Run) { r.Targets = []string{"process", "unikernel"} },
		"artefact": func(r *record.Run) { r.Artefacts = []record.Artefact{{Name: "Hello", SHA256: "0"}} },
	} {
		stored := p.Run
		change(&stored)
		if err := p.Matches(stored); err == nil {
			t.Errorf("Matches of a run with another %s succeeded", name)
		}
	}

	c.Targets = []string{"unikernel"}
	if _, err := NewPlan(t.Context(), c, env, origin); !errors.Is(err, ErrNothing) || !strings.Contains(err.Error(), "there is no uni") {
		t.Errorf("NewPlan without a usable target = %v, want ErrNothing and the reason", err)
	}
}

func TestReadCommit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	env := &target.Env{Source: dir, Runner: &trial.Runner{Env: append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))}}
	if c, err := ReadCommit(t.Context(), env); err != nil || c != (Commit{}) {
		t.Errorf("ReadCommit outside a repository = %+v, %v", c, err)
	}
	write := func(name string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git := func(args ...string) {
		t.Helper()
		args = append([]string{"git", "-c", "user.name=a", "-c", "user.email=a@b"}, args...)
		if _, err := env.Runner.Run(t.Context(), trial.Command{Args: args, Dir: dir}); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q")
	write("file")
	git("add", ".")
	git("commit", "-q", "-m", "x")
	write("results/boot/run.json")
	if c, err := ReadCommit(t.Context(), env); err != nil || len(c.ID) < 40 || c.Dirty {
		t.Errorf("ReadCommit with new results only = %+v, %v; want it clean", c, err)
	}
	write("other")
	if c, err := ReadCommit(t.Context(), env); err != nil || !c.Dirty || len(c.DirtyHash) != 64 {
		t.Errorf("ReadCommit with a new file = %+v, %v; want it dirty", c, err)
	}
}
