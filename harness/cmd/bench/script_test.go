package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain lets the test binary stand in for bench, so that scripts run the
// real main with real signals and exit statuses.
func TestMain(m *testing.M) {
	if os.Getenv("BENCH_TEST_MAIN") != "" {
		main()
	}
	status := m.Run()
	if builtDir != "" {
		os.RemoveAll(builtDir)
	}
	os.Exit(status)
}

// builtDir holds the command of built, once that was called.
var builtDir string

// built builds bench as users have it.
var built = sync.OnceValues(func() (string, error) {
	var err error
	if builtDir, err = os.MkdirTemp("", "bench-plain-"); err != nil {
		return "", err
	}
	exe := filepath.Join(builtDir, "bench")
	if out, err := exec.Command("go", "build", "-o", exe, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build bench: %w: %s", err, out)
	}
	return exe, nil
})

// compute has p run bench without the race detector, which slows down commands that
// only compute, and on one goroutine.
func (p *place) compute() {
	p.t.Helper()
	var err error
	if p.exe, err = built(); err != nil {
		p.t.Fatal(err)
	}
}

// scriptTimeout bounds one command; builds on a busy host take long.
const scriptTimeout = 5 * time.Minute

// place is a world for scripts: a folder for results and one for temporary
// files, which other user ids may pass through.
type place struct {
	t          *testing.T
	out, temp  string
	path       string // PATH
	sourceRoot string
	exe        string // bench itself; empty: the test
	machine    string // root of a machine of files that ask may tune; empty: the real one, which it may not
}

// tools puts a copy of the test, which is bench, and the tools of the library OS into
// one folder, from which bench then runs.
func (p *place) tools(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", dir+"/", "./libos/cmd/uni", "./libos/cmd/uni-vmm")
	build.Dir = p.sourceRoot
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build tools: %v: %s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	p.exe = filepath.Join(dir, "bench")
	if err := os.WriteFile(p.exe, b, 0o755); err != nil {
		t.Fatal(err)
	}
}

// needUnikernels skips a test that boots unikernels where there can be none, and where
// building the tools for them takes too long.
func needUnikernels(t *testing.T) {
	t.Helper()
	f, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no unikernels here: %v", err)
	}
	f.Close()
	if testing.Short() {
		t.Skip("builds the tools")
	}
}

func newPlace(t *testing.T) *place {
	t.Helper()
	temp, err := os.MkdirTemp("", "bench-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(temp, 0o711); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	p := &place{t: t, out: t.TempDir(), temp: temp, path: os.Getenv("PATH"), sourceRoot: root}
	t.Cleanup(func() {
		// The host lock stays by design; anything else is a leak.
		os.Remove(filepath.Join(temp, lockName))
		if err := os.Remove(temp); err != nil {
			left, _ := filepath.Glob(filepath.Join(temp, "*"))
			t.Errorf("left in the folder for temporary files: %v", left)
			os.RemoveAll(temp)
		}
	})
	return p
}

// command makes a bench process; args may use $OUT, $RUN (the only results
// folder) and $SRC. Trials do not wait for a quiet core, as other tests are busy.
func (p *place) command(args ...string) *exec.Cmd {
	p.t.Helper()
	if slices.Contains(args, "-force") && !slices.Contains(args, "-resume") && !slices.Contains(args, "-quiet") {
		args = slices.Insert(slices.Clone(args), 1, "-quiet=0")
	}
	for i, a := range args {
		if strings.Contains(a, "$RUN") {
			a = strings.ReplaceAll(a, "$RUN", p.run())
		}
		a = strings.ReplaceAll(a, "$OUT", p.out)
		args[i] = strings.ReplaceAll(a, "$SRC", p.sourceRoot)
	}
	self := p.exe
	if self == "" {
		var err error
		if self, err = os.Executable(); err != nil {
			p.t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), scriptTimeout)
	p.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Dir = p.sourceRoot
	cmd.Env = append(os.Environ(), "BENCH_TEST_MAIN=1", "TMPDIR="+p.temp, "PATH="+p.path)
	return cmd
}

// run returns the only results folder.
func (p *place) run() string {
	p.t.Helper()
	dirs, err := filepath.Glob(filepath.Join(p.out, "*", "*", "*"))
	if err != nil || len(dirs) != 1 {
		p.t.Fatalf("results folders: %v, %v; want one", dirs, err)
	}
	return dirs[0]
}

// do runs bench and returns status, stdout and stderr.
func (p *place) do(args ...string) (int, string, string) {
	p.t.Helper()
	cmd := p.command(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

// TestScripts runs testdata/*.txt. A script is a list of
//
//	$ bench ARGS...      a command line, split at spaces, ' quotes
//	status N             its exit status (default 0)
//	> LINE               its standard output; 2> LINE its standard error
//
// LINE is literal, or /a regular expression/, or ... for any number of lines.
// A stream that is not mentioned must be empty. "# needs PROGRAM" skips.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("scripts: %v, %v", files, err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			runScript(t, newPlace(t), string(b))
		})
	}
}

