package main

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"unibench/harness/claims"
	"unibench/harness/suite"
	"unibench/harness/target"
)

// TestReproduce asks for verdicts of stored runs.
func TestReproduce(t *testing.T) {
	p := newPlace(t)
	results := filepath.Join(p.out, "results")
	history(1, 1, 0.005).Store(t, results, -1)
	copyClaims(t, p, results)
	for _, c := range []struct {
		name   string
		args   []string
		status int
		stdout []string
		stderr string
	}{
		{"all", []string{"all"}, 0, []string{"boot-milliseconds", "confirmed", "no stored run", "no benchmark: 0", "bench run -suite boot"}, ""},
		{"all is the default", nil, 0, []string{"claims: 2", "burst"}, ""},
		{"one", []string{"boot-milliseconds", "-format", "csv"}, 0, []string{"boot-milliseconds,pvm-2c,confirmed,start,boot,Hello,unikernel,,boot-first-ns,median,"}, ""},
		{"two", []string{"-format", "json", "burst", "http-native"}, 0, []string{`"outcome": "no stored run"`, `"at_most": null`}, ""},
		{"unknown", []string{"moon"}, 2, nil, `unknown claim "moon": choose all, or of boot-milliseconds, `},
		{"format", []string{"-format", "pdf"}, 2, nil, "unknown format"},
		{"no claims", []string{"-claims", filepath.Join(p.out, "none")}, 1, nil, "name the file with -claims"},
	} {
		status, stdout, stderr := p.ask(append([]string{"reproduce", "-results", results}, c.args...)...)
		ok := status == c.status && strings.Contains(stderr, c.stderr) && (c.stderr != "" || stderr == "") && (c.stdout != nil || stdout == "")
		for _, w := range c.stdout {
			ok = ok && strings.Contains(stdout, w)
		}
		if !ok {
			t.Errorf("%s: status %d, want %d\nstandard output, want %q:\n%s\nstandard error, want %q:\n%s",
				c.name, status, c.status, c.stdout, stdout, c.stderr, stderr)
		}
	}
}

// TestReproduceRun runs what claims need, each command once, and judges the new run.
func TestReproduceRun(t *testing.T) {
	p := newPlace(t)
	results := filepath.Join(p.out, "results")
	claim := func(id, needs string) string {
		return `[[claim]]
id = "` + id + `"
statement = "s"
published = "p"
source = "s"
needs = "` + needs + `"
[[claim.query]]
name = "q"
suite = "boot"
benchmark = "Hello"
target = "process"
unit = "image-B"
statistic = "median"
at_most = 1e9
`
	}
	// This host may be busy with other tests.
	good := "bench run -suite boot -run '^Hello$' -targets process -count 1 -warmup 0 -force"
	put(t, besideResults(results, claimsName), []byte("version = 1\n"+claim("a", good)+claim("b", good)+claim("c", "bench run -suite moon")))
	status, stdout, stderr := p.do("reproduce", "-results", results, "-run", "-format", "csv", "a", "b")
	if status != exitOK || strings.Count(stderr, "bench: for ") != 1 || strings.Count(stdout, ",confirmed,") < 2 {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	if status, stdout, stderr := p.do("reproduce", "-results", results, "-run", "c"); status != exitUsage || stdout != "" || !strings.Contains(stderr, "unknown suite") {
		t.Errorf("a run that fails: status %d, want %d\n%s%s", status, exitUsage, stdout, stderr)
	}
}

// TestClaimsAskForWhatIs: each query of the repository's claims names a suite, a
// benchmark, targets and a unit that there are, and its command runs the benchmark.
func TestClaimsAskForWhatIs(t *testing.T) {
	list, err := claims.Read(filepath.Join("..", "..", "..", paperDir, claimsName))
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 10 {
		t.Errorf("%d claims, want 10 or more", len(list))
	}
	for _, c := range list {
		for _, q := range c.Queries {
			s, ok := suite.Find(q.Suite)
			if !ok {
				t.Errorf("%s: no suite %s", c.ID, q.Suite)
				continue
			}
			if !slices.ContainsFunc(s.Benchmarks, func(b suite.Benchmark) bool { return b.Name == q.Benchmark }) {
				t.Errorf("%s: suite %s has no benchmark %s", c.ID, q.Suite, q.Benchmark)
			}
			unit := false
			for _, u := range s.Units {
				unit = unit || u.Name == q.Unit
			}
			if !unit {
				t.Errorf("%s: suite %s has no unit %s", c.ID, q.Suite, q.Unit)
			}
			for _, name := range []string{q.Target, q.Base} {
				if name != "" && !slices.Contains(target.Names(), name) {
					t.Errorf("%s: no target %s", c.ID, name)
				}
			}
			args := c.Args()
			if i := slices.Index(args, "-suite"); i < 0 || args[i+1] != q.Suite {
				t.Errorf("%s: %q does not run suite %s", c.ID, c.Needs, q.Suite)
			}
			if i := slices.Index(args, "-run"); i >= 0 && !regexp.MustCompile(args[i+1]).MatchString(q.Benchmark) {
				t.Errorf("%s: %q does not run %s", c.ID, c.Needs, q.Benchmark)
			}
		}
	}
}
