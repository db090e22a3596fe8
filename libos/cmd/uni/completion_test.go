package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// complete runs a script in a shell, after that of uni, with words, in a folder with
// one file, and returns the lines that it prints.
func complete(t *testing.T, shell string, flags []string, script string, words ...string) []string {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		t.Skipf("%s is not installed", shell)
	}
	var ours, stderr bytes.Buffer
	if got := run(&ours, &stderr, []string{"completion", shell}); got != exitOK || stderr.Len() > 0 {
		t.Fatalf("uni completion %s = %d, %s", shell, got, &stderr)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, append(append(flags, "-c", ours.String()+"\n"+script, shell), words...)...)
	cmd.Dir, cmd.Stderr, cmd.Env = dir, &stderr, append(os.Environ(), "HOME="+dir)
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%s %q: %v\n%s%s", shell, words, err, out, &stderr)
	}
	return strings.Fields(string(out))
}

type completionTest struct {
	words []string
	want  []string
}

func completionTests() []completionTest {
	return []completionTest{
		{[]string{"ins"}, []string{"inspect"}},
		{[]string{"run", "-me"}, []string{"-mem"}},
		{[]string{"run", "-stat"}, []string{"-stats", "-stats-fd"}},
		{[]string{"build", "-buildv"}, []string{"-buildvcs"}},
		{[]string{"build", "-mem"}, nil},
		{[]string{"build", "-rac"}, nil}, // refused, so not offered
		{[]string{"test", "-benchm"}, []string{"-benchmem"}},
		{[]string{"test", "-fuz"}, []string{"-fuzzminimizetime", "-fuzztime"}},
		{[]string{"run", "ma"}, []string{"main.go"}},
		{[]string{"run", "main.go", "--", "-me"}, nil},
		{[]string{"run", ""}, []string{"main.go"}},
		{[]string{"inspect", "-"}, []string{"-json"}},
		{[]string{"completion", "z"}, []string{"zsh"}},
		{[]string{"help", "ver"}, []string{"version"}},
		{[]string{"nonsense", "ma"}, []string{"main.go"}},
	}
}

func TestBashCompletion(t *testing.T) {
	for _, tt := range completionTests() {
		got := complete(t, "bash", []string{"--norc"}, `COMP_WORDS=(uni "$@"); COMP_CWORD=$#; _uni; echo "${COMPREPLY[@]}"`, tt.words...)
		if !slices.Equal(got, tt.want) {
			t.Errorf("uni %q: %q, want %q", tt.words, got, tt.want)
		}
	}
}

// TestZshCompletion has what is zsh's own part of the work replaced: the choice of
// what begins like the word.
func TestZshCompletion(t *testing.T) {
	const script = `compadd() { local w; for w in "${(@P)argv[-1]}"; do [[ $w == ${words[CURRENT]}* ]] && print -r -- $w; done }
_files() { local -a f; f=(${words[CURRENT]}*(N)); print -rl -- $f }
words=(uni "$@"); CURRENT=$#words
_uni || :`
	for _, tt := range completionTests() {
		if got := complete(t, "zsh", []string{"--no-rcs"}, script, tt.words...); !slices.Equal(got, tt.want) {
			t.Errorf("uni %q: %q, want %q", tt.words, got, tt.want)
		}
	}
}

func TestFishCompletion(t *testing.T) {
	for _, tt := range completionTests() {
		if slices.Contains(tt.words, "--") || tt.words[0] == "nonsense" {
			continue // fish's own rules
		}
		out := complete(t, "fish", []string{"--no-config"}, `function uni; end; complete -C "uni $argv[2..-1]" | string replace -r '\t.*' ''; true`, tt.words...)
		slices.Sort(out)
		if !slices.Equal(out, tt.want) {
			t.Errorf("uni %q: %q, want %q", tt.words, out, tt.want)
		}
	}
}

// TestFlagsOf: every flag that the help of a command explains is completed.
func TestFlagsOf(t *testing.T) {
	for _, c := range commands() {
		for line := range strings.Lines(c.usage) {
			flag, ok := strings.CutPrefix(line, "  -")
			if name, _, _ := strings.Cut(strings.TrimSpace(flag), " "); ok && !slices.Contains(flagsOf(c.name), name) {
				t.Errorf("completion of uni %s lacks -%s", c.name, name)
			}
		}
	}
	for _, args := range [][]string{{"completion"}, {"completion", "csh"}, {"completion", "../completion/bash"}} {
		var stdout, stderr bytes.Buffer
		if got := run(&stdout, &stderr, args); got != exitUsage || stdout.Len() > 0 || !strings.Contains(stderr.String(), "bash, zsh, fish") {
			t.Errorf("uni %q = %d, %q, %q", args, got, &stdout, &stderr)
		}
	}
}
