package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"unibench/harness/record"
	"unibench/harness/suite"
	"unibench/harness/target"
)

// shell runs a script in a real shell, in the folder of the source, with bench as $1
// and the words after it, and returns the lines of its output.
func (p *place) shell(name string, flags []string, script string, words ...string) []string {
	p.t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		p.t.Skipf("%s is not installed", name)
	}
	bench := p.command()
	cmd := exec.CommandContext(p.t.Context(), path, append(append(flags, "-c", script), words...)...)
	cmd.Dir, cmd.Env = bench.Dir, append(bench.Env, "BENCH="+bench.Path, "HOME="+p.out)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		p.t.Fatalf("%s: %v\n%s%s", name, err, out, stderr.String())
	}
	return lines(string(out))
}

// stored makes a folder results with a finished and an interrupted run, and a file, in
// a folder of its own, where bench then runs.
func (p *place) stored() (done, begun string) {
	p.t.Helper()
	root := p.t.TempDir()
	results := filepath.Join(root, resultsDir)
	done = history(0, 1, 0.005).Store(p.t, results, -1)
	begun = history(1, 1, 0.005).Store(p.t, results, 4)
	copyClaims(p.t, p, results)
	p.sourceRoot = root
	if err := os.WriteFile(filepath.Join(root, "restless"), nil, 0o644); err != nil {
		p.t.Fatal(err)
	}
	relative := func(dir string) string {
		name, err := filepath.Rel(root, dir)
		if err != nil {
			p.t.Fatal(err)
		}
		return name
	}
	return relative(done), relative(begun)
}

// TestBashCompletion asks the function of the script what bash would ask it.
func TestBashCompletion(t *testing.T) {
	p := newPlace(t)
	done, begun := p.stored()
	const script = `source <("$BENCH" completion bash) || exit 1
[[ $(complete -p bench) == "complete -F _bench bench" ]] || { complete -p bench; exit 1; }
COMP_WORDS=("$BENCH" "${@:1}")
COMP_CWORD=$#
_bench
(( ${#COMPREPLY[@]} == 0 )) || printf '%s\n' "${COMPREPLY[@]}"`
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	for _, tt := range []struct {
		words []string // as bash cuts them
		want  []string
	}{
		{[]string{""}, names},
		{[]string{"re"}, []string{"report", "reproduce"}},
		{[]string{"-"}, []string{"-h"}},
		{[]string{"nonsense", ""}, nil},
		{[]string{"help", "tr"}, []string{"trend"}},
		{[]string{"completion", ""}, shells()},
		{[]string{"list", "-"}, []string{"-json", "-suite", "-h"}},
		{[]string{"list", "-json", "-"}, []string{"-suite", "-h"}},
		{[]string{"list", "--s"}, []string{"--suite"}},
		{[]string{"list", ""}, nil},
		{[]string{"run", "-suite", ""}, suite.Names()},
		{[]string{"run", "--suite", "=", ""}, suite.Names()},
		{[]string{"run", "-suite", "="}, suite.Names()},
		{[]string{"run", "-suite", "=", "b"}, []string{"boot"}},
		{[]string{"run", "-suite", "boot", "-run", "HelloF"}, []string{"HelloFmt"}},
		{[]string{"run", "-targets", ""}, target.Names()},
		{[]string{"run", "-targets", "process,"}, []string{"process,unikernel", "process,container"}},
		{[]string{"run", "-targets", "=", "process,c"}, []string{"process,container"}},
		{[]string{"run", "-resume", ""}, []string{begun}},
		{[]string{"run", "-count", ""}, nil},
		{[]string{"run", "-out", "rest"}, []string{"restless"}},
		{[]string{"stat", ""}, []string{begun, done}},
		{[]string{"stat", "results/b"}, []string{begun, done}},
		{[]string{"stat", done[:len(done)-3]}, []string{done}},
		{[]string{"stat", "rest"}, []string{"restless"}},
		{[]string{"compare", done, ""}, []string{begun}},
		{[]string{"compare", "-correct", "n"}, []string{"none"}},
		{[]string{"compare", "-allow", "version,tar"}, []string{"version,targets"}},
		{[]string{"trend", "-class", ""}, []string{"pvm-2c"}},
		{[]string{"export", "-series", "-baseline", ""}, []string{begun, done}},
		{[]string{"reproduce", "-results", "results", "boot-milli"}, []string{"boot-milliseconds"}},
		{[]string{"reproduce", "-run", "al"}, []string{"all"}},
		{[]string{"stat", "-format", ""}, strings.Split(formats(), ", ")},
		{[]string{"report", "--", "-"}, nil},
	} {
		got := p.shell("bash", []string{"--norc"}, script, append([]string{"bash"}, tt.words...)...)
		if !slices.Equal(got, tt.want) {
			t.Errorf("bench %q: %q, want %q", tt.words, got, tt.want)
		}
	}
}