type step struct {
	line           string
	status         int
	stdout, stderr []string
}

func runScript(t *testing.T, p *place, script string) {
	t.Helper()
	var steps []*step
	for n, line := range strings.Split(script, "\n") {
		kind, rest, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(line, "# needs root"):
			if os.Geteuid() != 0 {
				t.Skip("needs root")
			}
		case strings.HasPrefix(line, "# needs "):
			name := strings.TrimPrefix(line, "# needs ")
			if _, err := exec.LookPath(name); err != nil {
				t.Skipf("%s is not installed", name)
			}
		case line == "" || kind == "#":
		case kind == "$":
			steps = append(steps, &step{line: rest})
		case len(steps) == 0:
			t.Fatalf("line %d: no command yet", n+1)
		case kind == "status":
			status, err := strconv.Atoi(rest)
			if err != nil {
				t.Fatalf("line %d: %v", n+1, err)
			}
			steps[len(steps)-1].status = status
		case kind == ">":
			steps[len(steps)-1].stdout = append(steps[len(steps)-1].stdout, rest)
		case kind == "2>":
			steps[len(steps)-1].stderr = append(steps[len(steps)-1].stderr, rest)
		default:
			t.Fatalf("line %d: %q is no part of a script", n+1, line)
		}
	}
	for _, s := range steps {
		args := split(s.line)
		status, stdout, stderr := p.do(args[1:]...)
		var wrong []string
		if status != s.status {
			wrong = append(wrong, fmt.Sprintf("status %d, want %d", status, s.status))
		}
		if !matches(lines(stdout), s.stdout) {
			wrong = append(wrong, "standard output differs")
		}
		if !matches(lines(stderr), s.stderr) {
			wrong = append(wrong, "standard error differs")
		}
		if len(wrong) > 0 {
			t.Errorf("$ %s\n%s\nstandard output:\n%s\nstandard error:\n%s", s.line, strings.Join(wrong, "; "), stdout, stderr)
		}
	}
}

// split cuts at spaces outside single quotes.
func split(s string) []string {
	var out []string
	for i, part := range strings.Split(s, "'") {
		if i%2 == 1 {
			out = append(out, part)
			continue
		}
		out = append(out, strings.Fields(part)...)
	}
	return out
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

// matches compares lines with patterns, backtracking at "...".
func matches(got, want []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if want[0] == "..." {
		for i := 0; i <= len(got); i++ {
			if matches(got[i:], want[1:]) {
				return true
			}
		}
		return false
	}
	if len(got) == 0 {
		return false
	}
	w := want[0]
	ok := w == got[0]
	if len(w) > 1 && strings.HasPrefix(w, "/") && strings.HasSuffix(w, "/") {
		ok = regexp.MustCompile("^(?:" + w[1:len(w)-1] + ")$").MatchString(got[0])
	}
	return ok && matches(got[1:], want[1:])
}
