package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"unibench/harness/record"
)

// TestTrend makes a history with one step, asks for it in several ways, and draws it.
func TestTrend(t *testing.T) {
	p := newPlace(t)
	results := filepath.Join(p.out, "results")
	var last string
	for n := range 14 {
		slower := 1.0
		if n >= 8 {
			slower = 1.2
		}
		last = history(n, slower, 0.01).Store(t, results, -1)
	}
	figures := filepath.Join(p.out, "figures")
	for _, c := range []struct {
		name   string
		args   []string
		status int
		stdout []string // none: nothing at all
		stderr string   // empty: nothing at all
	}{
		{"all", []string{results}, 0, []string{"history: runs 14, series 5, changes 2", "888888888888", "1.20x", "not shown here (-all shows them): 2"}, ""},
		{"a run and its folder are one", []string{last, results, last}, 0, []string{"history: runs 14"}, ""},
		{"one metric", []string{"-metric", "^Hello process boot", results}, 0, []string{"series 1, changes 1", "run by run", "2026-01-09 03:04  888888888888  10  1.2"}, ""},
		{"since", []string{results, "-since", "9999"}, 0, []string{"history: runs 5, series 5, changes 0", "fewer than 6 runs"}, ""},
		{"greater changes", []string{results, "-min", "25%"}, 0, []string{"changes 0"}, ""},
		{"csv", []string{"-format", "csv", results}, 0, []string{"boot,1,pvm-2c,Hello/target=process-1,Hello,process,boot-first-ns,lower,true,false,2026-01-09T03:04:05Z,8888"}, ""},
		{"figures", []string{"-plot", figures, results}, 0, []string{"history"}, "bench: 3 figures in "},
		{"no such class", []string{"-class", "moon", results}, 4, nil, "no stored run is left to look at"},
		{"no such metric", []string{"-metric", "moon", results}, 4, nil, "no stored run is left to look at"},
		{"no such commit", []string{"-since", "ffff", results}, 2, nil, "-since: no stored run is of that commit: ffff; the oldest is of 000000000000"},
		{"no folder", []string{filepath.Join(p.out, "none")}, 4, nil, "cannot be searched for runs"},
		{"no expression", []string{"-metric", "(", results}, 2, nil, "-metric: "},
		{"no share", []string{"-min", "0.03", results}, 2, nil, "such as 3%"},
		{"format", []string{"-format", "pdf", results}, 2, nil, "unknown format"},
	} {
		status, stdout, stderr := p.ask(append([]string{"trend"}, c.args...)...)
		ok := status == c.status && strings.Contains(stderr, c.stderr) && (c.stderr != "" || stderr == "") && (c.stdout != nil || stdout == "")
		for _, w := range c.stdout {
			ok = ok && strings.Contains(stdout, w)
		}
		if !ok {
			t.Errorf("%s: status %d, want %d\nstandard output, want %q:\n%s\nstandard error, want %q:\n%s",
				c.name, status, c.status, c.stdout, stdout, c.stderr, stderr)
		}
	}
	for _, name := range []string{"boot-pvm-2c-v1-hello_target_process-1-boot-first-ns-trend.svg", "boot-pvm-2c-v1-hello_target_unikernel-1-boot-first-ns-trend.png"} {
		if st, err := os.Stat(filepath.Join(figures, name)); err != nil || st.Size() == 0 {
			t.Errorf("figure %s: %v", name, err)
		}
	}
	if err := os.WriteFile(filepath.Join(last, record.HostFile), []byte(`{"snapshots":[]}`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := p.ask("trend", results); status != exitData || !strings.Contains(stderr, "changed since the run") {
		t.Errorf("a changed file: status %d, want 4: %s", status, stderr)
	}
}
