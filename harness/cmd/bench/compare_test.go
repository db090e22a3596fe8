package main

import (
	"bytes"
	"cmp"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"unibench/harness/noise"
	"unibench/harness/record"
	"unibench/harness/record/recordtest"
)

// history is a made-up run number n, its times multiplied by slower.
func history(n int, slower, spread float64) recordtest.Spec {
	return recordtest.Spec{
		Start: time.Date(2026, 1, 1+n, 3, 4, 5, 0, time.UTC), Seed: uint64(100 + n), Commit: strings.Repeat(string("0123456789abcdef"[n%16]), 40),
		Units: []record.Unit{
			{Name: "boot-first-ns", Better: "lower", Primary: true},
			{Name: "image-B", Better: "lower", Exact: true},
		},
		Value: func(s record.Slot, unit string, rng *rand.Rand) (float64, bool) {
			if unit == "image-B" {
				return 1_200_000, true
			}
			return math.Round(1e6 * slower * math.Exp(spread*rng.NormFloat64())), true
		},
	}
}

// builds is history with two builds in one run, the new one slower.
func builds(n int, slower, spread float64) recordtest.Spec {
	s := history(n, 1, spread)
	s.Targets, s.Baseline = []string{"unikernel", "unikernel@baseline"}, &record.Baseline{Kind: record.BaselineTools}
	value := s.Value
	s.Value = func(slot record.Slot, unit string, rng *rand.Rand) (float64, bool) {
		v, ok := value(slot, unit, rng)
		if slot.Target == "unikernel" && unit == "boot-first-ns" {
			v *= slower
		}
		return v, ok
	}
	return s
}

// TestCompareBuilds compares the two builds of one stored run.
func TestCompareBuilds(t *testing.T) {
	p := newPlace(t)
	for n, c := range []struct {
		slower float64
		status int
	}{{1, exitOK}, {1.1, exitRegressed}, {0.9, exitOK}} {
		status, stdout, stderr := p.ask("compare", builds(n, c.slower, 0.005).Store(t, filepath.Join(p.out, "results"), -1))
		if status != c.status || !strings.Contains(stdout, "against baseline tools in the same session") || !strings.Contains(stdout, "p by signed ranks") {
			t.Errorf("a build slower by %v: status %d, want %d\n%s\n%s", c.slower, status, c.status, stdout, stderr)
		}
		if (status == exitRegressed) != strings.Contains(stderr, "regression of Hello unikernel boot-first-ns") {
			t.Errorf("a build slower by %v: %s", c.slower, stderr)
		}
	}
	status, _, stderr := p.ask("compare", history(9, 1, 0.005).Store(t, filepath.Join(p.out, "results"), -1))
	if status != exitData || !strings.Contains(stderr, "one build only") {
		t.Errorf("a run of one build: status %d, %s", status, stderr)
	}
}

// ask is do within this process, for commands that only read: it is much quicker,
// and the race detector sees them.
func (p *place) ask(args ...string) (int, string, string) {
	var stdout, stderr bytes.Buffer
	a := p.app()
	a.stdout, a.stderr = &stdout, &stderr
	status := a.run(nil, args)
	return status, stdout.String(), stderr.String()
}

// app is bench within this process, without a place for its output.
func (p *place) app() *app {
	return &app{
		env: os.Environ(), temp: p.temp, lookPath: exec.LookPath,
		root: cmp.Or(p.machine, "/"), superuser: p.machine != "", columns: func() int { return 0 },
		rootless: func() (int, bool, error) { return 0, false, nil },
	}
}

