package baseline_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"unibench/baselines/scratch"
	"unibench/harness/baseline"
	"unibench/harness/record"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// tool is a stand-in for uni and uni-vmm that says which revision it is of.
const tool = "package main\n\nfunc main() { println(\"REVISION\") }\n"

// repository has two revisions with tools that differ; the second is checked out, with
// a change on top.
func repository(t *testing.T) (env *target.Env, first string) {
	t.Helper()
	dir, temp := t.TempDir(), t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
			"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@a", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@a")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q")
	write("go.mod", "module unibench\n\ngo 1.26\n")
	for _, revision := range []string{"one", "two"} {
		for _, name := range baseline.Tools() {
			write("libos/cmd/"+name+"/main.go", strings.ReplaceAll(tool, "REVISION", revision))
		}
		git("add", ".")
		git("commit", "-q", "-m", revision)
	}
	write("libos/cmd/uni/main.go", "not committed")
	s, err := scratch.New(temp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &target.Env{Source: dir, Scratch: s, Tools: "tools-of-this", Runner: &trial.Runner{Env: os.Environ()}}, git("rev-parse", "HEAD~1")
}

func TestFind(t *testing.T) {
	env, first := repository(t)
	tools, empty := t.TempDir(), t.TempDir()
	for _, name := range baseline.Tools() {
		if err := os.WriteFile(filepath.Join(tools, name), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		word string
		want record.Baseline
		err  string
	}{
		{"HEAD~1", record.Baseline{Kind: record.BaselineRevision, Commit: first}, ""},
		{first[:9], record.Baseline{Kind: record.BaselineRevision, Commit: first}, ""},
		{tools, record.Baseline{Kind: record.BaselineTools}, ""},
		{empty, record.Baseline{}, "has no uni and uni-vmm"},
		{"no-such-branch", record.Baseline{}, "neither a revision"},
		{"--all", record.Baseline{}, "neither a revision"},
		{filepath.Join(tools, "uni"), record.Baseline{}, "is a file"},
	} {
		got, err := baseline.Find(t.Context(), env, tt.word)
		if tt.err != "" {
			if !errors.Is(err, baseline.ErrUnknown) || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("Find(%s) = %v, want %q", tt.word, err, tt.err)
			}
			continue
		}
		if err != nil || got.Record != tt.want {
			t.Errorf("Find(%s) = %+v, %v; want %+v", tt.word, got, err, tt.want)
		}
	}
	if got := baseline.Same(env); got.Record.Kind != record.BaselineSame {
		t.Errorf("Same = %+v", got)
	}
}

// TestMake builds the tools of an older revision and leaves the repository alone.
func TestMake(t *testing.T) {
	env, _ := repository(t)
	c, err := baseline.Find(t.Context(), env, "HEAD~1")
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.Make(t.Context(), env, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range baseline.Tools() {
		out, err := exec.Command(filepath.Join(b.Tools, name)).CombinedOutput()
		if err != nil || string(out) != "one\n" {
			t.Errorf("%s says %q, %v; want the older revision", name, out, err)
		}
	}
	cmd := exec.Command("git", "status", "--porcelain")
	cmd.Dir = env.Source
	if out, err := cmd.Output(); err != nil || string(out) != " M libos/cmd/uni/main.go\n" {
		t.Errorf("git status = %q, %v; want the one change that was there", out, err)
	}
	if left, _ := filepath.Glob(filepath.Join(env.Source, ".git", "worktrees", "*")); len(left) > 0 {
		t.Errorf("registered in the repository: %v", left)
	}
	if b, err := baseline.Same(env).Make(t.Context(), env, true); err != nil || b != (target.Build{Source: env.Source, Tools: env.Tools}) {
		t.Errorf("Make of the same = %+v, %v", b, err)
	}
}
