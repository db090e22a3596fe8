package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"unibench/harness/compare"
	"unibench/harness/noise"
	"unibench/harness/record"
	"unibench/harness/selftest"
	"unibench/harness/suite"
)

// TestSelftest runs one, with few starts, as processes, which need no KVM: a planted
// slowdown of five times is found on any host, and is stored as what it is.
func TestSelftest(t *testing.T) {
	p := newPlace(t)
	status, stdout, stderr := p.do("selftest", "-suite", "boot", "-run", "^Hello$", "-targets", "process", "-inject", "500%", "-min", "20%",
		"-trials", "8", "-count", "1", "-warmup", "0", "-force", "-out", "$OUT")
	if status != exitRegressed || !strings.Contains(stderr, "regression, as planted, of Hello process boot-first-ns") ||
		!strings.Contains(stdout, "the gate was red in 1 of 1 sessions") {
		t.Fatalf("status %d, want %d\n%s\n%s", status, exitRegressed, stdout, stderr)
	}
	runs, err := record.Find(p.out)
	if err != nil || len(runs) != 2 {
		t.Fatalf("stored runs %v, %v; want the pilot and one session", runs, err)
	}
	for i, dir := range runs {
		d, err := record.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if sealed, err := record.VerifySums(dir); !sealed || err != nil {
			t.Errorf("%s: sealed %v, %v", dir, sealed, err)
		}
		if !d.Run.Apart() || (d.Run.Planted != nil) != (i == 1) {
			t.Errorf("%s: apart %v, planted %+v", dir, d.Run.Apart(), d.Run.Planted)
		}
	}
	if _, err := os.Stat(filepath.Join(p.out, "noise")); err == nil {
		t.Error("a planted slowdown wrote a noise floor")
	}
}

// TestSelftestUnikernel is the same twice without a slowdown, as unikernels.
func TestSelftestUnikernel(t *testing.T) {
	needUnikernels(t)
	p := newPlace(t)
	p.tools(t)
	// Only tenfold is a difference: a busy host must not fail the test.
	status, stdout, stderr := p.do("selftest", "-suite", "boot", "-run", "^Hello$", "-trials", "6", "-count", "5", "-min", "900%", "-warmup", "0", "-force", "-out", "$OUT")
	if status != exitOK || !strings.Contains(stdout, "differ in 0 of 5 comparisons") {
		t.Fatalf("status %d, want 0\n%s\n%s", status, stdout, stderr)
	}
	files, _ := filepath.Glob(filepath.Join(p.out, "noise", "*.json"))
	if len(files) != 1 {
		t.Fatalf("noise floors %v, want one", files)
	}
	f, err := noise.Read(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := f.Lookup("boot", "Hello", armed, "boot-first-ns"); !ok || !f.Expires.After(time.Now()) {
		t.Errorf("floor %+v", f)
	}
	// Both arms are the same build: equal digests.
	runs, _ := record.Find(p.out)
	d, err := record.Load(runs[0])
	if err != nil {
		t.Fatal(err)
	}
	sums := make(map[string]map[string]bool)
	for _, a := range d.Run.Artefacts {
		if sums[a.Name] == nil {
			sums[a.Name] = make(map[string]bool)
		}
		sums[a.Name][a.SHA256] = true
	}
	for name, s := range sums {
		if len(s) != 1 {
			t.Errorf("%s: the two arms differ: %v", name, s)
		}
	}
}

// made is a summary of made-up sessions whose new arm is slower.
func made(t *testing.T, slower float64, planted *record.Planted) *selftest.Summary {
	t.Helper()
	var sessions []selftest.Session
	for n := range 6 {
		s := builds(n, slower, 0.005)
		s.Baseline = &record.Baseline{Kind: record.BaselineSame}
		r, err := compare.Arms(s.Data(), compare.Options{Rounds: 20})
		if err != nil {
			t.Fatal(err)
		}
		sessions = append(sessions, selftest.Session{Result: r})
	}
	return selftest.Summarise(sessions, planted)
}

// TestSelftestStatus: every exit status of a self-test, and what it writes.
func TestSelftestStatus(t *testing.T) {
	p := newPlace(t)
	a := &app{stdout: os.Stdout, stderr: &strings.Builder{}}
	planted := &record.Planted{Share: 0.05}
	for _, tt := range []struct {
		name   string
		s      *selftest.Summary
		status int
		floor  bool
	}{
		{"identical", made(t, 1, nil), exitOK, true},
		{"identical, but one arm is slower", made(t, 1.1, nil), exitNoisy, true},
		{"planted and found", made(t, 1.05, planted), exitRegressed, false},
		{"planted and missed", made(t, 1, planted), exitFailed, false},
	} {
		root := filepath.Join(p.out, strings.ReplaceAll(tt.name, " ", "-"))
		if got := exitStatus(a.concludeSelftest(&selftestFlags{}, tt.s, root)); got != tt.status {
			t.Errorf("%s: status %d, want %d", tt.name, got, tt.status)
		}
		f, err := noise.Read(noise.Path(root, "pvm-2c"))
		if err != nil || (f != nil) != tt.floor {
			t.Errorf("%s: noise floor %v, %v; want one: %v", tt.name, f, err, tt.floor)
		}
	}
	other := filepath.Join(p.out, "other.json")
	if err := a.concludeSelftest(&selftestFlags{write: other}, made(t, 1, nil), p.out); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
}

// TestDelays: the share of the baseline's median, over all runs so far.
func TestDelays(t *testing.T) {
	s, _ := suite.Find("boot")
	s.Benchmarks = s.Benchmarks[:1]
	p := delays{suite: s, share: 0.1, unit: s.FirstPrimary(), into: map[string]time.Duration{}}
	run := func(value float64) *record.Data {
		spec := builds(0, 1, 0)
		spec.Value = constant(value)
		return spec.Data()
	}
	for _, tt := range []struct {
		value float64
		want  time.Duration
	}{{1e6, 1e5}, {3e6, 2e5}, {3e6, 3e5}} {
		if err := p.learn(run(tt.value)); err != nil || p.into["Hello"] != tt.want {
			t.Errorf("delay %v, %v; want %v", p.into["Hello"], err, tt.want)
		}
	}
	p.unit = "req/s"
	p.seen = nil
	if err := p.learn(run(1)); exitStatus(err) != exitData {
		t.Errorf("learn without values: %v", err)
	}
}

// constant measures the same in every trial.
func constant(v float64) func(record.Slot, string, *rand.Rand) (float64, bool) {
	return func(record.Slot, string, *rand.Rand) (float64, bool) { return v, true }
}

// TestSelftestLeavesOut: what starts many instances is not repeated for the gate,
// unless it is asked for.
func TestSelftestLeavesOut(t *testing.T) {
	p := newPlace(t)
	for args, want := range map[string]bool{"-suite boot,syscall": false, "-suite boot -run Burst": true} {
		status, stdout, stderr := p.ask(append([]string{"selftest", "-targets", "process", "-dry-run", "-force"}, strings.Fields(args)...)...)
		if status != exitOK || strings.Contains(stdout, "Burst100 on process") != want || want == strings.Contains(stdout, "HelloFmt on process") {
			t.Errorf("selftest %s -dry-run: status %d, want Burst100 %v\n%s%s", args, status, want, stdout, stderr)
		}
	}
}
