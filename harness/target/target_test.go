package target

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unibench/harness/host"
	"unibench/harness/record"
)

func TestNames(t *testing.T) {
	if d := cmp.Diff([]string{"unikernel", "process", "container"}, Names()); d != "" {
		t.Errorf("Names (-want +got):\n%s", d)
	}
}

func found(string) (string, error) { return "/bin/x", nil }

func TestUnikernelCheck(t *testing.T) {
	dir := t.TempDir()
	env := &Env{Tools: dir, Host: &host.Snapshot{KVM: host.KVM{Access: host.AccessOK}}}
	check := func(want string) {
		t.Helper()
		err := (&unikernel{env}).Check()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("Check = %v, want %q", err, want)
		}
	}
	check("go build -o bin/ ./libos/cmd/uni")
	for _, tool := range []string{"uni", "uni-vmm"} {
		if err := os.WriteFile(filepath.Join(dir, tool), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	check("")
	env.Host.KVM.Access = host.AccessDenied
	check("run as root")
	env.Host.KVM.Access = host.AccessMissing
	check("/dev/kvm does not exist")
}

func TestContainerCheck(t *testing.T) {
	env := &Env{Host: &host.Snapshot{Cgroup: host.Cgroup{Mode: "hybrid"}}, Runtime: "crun", LookPath: func(string) (string, error) { return "", os.ErrNotExist }}
	c := &containerTarget{env: env}
	if err := c.Check(); err == nil || !strings.Contains(err.Error(), "install the package crun") {
		t.Errorf("Check without crun = %v", err)
	}
	env.LookPath = found
	if os.Geteuid() == 0 {
		if err := c.Check(); err != nil {
			t.Errorf("Check = %v", err)
		}
		env.Host.Cgroup.Mode = "none"
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), "control groups") {
			t.Errorf("Check without control groups = %v", err)
		}
	}
	env.Runtime = "other"
	if err := c.Check(); err == nil || !strings.Contains(err.Error(), `"other" is not one of`) {
		t.Errorf("Check of another runtime = %v", err)
	}
}

func TestUnikernelCommand(t *testing.T) {
	p := &unikernelProgram{env: &Env{MemoryBytes: 64 << 20, CPUs: []int{1, 2}}, workload: Workload{Args: []string{"a", "b"}}, vmm: "v", image: "i", stats: "s"}
	want := []string{"v", "-mem", "64M", "-cpus", "2", "-env", "HOME=/", "-stats", "s", "i", "--", "a", "b"}
	if d := cmp.Diff(want, p.Command()); d != "" {
		t.Errorf("Command (-want +got):\n%s", d)
	}
}

func TestReadStats(t *testing.T) {
	name := filepath.Join(t.TempDir(), "stats")
	if _, err := readStats(name); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "wrote no statistics") {
		t.Errorf("readStats of nothing = %v", err)
	}
	for content, ok := range map[string]bool{
		`{"version":1,"first_run_ns":5,"vmexits":7}`: true, `{"version":2}`: false, `{"version":1`: false, ``: false, strings.Repeat(" ", maxStatsBytes+1): false,
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := readStats(name)
		if (err == nil) != ok || ok && (s.FirstRun != 5 || s.VMExits != 7) {
			t.Errorf("readStats of %.30q = %+v, %v", content, s, err)
		}
	}
}

// fixed is a Target with given traits.
type fixed struct {
	Target
	name   string
	traits Traits
}

func (f fixed) Name() string   { return f.name }
func (f fixed) Traits() Traits { return f.traits }

// TestFairnessOfServers compares what counts for servers instead.
func TestFairnessOfServers(t *testing.T) {
	f := Fairness([]Target{
		fixed{name: "a", traits: Traits{CPUs: 1, MemoryBytes: 64 << 20, ServerMemoryBytes: 64 << 20, Network: "veth"}},
		fixed{name: "b", traits: Traits{CPUs: 1, ServerMemoryBytes: 64 << 20, Network: "tap"}},
	}, "go1.0", Serving)
	want := []record.Inequality{
		{Rule: "network", Targets: []string{"a"}, Detail: "veth"},
		{Rule: "network", Targets: []string{"b"}, Detail: "tap"},
	}
	if d := cmp.Diff(want, f.Inequalities); d != "" {
		t.Errorf("inequalities (-want +got):\n%s", d)
	}
	if held := strings.Join(f.Held, "\n"); !strings.Contains(held, "memory: limited to 64 MiB") || !strings.Contains(held, "same generator") {
		t.Errorf("held rules:\n%s", held)
	}
}

// TestFairnessOfLed: a benchmark says how many processors it has, and what lies around
// the program is not measured.
func TestFairnessOfLed(t *testing.T) {
	f := Fairness([]Target{
		fixed{name: "a", traits: Traits{CPUs: 1, ServerMemoryBytes: 64 << 20, Inside: "start of a", Remarks: []string{"odd"}}},
		fixed{name: "b", traits: Traits{CPUs: 1, ServerMemoryBytes: 32 << 20}},
	}, "go1.0", Led)
	want := []record.Inequality{
		{Rule: "memory", Targets: []string{"a"}, Detail: "limited to 64 MiB"},
		{Rule: "memory", Targets: []string{"b"}, Detail: "limited to 32 MiB"},
	}
	if d := cmp.Diff(want, f.Inequalities); d != "" {
		t.Errorf("inequalities (-want +got):\n%s", d)
	}
	if held := strings.Join(f.Held, "\n"); !strings.Contains(held, "by the program itself") || strings.Contains(held, "processors: 1") {
		t.Errorf("held rules:\n%s", held)
	}
}

// TestProcessors: a program gets what it is made for, if there is so much.
func TestProcessors(t *testing.T) {
	e := &Env{CPUs: []int{1, 2}, Spare: []int{0, 1}}
	for n, want := range map[int][]int{0: {1, 2}, 1: {1}, 2: {1, 2}, 3: {1, 2, 0}, 4: {1, 2, 0}} {
		if got := e.Processors(Workload{CPUs: n}); !cmp.Equal(got, want) {
			t.Errorf("Processors(%d) = %v, want %v", n, got, want)
		}
	}
}

func TestFairness(t *testing.T) {
	f := Fairness([]Target{
		fixed{name: "a", traits: Traits{CPUs: 1, MemoryBytes: 64 << 20, Isolation: "x"}},
		fixed{name: "b", traits: Traits{CPUs: 1, Isolation: "x", Inside: "start of b", Remarks: []string{"odd"}}},
		fixed{name: "c", traits: Traits{CPUs: 1, MemoryBytes: 64 << 20, Isolation: "x"}},
	}, "go1.0", Ending)
	want := []record.Inequality{
		{Rule: "memory", Targets: []string{"a", "c"}, Detail: "limited to 64 MiB"},
		{Rule: "memory", Targets: []string{"b"}, Detail: "not limited"},
		{Rule: "measured besides the program", Targets: []string{"a", "c"}, Detail: "nothing"},
		{Rule: "measured besides the program", Targets: []string{"b"}, Detail: "start of b"},
		{Rule: "counting", Targets: []string{"b"}, Detail: "odd"},
	}
	if d := cmp.Diff(want, f.Inequalities); d != "" {
		t.Errorf("inequalities (-want +got):\n%s", d)
	}
	held := strings.Join(f.Held, "\n")
	for _, s := range []string{"processors: 1", "isolation: x", "go1.0"} {
		if !strings.Contains(held, s) {
			t.Errorf("held rules lack %q:\n%s", s, held)
		}
	}
}
