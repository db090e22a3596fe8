package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestExamples runs the command lines that the help of the commands shows.
func TestExamples(t *testing.T) {
	p := newPlace(t)
	p.compute()
	results := filepath.Join(p.out, "results")
	words := map[string]string{"results": results, "OUT": filepath.Join(p.out, "made"), "FILE.html": filepath.Join(p.out, "made.html")}
	for n := range 6 {
		words["OLD"], words["NEW"] = words["NEW"], history(n, 1, 0.005).Store(t, results, -1)
	}
	words["BUILDS"] = builds(0, 1, 0.005).Store(t, filepath.Join(p.out, "builds"), -1)
	words["SELFTEST"] = begunSelftest(t, p)
	copyClaims(t, p, results)
	words["DIR"], words["SERVED"] = words["NEW"], published(t, p, "net")
	for _, c := range commands() {
		if len(c.examples) == 0 {
			t.Errorf("the help of %s has no example", c.name)
		}
		_, help, _ := p.ask("help", c.name)
		for _, line := range c.examples {
			if !strings.Contains(help, "\n  "+line+"\n") {
				t.Errorf("bench help %s does not show %q:\n%s", c.name, line, help)
			}
			args := split(line)
			if len(args) < 2 || args[0] != "bench" || args[1] != c.name {
				t.Errorf("%q is no example of %s", line, c.name)
				continue
			}
			if slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "HEAD") }) && !inRepository(p) {
				continue
			}
			for i, a := range args {
				if path, ok := words[a]; ok {
					args[i] = path
				}
			}
			p.example(line, args[1:])
		}
	}
}

// example runs one line, with its words replaced.
func (p *place) example(line string, args []string) {
	p.t.Helper()
	ask, said := p.ask, `^$`
	switch {
	case args[0] == "serve": // does not end by itself
		ask = func(args ...string) (int, string, string) { return p.until(args, func(string) {}) }
	case args[0] == "doctor" && !slices.Contains(args, "-tune"): // says what it finds: any status
		said = `^(bench: host unfit: .*\n|bench: none of the targets can run .*\n)?$`
	case args[0] == "doctor":
		if p.machine == "" {
			p.tunable(map[string]string{"sys/kernel/mm/ksm/run": "1"})
		}
		args = append(args, "-state", filepath.Join(p.out, "tune.json"))
	case slices.Contains(args, "-out") && args[0] == "run": // short enough to be run; this host may be busy
		args, ask = append(args, "-force"), p.do
		said = `^(bench: .*\n)*$`
	case args[0] == "run" || args[0] == "selftest":
		args = append(args, "-dry-run")
	case args[0] == "export": // the commits of made-up runs are in no repository
		said = `^(bench: [0-9a-f]{12} is not a commit of this repository: .*\n)*$`
	}
	status, stdout, stderr := ask(args...)
	fine := status == exitOK || args[0] == "doctor" && status == exitUnfit && stderr != ""
	if !fine || stdout == "" || !regexp.MustCompile(said).MatchString(stderr) {
		p.t.Errorf("%s: status %d, want 0\n%s\n%s", line, status, stdout, stderr)
	}
}

// inRepository reports whether the source has revisions.
func inRepository(p *place) bool {
	_, err := os.Stat(filepath.Join(p.sourceRoot, ".git"))
	return err == nil
}

// published returns a run of a suite that this repository holds.
func published(t *testing.T, p *place, suite string) string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(p.sourceRoot, "results", suite, "*", "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no published run of suite %s: %v", suite, err)
	}
	return dirs[0]
}
