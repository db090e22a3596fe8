package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"unibench/harness/hist"
)

func TestExport(t *testing.T) {
	p := newPlace(t)
	results := filepath.Join(p.out, "results")
	old, next := history(0, 1, 0.01).Store(t, results, -1), history(1, 1.1, 0.01).Store(t, results, -1)
	other := history(2, 1, 0.01)
	other.HostClass = "amd-16c"
	elsewhere := other.Store(t, results, -1)
	empty := history(3, 1, 0.01).Store(t, results, 0)
	for _, c := range []struct {
		name           string
		args           []string
		status         int
		stdout, stderr string // empty: nothing at all
	}{
		{"a run", []string{old}, 0, "\nBenchmarkHello/target=process-1 1 ", ""},
		{"a series", []string{"-series", old, next}, 0, "\nexperiment-commit-time: 2026-01-02T03:04:05Z\n", "bench: 111111111111 is not a commit of this repository"},
		{"a series beside a run", []string{next, "-series", "-baseline", old}, 0, "\nbaseline-commit: 0000", "not a commit"},
		{"a series beside a run of another host", []string{next, "-series", "-baseline", elsewhere}, 4, "", "the runs cannot be compared: host classes amd-16c and pvm-2c"},
		{"no histograms", []string{"-hdr", old, "-out", filepath.Join(p.out, "none")}, 4, "", "suite boot keeps none"},
		{"nothing measured", []string{empty}, 4, "", "no complete trial"},
		{"no folder", []string{filepath.Join(p.out, "none")}, 4, "", "invalid results"},
		{"nothing named", nil, 2, "", "needs the folder of a run"},
		{"two runs in one file", []string{old, next}, 2, "", "only with -series"},
		{"two exports", []string{"-series", "-hdr", old}, 2, "", "one at a time"},
		{"baseline alone", []string{"-baseline", old, next}, 2, "", "-baseline goes with -series"},
		{"folder alone", []string{"-out", "x", next}, 2, "", "-out goes with -hdr"},
	} {
		status, stdout, stderr := p.ask(append([]string{"export"}, c.args...)...)
		if status != c.status || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) ||
			c.stdout == "" && stdout != "" || c.stderr == "" && stderr != "" {
			t.Errorf("%s: status %d, want %d\nstandard output, want %q:\n%.2000s\nstandard error, want %q:\n%s",
				c.name, status, c.status, c.stdout, stdout, c.stderr, stderr)
		}
	}
	want, err := os.ReadFile(filepath.Join(old, "boot.bench"))
	if err != nil {
		t.Fatal(err)
	}
	if _, stdout, _ := p.ask("export", old); stdout != string(want) {
		t.Errorf("the export differs from boot.bench:\n%s", stdout)
	}
}

// TestExportCommitTime: a commit of this repository has its own time, not that of the
// run.
func TestExportCommitTime(t *testing.T) {
	p := newPlace(t)
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = p.sourceRoot
		out, err := cmd.Output()
		if err != nil {
			t.Skipf("no repository: git %s: %v", strings.Join(args, " "), err)
		}
		return strings.TrimSpace(string(out))
	}
	s := history(0, 1, 0.01)
	s.Commit = git("rev-parse", "HEAD")
	at, err := time.Parse(time.RFC3339, git("show", "-s", "--format=%cI", "HEAD"))
	if err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := p.ask("export", "-series", s.Store(t, filepath.Join(p.out, "results"), -1))
	if want := "\nexperiment-commit-time: " + at.UTC().Format(time.RFC3339) + "\n"; status != exitOK || stderr != "" || !strings.Contains(stdout, want) {
		t.Errorf("status %d, want %q\n%.600s\n%s", status, want, stdout, stderr)
	}
}

// TestExportLogs: the joined log of a benchmark and target has the intervals of all
// its trials, one after the other, and the same values.
func TestExportLogs(t *testing.T) {
	p := newPlace(t)
	dir, out := published(t, p, "net"), filepath.Join(p.out, "logs")
	status, stdout, stderr := p.ask("export", "-hdr", dir, "-out", out)
	if status != exitOK || stderr != "" {
		t.Fatalf("status %d: %s", status, stderr)
	}
	d := load(t, dir)
	names := strings.Fields(stdout)
	if len(names) == 0 || len(names)%len(d.Run.Targets) != 0 {
		t.Errorf("%d logs for %d targets:\n%s", len(names), len(d.Run.Targets), stdout)
	}
	sum := func(intervals []hist.Interval) int64 {
		t.Helper()
		var s hist.Sum
		for _, i := range intervals {
			if i.Tag != "uncorrected" {
				continue
			}
			if err := s.Add(i); err != nil {
				t.Fatal(err)
			}
		}
		return s.Count()
	}
	parse := func(name string) []hist.Interval {
		t.Helper()
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		list, err := hist.Parse(bytes.TrimSpace(b))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	joined := parse(filepath.Join(out, "httpkeepalive-process.hlog"))
	single, err := filepath.Glob(filepath.Join(dir, "hist", "httpkeepalive", "process", "*.hlog"))
	if err != nil || len(single) == 0 {
		t.Fatal(single, err)
	}
	var apart []hist.Interval
	for _, name := range single {
		apart = append(apart, parse(name)...)
	}
	if len(joined) != len(apart) || sum(joined) != sum(apart) || sum(apart) == 0 {
		t.Errorf("joined: %d intervals with %d values; the trials have %d with %d", len(joined), sum(joined), len(apart), sum(apart))
	}
	if last := joined[len(joined)-1]; last.Start < 0.3*float64(len(single)-1)-0.01 {
		t.Errorf("the last interval begins at %v s: the trials are not one after the other", last.Start)
	}
}
