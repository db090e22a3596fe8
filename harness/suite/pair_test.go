package suite

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"unibench/harness/record"
	"unibench/harness/target"
)

func pairPlan(t *testing.T, env *target.Env, run string, count int) *Plan {
	t.Helper()
	c := config()
	c.Suite, c.Run, c.Targets, c.Count, c.WarmUp, c.Timeout = "pairs", run, []string{"process"}, count, 0, 30*time.Second
	c.Load.Duration = 20 * time.Millisecond
	c.Placement.SUT, c.Placement.Bench = env.CPUs, env.CPUs
	return newPlan(t, c, env)
}

// TestPair: both states are in the record under their names, in one order whichever ran
// first, and their ratio is the trial's value.
func TestPair(t *testing.T) {
	env := testEnv(t)
	d := runReady(t, pairPlan(t, env, "^(SwitchNull|AgedRequest)$", 2), env)
	names := map[string]string{"SwitchNull": "by=instruction by=call", "AgedRequest": "age=fresh age=aged"}
	for _, tr := range d.Trials {
		if tr.Status != record.Complete || len(tr.Points) != 2 {
			t.Fatalf("%s: %s with %d states: %s", tr.Benchmark, tr.Status, len(tr.Points), tr.Error)
		}
		var states []string
		for _, p := range tr.Points {
			states = append(states, p.Params[0].Key+"="+p.Params[0].Value)
		}
		if got := strings.Join(states, " "); got != names[tr.Benchmark] {
			t.Errorf("%s: states %s, want %s", tr.Benchmark, got, names[tr.Benchmark])
		}
		first, second := tr.Points[0].Values["ns/op"], tr.Points[1].Values["ns/op"]
		if first <= 0 || second <= 0 || math.Abs(tr.Values["speedup"]*second/first-1) > 1e-9 || tr.Values["ns/op"] != second {
			t.Errorf("%s: %v and %v ns/op give %v", tr.Benchmark, first, second, tr.Values)
		}
	}
	if b, err := os.ReadFile(filepath.Join(d.Dir, "pairs.bench")); err != nil || strings.Count(string(b), "/age=aged") != 2 {
		t.Errorf("the states are not in the .bench file: %v\n%s", err, b)
	}
}

// TestPairFails: the error names the state.
func TestPairFails(t *testing.T) {
	env := testEnv(t)
	p := pairPlan(t, env, "^AgedRequest$", 1)
	bin := p.programs[key{"micro", "process"}].Command()[0]
	dir := t.TempDir()
	// It calibrates, but does not age.
	program := "package main\n\nimport (\n\"bufio\"\n\"fmt\"\n\"os\"\n)\n\nfunc main() {\nfor s := bufio.NewScanner(os.Stdin); s.Scan(); {\nvar id int\n" +
		"switch {\ncase s.Text()[0] == 'b':\nfmt.Println(`ready {\"n\":1,\"procs\":1}`)\ncase s.Text()[0] == 'a':\nfmt.Println(`aged {\"n\":1}`)\n" +
		"default:\nfmt.Sscanf(s.Text(), \"run %d\", &id)\nfmt.Printf(\"done %d {\\\"ns\\\":[9,9,9,9,9,9,9,9,9,9]}\\n\", id)\n}\n}\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", bin, filepath.Join(dir, "main.go")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	tr := runReady(t, p, env).Trials[0]
	if tr.Status != record.Errored || !strings.Contains(tr.Error, "age=aged") || !strings.Contains(tr.Error, "makes no sense") {
		t.Errorf("trial %s: %q", tr.Status, tr.Error)
	}
}

// TestPairs: the states of a pair differ in what the key says.
func TestPairs(t *testing.T) {
	for _, b := range pairs().Benchmarks {
		first, second := b.Pair.First, b.Pair.Second
		if first.Value == second.Value || first.Value == "" || second.Value == "" {
			t.Errorf("%s: states %q and %q", b.Name, first.Value, second.Value)
		}
		differ := 0
		for _, d := range []bool{first.name != second.name, first.workload.CPUs != second.workload.CPUs, first.age != second.age} {
			if d {
				differ++
			}
		}
		if differ != 1 {
			t.Errorf("%s: the states differ in %d ways", b.Name, differ)
		}
		if b.Workload.CPUs != max(first.workload.CPUs, second.workload.CPUs) {
			t.Errorf("%s: it asks for %d processors", b.Name, b.Workload.CPUs)
		}
	}
}