// TestCompare asks for every exit status of the gate.
func TestCompare(t *testing.T) {
	p := newPlace(t)
	results := filepath.Join(p.out, "results")
	old := history(0, 1, 0.005).Store(t, results, -1)
	store := func(s recordtest.Spec, stop int) string { t.Helper(); return s.Store(t, results, stop) }
	same := store(history(1, 1, 0.005), -1)
	slow := store(history(2, 1.1, 0.005), -1)
	noisy := store(history(3, 1, 0.4), -1)
	few := history(4, 1, 0.005)
	few.Count = 3
	other := history(5, 1, 0.005)
	other.HostClass = "amd-16c"
	fewer := history(6, 1.1, 0.005)
	fewer.Targets = []string{"process"}
	begun := store(history(7, 1, 0.005), 8)
	changed := store(history(8, 1, 0.005), -1)
	raw := filepath.Join(changed, record.HostFile)
	if err := os.WriteFile(raw, []byte(`{"snapshots":[]}`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	fewDir, otherDir, fewerDir := store(few, -1), store(other, -1), store(fewer, -1)
	for _, c := range []struct {
		name   string
		args   []string
		status int
		stdout string // empty: nothing at all
		stderr string // empty: nothing at all
	}{
		{"the same", []string{old, same}, 0, "no difference shown 2", ""},
		{"faster", []string{slow, same}, 0, "improvement 2", ""},
		{"slower", []string{old, slow}, 5, "regression 2", "bench: regression of Hello process boot-first-ns, Hello unikernel boot-first-ns\n"},
		{"slower, csv, flags last", []string{old, slow, "-format", "csv"}, 5, "Hello,process,boot-first-ns,lower,true,", "bench: regression of "},
		{"slower by less than counts", []string{"-min", "25%", old, slow}, 0, "no difference shown 2", ""},
		{"slower, but only the image decides", []string{"--primary", "image-B", old, slow}, 0, "no difference shown 2", ""},
		{"noise", []string{old, noisy}, 6, "too noisy 2", "bench: too noisy for a change of the size that was asked for: Hello process boot-first-ns, "},
		{"too few", []string{old, fewDir}, 4, "too few trials 2", "bench: insufficient data: too few trials"},
		{"host class", []string{old, otherDir}, 4, "", "bench: the runs cannot be compared: host classes pvm-2c and amd-16c\n"},
		{"targets", []string{old, fewerDir}, 4, "", "only the old run has targets unikernel (accept it with -allow targets: the rest is compared)\n"},
		{"targets, allowed", []string{"-allow", "targets", old, fewerDir}, 5, "allowed: only the old run has targets unikernel", "bench: regression of Hello process boot-first-ns\n"},
		{"interrupted", []string{old, begun}, 4, "", "no SHA256SUMS"},
		{"interrupted, allowed", []string{"-allow", "incomplete", old, begun}, 0, "the new run was interrupted: 4 of 20 trials are missing", ""},
		{"changed file", []string{old, changed}, 4, "", "host.json: changed since the run"},
		{"no folder", []string{old, filepath.Join(p.out, "none")}, 4, "", "invalid results"},
		{"the same run", []string{old, old}, 4, "", "both are the same run"},
		{"one folder", []string{old}, 4, "", "one build only"},
		{"min without a sign", []string{"-min", "3", old, same}, 2, "", "such as 3%"},
		{"alpha", []string{"-alpha", "5", old, same}, 2, "", "between 0 and 1"},
		{"correction", []string{"-correct", "bonferroni", old, same}, 2, "", "choose holm or none"},
		{"primary without a match", []string{"-primary", "moon", old, same}, 2, "", `-primary "moon" matches no row`},
		{"primary is no expression", []string{"-primary", "(", old, same}, 2, "", "-primary: "},
		{"rule", []string{"-allow", "host", old, same}, 2, "", `unknown rule "host"`},
		{"format", []string{"-format", "pdf", old, same}, 2, "", `unknown format "pdf"`},
		{"floor that is not there", []string{"-noise", filepath.Join(p.out, "none.json"), old, same}, 2, "", "there is no file"},
	} {
		status, stdout, stderr := p.ask(append([]string{"compare"}, c.args...)...)
		if status != c.status || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) ||
			c.stdout == "" && stdout != "" || c.stderr == "" && stderr != "" {
			t.Errorf("%s: status %d, want %d\nstandard output, want %q:\n%s\nstandard error, want %q:\n%s",
				c.name, status, c.status, c.stdout, stdout, c.stderr, stderr)
		}
	}
}

// TestCompareProcess: the status is that of the process, for scripts.
func TestCompareProcess(t *testing.T) {
	p := newPlace(t)
	results := filepath.Join(p.out, "results")
	old, slow := history(0, 1, 0.005).Store(t, results, -1), history(1, 1.1, 0.005).Store(t, results, -1)
	if status, _, stderr := p.do("compare", old, slow); status != exitRegressed {
		t.Errorf("slower: status %d, want 5: %s", status, stderr)
	}
}

// TestCompareFloor: a noise floor beside the results raises the threshold, and tells
// who asked for less than it allows.
func TestCompareFloor(t *testing.T) {
	p := newPlace(t)
	results := filepath.Join(p.out, "results")
	old, slow := history(0, 1, 0.005).Store(t, results, -1), history(1, 1.1, 0.005).Store(t, results, -1)
	now := time.Now()
	file := noise.File{
		Schema: noise.Schema, HostClass: "pvm-2c", Measured: now, Expires: now.AddDate(0, 1, 0),
		Floors: []noise.Floor{{Suite: "boot", Unit: "boot-first-ns", Share: 0.001, Apart: 0.08}},
	}
	put := func(data []byte) {
		t.Helper()
		path := noise.Path(results, "pvm-2c")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// says wants a warning of a comparison with the file as it is now.
	says := func(text string) {
		t.Helper()
		data, err := file.Format()
		if err != nil {
			t.Fatal(err)
		}
		put(data)
		_, stdout, _ := p.ask("compare", old, slow)
		stdout = strings.Join(strings.Fields(stdout), " ") // lines are wrapped
		if text != "" && !strings.Contains(stdout, text) || text == "" && strings.Contains(stdout, "noise floor was") {
			t.Errorf("no %q in %s", text, stdout)
		}
	}
	if _, stdout, _ := p.ask("compare", old, slow); !strings.Contains(stdout, "no noise floor of host class pvm-2c is stored") {
		t.Errorf("without a floor:\n%s", stdout)
	}
	file.Floors[0].Trials = 20
	says("was measured with 20 trials on each side, and of fewer, as here, medians lie further apart by chance: run with -count 20, or measure the floor anew with bench selftest -trials 10: Hello process boot-first-ns")
	file.Floors[0].Suite = "net"
	says("no noise floor of suite boot is stored for host class pvm-2c: measure it with bench selftest -suite boot")
	file.Measured, file.Expires = now.AddDate(0, -2, 0), now.AddDate(0, -1, 0)
	says("expired on " + file.Expires.Format(time.DateOnly) + " and is not used")
	file.Measured, file.Expires = now, now.AddDate(0, 1, 0)
	file.Floors[0].Suite, file.Floors[0].Trials = "boot", 10
	says("")
	if status, stdout, stderr := p.ask("compare", old, slow); status != exitOK || !strings.Contains(stdout, "24%") {
		t.Errorf("10 %% against a floor of 8 %%: status %d, want 0 and a threshold of 24%%\n%s%s", status, stdout, stderr)
	}
	status, _, stderr := p.ask("compare", "-min", "5%", old, slow)
	if status != exitNoisy || !strings.Contains(stderr, "noise floor of the host class is too high") {
		t.Errorf("-min 5%% against a floor of 8 %%: status %d, want 6: %s", status, stderr)
	}
	put([]byte("{}"))
	if status, _, stderr := p.ask("compare", old, slow); status != exitData || !strings.Contains(stderr, "invalid noise floor") {
		t.Errorf("no noise floor in the file: status %d, want 4: %s", status, stderr)
	}
}
