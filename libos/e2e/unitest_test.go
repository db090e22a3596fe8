package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// tested runs go test, or uni test, in testdata/src/tested.
func tested(t *testing.T, name string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, append([]string{"test"}, args...)...)
	cmd.Dir = own("tested")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "TESTED_VARIABLE=set", "GOFLAGS=-count=1")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// variable are the parts of go test's output that differ from run to run.
var variable = regexp.MustCompile(`[0-9.]+s\b|0x[0-9a-f]+|goroutine [0-9]+|\+0x[0-9a-f]+`)

// TestUniTest compares uni test with go test: what it prints and its status.
func TestUniTest(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
	}{
		{"quiet", []string{"./..."}},
		{"verbose", []string{"-v", "./..."}},
		{"one test", []string{"-v", "-run", "^TestPlace$"}},
		{"skipped", []string{"-v", "-run", "TestSkipped", "."}},
		{"listed", []string{"-list", ".", "."}},
		{"twice", []string{"-v", "-count=2", "-run=Word", ".", "-word", "given"}},
		{"failing", []string{".", "-word=fail"}},
		{"with -args", []string{"-v", "-run=Word", ".", "-args", "-word=given"}},
		{"coverage", []string{"-cover", "-run=Double", "."}},
		{"no such package", []string{"./none"}},
		{"no tests to run", []string{"-run=None", "."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			start(t)
			shared.slots <- struct{}{}
			defer func() { <-shared.slots }()
			wantOut, _, want := tested(t, "go", c.args...)
			gotOut, gotErr, got := tested(t, shared.uni, c.args...)
			if got != want {
				t.Errorf("status %d, of go test %d\n%s%s", got, want, gotOut, gotErr)
			}
			plain := func(s string) string { return variable.ReplaceAllString(s, "N") }
			if plain(gotOut) != plain(wantOut) {
				t.Errorf("output:\n%s\nof go test:\n%s\n%s", gotOut, wantOut, gotErr)
			}
			if _, err := os.Stat(filepath.Join(own("tested"), "made-by-the-test")); err == nil {
				t.Error("what the test wrote into its folder is on the host")
			}
		})
	}
}

// TestUniTestEnds has tests that do not end well: the same verdict, in other
// words where addresses and stacks are part of them.
func TestUniTestEnds(t *testing.T) {
	for _, c := range []struct {
		args []string
		out  string
	}{
		{[]string{".", "-word=panic"}, "panic: as asked"},
		{[]string{"-timeout=3s", ".", "-word=hang"}, "panic: test timed out after 3s"},
		{[]string{"-bench=Double", "-benchtime=100x", "-run=None", "."}, "BenchmarkDouble"},
		{[]string{"-json", "-run=TestDouble", "."}, `"Action":"pass","Package":"example.org/tested","Test":"TestDouble"`},
	} {
		t.Run(c.out, func(t *testing.T) {
			start(t)
			shared.slots <- struct{}{}
			defer func() { <-shared.slots }()
			_, _, want := tested(t, "go", c.args...)
			out, errs, got := tested(t, shared.uni, c.args...)
			if got != want || !strings.Contains(out, c.out) {
				t.Errorf("status %d, of go test %d; output lacks %q:\n%s%s", got, want, c.out, out, errs)
			}
		})
	}
}

// TestUniTestProfiles: what go test leaves in files is there.
func TestUniTestProfiles(t *testing.T) {
	start(t)
	shared.slots <- struct{}{}
	defer func() { <-shared.slots }()
	dir := t.TempDir()
	out, errs, status := tested(t, shared.uni, "-run=TestBusy", "-outputdir="+dir, "-coverprofile=cover.out", "-cpuprofile=cpu.out",
		"-memprofile=mem.out", "-trace=trace.out", "-o="+filepath.Join(dir, "tested.test"), ".")
	if status != 0 {
		t.Fatalf("status %d: %s%s", status, out, errs)
	}
	cover, err := os.ReadFile(filepath.Join(dir, "cover.out"))
	if want := "mode: set\nexample.org/tested/tested.go:"; err != nil || !strings.HasPrefix(string(cover), want) {
		t.Errorf("cover.out = %q, %v", cover, err)
	}
	top, err := exec.Command("go", "tool", "pprof", "-top", filepath.Join(dir, "cpu.out")).CombinedOutput()
	if err != nil || !strings.Contains(string(top), "tested.TestBusy") && !strings.Contains(string(top), "time.Now") {
		t.Errorf("the CPU profile does not show the test: %v\n%s", err, top)
	}
	for _, name := range []string{"mem.out", "trace.out"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUniTestInterrupted: nothing runs on after an interrupt.
func TestUniTestInterrupted(t *testing.T) {
	start(t)
	shared.slots <- struct{}{}
	defer func() { <-shared.slots }()
	// The test says when it runs, in a file of the host.
	dir := t.TempDir()
	cmd := exec.Command(shared.uni, "test", "-v", "-timeout=60s", "-outputdir="+dir, "-trace=trace.out", ".", "-word=hang")
	cmd.Dir = own("tested")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "trace.out")); err == nil {
			break
		}
		if time.Since(began) > 3*time.Minute {
			t.Fatalf("the test did not begin:\n%s", &out)
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil || !strings.Contains(out.String(), "interrupted") {
		t.Errorf("after an interrupt: %v\n%s", err, &out)
	}
	// Every process that knows the folder is gone.
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(lines) == 0 {
		t.Fatalf("no processes: %v", err)
	}
	for _, name := range lines {
		if line, err := os.ReadFile(name); err == nil && bytes.Contains(line, []byte(dir)) {
			t.Errorf("still running: %q", line)
		}
	}
}
