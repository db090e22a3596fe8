package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// limit is when a program counts as hung. All of them end far sooner.
const limit = 40 * time.Second

// A job is one way to run a program.
type job struct {
	args  []string
	env   []string                   // all variables that the program has
	flags []string                   // of uni run
	stdin func() io.ReadCloser       // nil: /dev/null
	with  func(*exec.Cmd) func()     // prepares the command; the result runs while the program does
	shell string                     // wraps the command: sh -c shell sh COMMAND...
	trim  func(stderr string) string // nil: normalise
	in    *world                     // nil: where the test is
}

// An outcome is what a program showed.
type outcome struct {
	Stdout, Stderr string
	Status         int // 128 plus the signal for a process that a signal ended, as a shell says it
	cpu            time.Duration
}

// asProcess and asUnikernel run b.
func (j job) asProcess(t *testing.T, b *build) outcome {
	t.Helper()
	return j.run(t, "process", b.process, j.args)
}

func (j job) asUnikernel(t *testing.T, b *build) outcome {
	t.Helper()
	args := append([]string{"run"}, j.flags...)
	for _, e := range j.env {
		args = append(args, "-env", e)
	}
	return j.run(t, "unikernel", shared.uni, append(append(args, b.image, "--"), j.args...))
}

func (j job) run(t *testing.T, what, name string, args []string) outcome {
	t.Helper()
	shared.slots <- struct{}{}
	defer func() { <-shared.slots }()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if j.shell != "" {
		name, args = "sh", append([]string{"-c", j.shell, "sh", name}, args...)
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append([]string{}, j.env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if j.stdin != nil {
		in := j.stdin()
		defer in.Close()
		cmd.Stdin = in
	}
	meanwhile := func() {}
	if j.with != nil {
		meanwhile = j.with(cmd)
	}
	var err error
	begin := func() { err = cmd.Start() }
	if j.in != nil {
		j.in.do(begin)
	} else {
		begin()
	}
	if err != nil {
		t.Fatalf("start %s: %v", what, err)
	}
	meanwhile()
	err = cmd.Wait()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		t.Fatalf("%s %q: still running after %v\nstdout: %s\nstderr: %s", what, j.args, limit, head(stdout.String()), head(stderr.String()))
	case err != nil && !errors.As(err, &exit):
		t.Fatalf("run %s: %v", what, err)
	}
	o := outcome{Stdout: stdout.String(), Stderr: stderr.String(), Status: cmd.ProcessState.ExitCode()}
	if ws := cmd.ProcessState.Sys().(syscall.WaitStatus); ws.Signaled() {
		o.Status = 128 + int(ws.Signal())
	}
	o.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return o
}

// compare runs b both ways and reports differences. It returns the outcome of
// the process, for the test to check that it shows what it should.
func (j job) compare(t *testing.T, b *build) outcome {
	t.Helper()
	want, got := j.asProcess(t, b), j.asUnikernel(t, b)
	trim := j.trim
	if trim == nil {
		trim = normalise
	}
	raw := got.Stderr
	a, z := want, got
	a.Stderr, z.Stderr, a.cpu, z.cpu = trim(want.Stderr), trim(got.Stderr), 0, 0
	if diff := cmp.Diff(a, z, cmp.AllowUnexported(outcome{})); diff != "" {
		t.Errorf("%q: the unikernel (+) differs from the process (-):\n%s\nits standard error:\n%s", j.args, head(diff), head(raw))
	}
	return want
}

// head returns the beginning of a text that may be endless.
func head(s string) string {
	if len(s) > 6000 {
		return s[:6000] + fmt.Sprintf("\n... and %d bytes more", len(s)-6000)
	}
	return s
}

// text is a standard input that is a pipe with this text in it.
func text(s string) func() io.ReadCloser {
	return func() io.ReadCloser { return io.NopCloser(strings.NewReader(s)) }
}

// file is a standard input that is a file.
func file(t *testing.T, name string) func() io.ReadCloser {
	return func() io.ReadCloser {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
}