// TestFishCompletion asks fish itself.
func TestFishCompletion(t *testing.T) {
	p := newPlace(t)
	done, begun := p.stored()
	for line, want := range map[string][]string{
		"bench re":                    {"report", "reproduce"},
		"bench run -suite b":          {"boot"},
		"bench run -suite=":           {"-suite=boot", "-suite=net", "-suite=syscall"},
		"bench run -targets process,": {"process,container", "process,unikernel"},
		"bench stat ":                 {done, begun},
		"bench stat restl":            {"restless"},
	} {
		// The script takes the program that is typed.
		out := p.shell("fish", []string{"--no-config"}, `$BENCH completion fish | source; function bench; $BENCH $argv; end; complete -C '`+line+`'`)
		var got []string
		for _, l := range out {
			word, _, _ := strings.Cut(l, "\t")
			got = append(got, word)
		}
		slices.Sort(got)
		if slices.Sort(want); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// TestZshCompletion calls the function of the script, with what is zsh's own part of
// the work replaced by a print.
func TestZshCompletion(t *testing.T) {
	p := newPlace(t)
	done, begun := p.stored()
	const script = `compdef() { registered="$*" }
compadd() { print -rl -- "${(@P)argv[-1]}" }
_files() { print -r -- files }
source <($BENCH completion zsh)
[[ $registered == "_bench bench" ]] || { print -r "registered: $registered"; exit 1 }
words=($BENCH "$@"); CURRENT=$#words
_bench`
	for _, tt := range []struct{ words, want []string }{
		{[]string{"re"}, []string{"report", "reproduce"}},
		{[]string{"run", "-suite=b"}, []string{"-suite=boot"}},
		{[]string{"run", "-targets", "process,"}, []string{"process,unikernel", "process,container"}},
		{[]string{"stat", ""}, []string{begun, done}},
		{[]string{"stat", "restl"}, []string{"files"}},
	} {
		got := p.shell("zsh", []string{"--no-rcs"}, script, append([]string{"zsh"}, tt.words...)...)
		if !slices.Equal(got, tt.want) {
			t.Errorf("bench %q: %q, want %q", tt.words, got, tt.want)
		}
	}
}

// TestFlagsOf: completion knows the flags of each command that has some.
func TestFlagsOf(t *testing.T) {
	p := newPlace(t)
	a := p.app()
	for _, c := range commands() {
		_, help, _ := p.ask(c.name, "-h")
		a.flagsOf(c).VisitAll(func(f *flag.Flag) {
			if !strings.Contains(help, "\n  -"+f.Name) {
				t.Errorf("bench %s -h does not name -%s", c.name, f.Name)
			}
		})
		if n := strings.Count(help, "\n  -"); n > 0 && a.flagsOf(c).Lookup(strings.Fields(help[strings.Index(help, "\n  -")+4:])[0]) == nil {
			t.Errorf("completion knows no flags of %s", c.name)
		}
	}
}

// TestCompletionIsQuiet: whatever stands on the line, completion says nothing but
// choices.
func TestCompletionIsQuiet(t *testing.T) {
	p := newPlace(t)
	for _, words := range [][]string{{"bash"}, {}} {
		if status, out, _ := p.ask(append([]string{completeCommand}, words...)...); status != exitUsage || out != "" {
			t.Errorf("%q: status %d, %s", words, status, out)
		}
	}
	for _, words := range [][]string{{"=", "="}, {"run", "="}, {"run", "-x=", "="}, {"run", "--", "-"}, {"stat", "[*?\\"}, {"stat", "/"}, {"reproduce", "-claims", "/none", ""}, {"loadgen", ""}, {"run", "-nope", ""}} {
		for _, shell := range shells() {
			status, out, stderr := p.ask(append([]string{completeCommand, shell}, words...)...)
			if kind, _, _ := strings.Cut(out, "\n"); status != exitOK || stderr != "" || kind != "words" && kind != "files" {
				t.Errorf("%s %q: status %d\n%s%s", shell, words, status, out, stderr)
			}
		}
	}
}

// TestStoredRuns: a folder that only looks like a run is none.
func TestStoredRuns(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "suite", "class", "time")
	if err := os.MkdirAll(other, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(other, record.RunFile), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := storedRuns(dir+"/", nil); !got.files {
		t.Errorf("storedRuns of a folder without runs = %+v", got)
	}
}
