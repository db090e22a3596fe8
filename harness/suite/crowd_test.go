package suite

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"unibench/baselines/launch"
	"unibench/harness/host"
	"unibench/harness/record"
	"unibench/harness/target"
)

// crowdPlan is a plan of a burst on the process.
func crowdPlan(t *testing.T, env *target.Env) *Plan {
	t.Helper()
	c := config()
	c.Run, c.Targets, c.Count, c.WarmUp, c.Timeout = "^Burst100$", []string{"process"}, 1, 0, 30*time.Second
	c.Placement.SUT, c.Placement.Bench = env.CPUs, env.CPUs
	return newPlan(t, c, env)
}

// TestCrowd starts a hundred processes.
func TestCrowd(t *testing.T) {
	env := testEnv(t)
	d := runReady(t, crowdPlan(t, env), env)
	tr := d.Trials[0]
	if tr.Status != record.Complete || tr.Iters != 100 {
		t.Fatalf("trial %s of %d instances: %s", tr.Status, tr.Iters, tr.Error)
	}
	v := tr.Values
	if !(0 < v["p50-burst-ns"] && v["p50-burst-ns"] <= v["p90-burst-ns"] && v["p90-burst-ns"] <= v["burst-ns"]) {
		t.Errorf("times of answers out of order: %v", v)
	}
	for _, u := range []string{"burst-end-ns", "idle-B", "boot-cpu-ns", "ctxsw/op"} {
		if v[u] <= 0 {
			t.Errorf("%s = %v", u, v[u])
		}
	}
	left(t, env)
}

// left reports programs of env that are still there.
func left(t *testing.T, env *target.Env) {
	t.Helper()
	all, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, exe := range all {
		if name, err := os.Readlink(exe); err == nil && strings.HasPrefix(name, env.Scratch.Dir()) {
			t.Errorf("%s is still there: %s", exe, name)
		}
	}
}

// TestCrowdFails: one instance that ends, or says something else, fails the trial, and
// none is left.
func TestCrowdFails(t *testing.T) {
	for name, tt := range map[string]struct{ source, want string }{
		"end":  {`os.Stderr.WriteString("cannot\n"); os.Exit(3)`, "cannot"},
		"more": {`os.Stdout.WriteString("ready\nand more\n"); io.Copy(io.Discard, os.Stdin)`, "wrong bytes"},
		"late": {`os.Stdout.WriteString("ready\n"); io.Copy(io.Discard, os.Stdin); os.Exit(4)`, "exit status 4"},
	} {
		t.Run(name, func(t *testing.T) {
			env := testEnv(t)
			p := crowdPlan(t, env)
			dir := t.TempDir()
			program := "package main\n\nimport (\n\"io\"\n\"os\"\n)\n\nvar _ = io.Copy\n\nfunc main() { " + tt.source + " }\n"
			if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o600); err != nil {
				t.Fatal(err)
			}
			bin := p.programs[key{"instance", "process"}].Command()[0]
			if out, err := exec.Command("go", "build", "-o", bin, filepath.Join(dir, "main.go")).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			d := runReady(t, p, env)
			if tr := d.Trials[0]; tr.Status != record.Errored || !strings.Contains(tr.Error, tt.want) || !strings.Contains(tr.Error, "instance ") {
				t.Errorf("trial %s: %q, want an error of an instance with %q", tr.Status, tr.Error, tt.want)
			}
			left(t, env)
		})
	}
}

// TestCrowdRoom: a host that has not the memory leaves the benchmark out, says how many
// instances would fit, and runs the others.
func TestCrowdRoom(t *testing.T) {
	env := &target.Env{MemoryBytes: 64 << 20, Host: &host.Snapshot{}, CPUs: []int{0}}
	if s := (&Crowd{Instances: 100}).room(env); s != "" {
		t.Errorf("memory that nobody knows: %s", s)
	}
	env.Host.Memory.AvailableBytes = 800 << 20
	s, skipped, err := fit(boot(), env)
	if err != nil || len(s.Benchmarks) != 2 || len(skipped) != 1 || skipped[0].Benchmark != "Burst100" ||
		!strings.Contains(skipped[0].Reason, "need 8000 MiB and 800 MiB are free, which is enough for 10") {
		t.Errorf("fit = %v, %v, %v", s.Benchmarks, skipped, err)
	}
	env.Host.Memory.AvailableBytes = 8000 << 20
	if s, _, _ := fit(boot(), env); len(s.Benchmarks) != 3 {
		t.Errorf("enough memory: %v", s.Benchmarks)
	}
}

func TestCrowdValues(t *testing.T) {
	c := &crowded{started: 100, over: 1000, idle: 600}
	for i := range int64(3) {
		c.seen = append(c.seen, &target.Observation{Result: &launch.Result{
			FirstByte: 110 + 10*i, End: 1500 - i, CPU: time.Duration(i), Voluntary: i, Involuntary: 1,
		}})
	}
	v, first := c.values()
	want := map[string]float64{
		"burst-ns": 30, "p50-burst-ns": 20, "p90-burst-ns": 28, "burst-end-ns": 500, "idle-B": 200, "boot-cpu-ns": 1, "ctxsw/op": 2,
	}
	for unit, w := range want {
		if math.Abs(v[unit]-w) > 1e-9 {
			t.Errorf("%s = %v, want %v", unit, v[unit], w)
		}
		if _, ok := (&record.Run{Units: boot().Units}).Unit(unit); !ok {
			t.Errorf("unit %s is not one of the suite", unit)
		}
	}
	if len(v) != len(want) || len(first) != 3 || first[2] != 30 {
		j, _ := json.Marshal(v)
		t.Errorf("values %s, first bytes %v", j, first)
	}
}
