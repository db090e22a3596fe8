package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParseModules(t *testing.T) {
	got, err := parseModules(strings.NewReader("# comment\n\n a/... b\nc -run=^TestX$ -skip=Y|Z -mem=3G -short=false # it is large\n"))
	want := []moduleLine{
		{patterns: []string{"a/...", "b"}},
		{settings: settings{run: "^TestX$", skip: "Y|Z", memory: "3G", long: true}, patterns: []string{"c"}, reason: "it is large"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("parseModules = %+v, %v, want %+v", got, err, want)
	}
	for _, bad := range []string{
		"a -skip=X", "a -skip=X #", "-mem=1G # large", "a -skip=( # why", "a -run= # why", "a -run X # why", "a -race=1 # why", "a -short=true # why",
	} {
		if list, err := parseModules(strings.NewReader(bad)); err == nil {
			t.Errorf("parseModules(%q) = %+v, want an error", bad, list)
		}
	}
}

// TestModuleFiles: the list is readable, and the module that goes with it
// requires a module for each of its patterns.
func TestModuleFiles(t *testing.T) {
	text, err := moduleFiles.ReadFile("modules.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := parseModules(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := makeModule(dir); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "go.mod")
	if text, err = os.ReadFile(name); err != nil {
		t.Fatal(err)
	}
	var required [][]string // path and version
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) >= 2 && strings.HasPrefix(words[1], "v") {
			required = append(required, words[:2])
		}
	}
	sums, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		for _, pattern := range l.patterns {
			path := strings.TrimSuffix(pattern, "/...")
			i := slices.IndexFunc(required, func(r []string) bool {
				return path == r[0] || strings.HasPrefix(path, r[0]+"/")
			})
			if i < 0 {
				t.Errorf("%s: go.mod requires no module that has it", pattern)
				continue
			}
			if sum := strings.Join(required[i], " ") + " h1:"; !bytes.Contains(sums, []byte(sum)) {
				t.Errorf("%s: go.sum lacks %s", pattern, sum)
			}
		}
	}
}

func TestSelects(t *testing.T) {
	for _, c := range []struct {
		patterns, pkg string
		want          bool
	}{
		{"", "a/b", true}, {"a/b", "a/b", true}, {"a/...", "a/b", true}, {"a/b/...", "a/b", true},
		{"a", "a/b", false}, {"a/b/...", "a/bc", false}, {"x a/b", "a/b", true},
	} {
		if got := selects(strings.Fields(c.patterns), c.pkg); got != c.want {
			t.Errorf("selects(%q, %s) = %v, want %v", c.patterns, c.pkg, got, c.want)
		}
	}
}

// TestGroups: one command tests packages with the same settings, and what is not
// to be run as a unikernel is left out of that side only.
func TestGroups(t *testing.T) {
	x, err := parseExpected(strings.NewReader("reason exec no fork\nexec c !TestFork\nexec d !TestBad\n"))
	if err != nil {
		t.Fatal(err)
	}
	large := settings{skip: "TestSlow", memory: "4G", long: true}
	s := &session{
		config: config{uni: "uni", memory: "2G", packages: strings.Fields("a b c d e f")}, expected: x,
		settings: map[string]settings{"b": large, "c": large, "e": large},
	}
	var got []string
	for _, g := range s.groups() {
		got = append(got, strings.Join(s.command(processSide, g), " "), strings.Join(s.command(unikernelSide, g), " "))
	}
	const common = " -json -count=1 -vet=off -timeout=" + testTimeout
	want := []string{
		"go test" + common + " -short a f", "uni test -mem=2G" + common + " -short a f",
		"go test -skip=TestSlow" + common + " b e", "uni test -mem=4G -skip=TestSlow" + common + " b e",
		"go test -skip=TestSlow" + common + " c", "uni test -mem=4G -skip=TestSlow|^TestFork$" + common + " c",
		"go test" + common + " -short d", "uni test -mem=2G -skip=^TestBad$" + common + " -short d",
	}
	if !slices.Equal(got, want) {
		t.Errorf("commands:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	s.long, s.packages, s.settings = true, []string{"a"}, map[string]settings{"a": {long: true}}
	if got, want := strings.Join(s.command(processSide, s.groups()[0]), " "), "go test -json -count=1 -vet=off -timeout="+longTimeout+" a"; got != want {
		t.Errorf("with -long the command is %s, want %s", got, want)
	}
	s.packages = make([]string, 2*batch+1)
	if n := len(s.groups()); n != 3 {
		t.Errorf("%d packages are %d groups, want 3", len(s.packages), n)
	}
}

// TestResumeModules: a run of modules is gone on with as one.
func TestResumeModules(t *testing.T) {
	s, err := openStore(t.Context(), config{out: t.TempDir(), modules: true}, []string{"example.com/a v1.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := openStore(t.Context(), config{resume: s.dir}, nil)
	if err != nil || !slices.Equal(again.info.Modules, s.info.Modules) {
		t.Errorf("after resuming: %+v, %v", again, err)
	}
	if table := string(comparison{}.markdown(again.info)); !strings.Contains(table, "Modules: example.com/a v1.0.0.") {
		t.Errorf("table:\n%s", table)
	}
	if s, err := openStore(t.Context(), config{modules: true}, nil); err != nil || s.dir != "" {
		t.Errorf("a run of modules without -out writes to %q, %v", s.dir, err)
	}
}

func TestSlower(t *testing.T) {
	tests := map[string]string{"TestLong": pass, "TestShort": pass, "TestEven": pass, "TestLong/sub": pass}
	process := outcomes(packageOutcome{Package: "p", Tests: tests, Took: map[string]float64{"TestLong": 1, "TestShort": 0.01, "TestEven": 2, "TestLong/sub": 1}})
	unikernel := outcomes(packageOutcome{Package: "p", Tests: tests, Took: map[string]float64{"TestLong": 3.5, "TestShort": 0.9, "TestEven": 5, "TestLong/sub": 3.5}})
	c := compare(process, unikernel, &expectations{})
	if got, want := c.total().Slower, []slower{{"p", "TestLong", 1, 3.5}}; !slices.Equal(got, want) {
		t.Errorf("slower: %v, want %v", got, want)
	}
	var out bytes.Buffer
	c.print(&out)
	const want = "p TestLong: 1.00 s as a process, 3.50 s as a unikernel"
	if !strings.Contains(out.String(), "slower: "+want) || !strings.Contains(string(c.markdown(info{})), "- "+want) {
		t.Errorf("neither output nor table name it:\n%s%s", &out, c.markdown(info{}))
	}
}
