package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"unibench/harness/record"
)

// TestReport writes pages of a stored run, and refuses what it should.
func TestReport(t *testing.T) {
	p := newPlace(t)
	results := filepath.Join(p.out, "results")
	run := history(0, 1, 0.005).Store(t, results, -1)
	begun := history(1, 1, 0.005).Store(t, results, 0)
	changed := history(2, 1, 0.005).Store(t, results, -1)
	if err := os.WriteFile(filepath.Join(changed, record.HostFile), []byte(`{"snapshots":[]}`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(p.out, "page.html")
	for _, c := range []struct {
		name   string
		args   []string
		status int
		stdout string // "": nothing
		stderr string // "": nothing
	}{
		{"page", []string{"-o", out, run}, 0, "page.html\n", ""},
		{"standard output", []string{run, "-o", "-"}, 0, "<!DOCTYPE html>", ""},
		{"base", []string{run, "-o", "-", "-base", "unikernel"}, 0, "(base: unikernel)", ""},
		{"no such base", []string{run, "-o", "-", "-base", "moon"}, 2, "", "choose one of"},
		{"no folder", []string{"-o", out}, 2, "", "report needs the folder of one run"},
		{"two", []string{"-o", out, run, begun}, 2, "", "got 2"},
		{"markdown", []string{"-o", filepath.Join(p.out, "a.md"), run}, 2, "", "name the HTML file"},
		{"into the run", []string{"-o", filepath.Join(run, "x.html"), run}, 2, "", "stored runs are not changed"},
		{"no such folder", []string{"-o", filepath.Join(p.out, "none", "x.html"), run}, 1, "", "write report"},
		{"nothing measured", []string{"-o", out, begun}, 4, "", "no complete trial"},
		{"changed", []string{"-o", out, changed}, 4, "", "changed since the run"},
		{"no run", []string{"-o", out, results}, 4, "", "invalid results"},
	} {
		status, stdout, stderr := p.ask(append([]string{"report"}, c.args...)...)
		if status != c.status || !strings.Contains(stdout, c.stdout) || c.stdout == "" && stdout != "" ||
			!strings.Contains(stderr, c.stderr) || c.stderr == "" && stderr != "" {
			t.Errorf("%s: status %d, want %d\nstandard output, want %q:\n%s\nstandard error, want %q:\n%s", c.name, status, c.status, c.stdout, stdout, c.stderr, stderr)
		}
	}
	html, err := os.ReadFile(out)
	if err != nil || !strings.Contains(string(html), `href="./results/boot/`) {
		t.Errorf("the page does not link to the stored files: %v", err)
	}
	if md, err := os.ReadFile(filepath.Join(p.out, "page.md")); err != nil || !strings.Contains(string(md), "## Summary") {
		t.Errorf("the Markdown file: %v\n%s", err, md)
	}
	if left, err := filepath.Glob(filepath.Join(run, "*.html")); err != nil || len(left) > 0 {
		t.Errorf("the run was changed: %v, %v", left, err)
	}
}
