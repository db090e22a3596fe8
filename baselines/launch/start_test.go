package launch_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"unibench/baselines/launch"
)

func start(t *testing.T, s launch.Spec) *launch.Running {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	r, err := launch.Start(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestServer(t *testing.T) {
	r := start(t, sh("trap 'echo bye; exit 4' TERM; echo starting; echo listening on here; while :; do sleep 0.01; done"))
	got, err := r.Line(t.Context(), "listening on ")
	if err != nil || got != "here" {
		t.Errorf("Line = %q, %v; want here", got, err)
	}
	if err := syscall.Kill(r.PID(), 0); err != nil {
		t.Errorf("process %d: %v", r.PID(), err)
	}
	if err := r.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	<-r.Ended()
	res, err := r.Wait()
	if err != nil || res.ExitStatus != 4 || string(res.Stdout) != "starting\nlistening on here\nbye\n" {
		t.Errorf("Wait = %+v, %v; want status 4 and three lines", res, err)
	}
	if err := r.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("Signal after the end = %v, want ErrProcessDone", err)
	}
}

func TestLineNeverComes(t *testing.T) {
	r := start(t, sh("printf 'listening on half a line'; echo broken >&2"))
	if _, err := r.Line(t.Context(), "listening on "); !errors.Is(err, launch.ErrEnded) {
		t.Errorf("Line = %v, want ErrEnded", err)
	}
	if _, err := r.Wait(); err != nil {
		t.Error(err)
	}

	r = start(t, sh("exec sleep 1000"))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.Line(ctx, "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Line = %v, want the deadline", err)
	}
	r.Kill()
	if res, err := r.Wait(); err != nil || res.Signal != "SIGKILL" {
		t.Errorf("Wait after Kill = %+v, %v", res, err)
	}
}

func TestFiles(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	s := sh("echo to three >&3; cat <&4")
	text := t.TempDir() + "/text"
	if err := os.WriteFile(text, []byte("from four"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(text)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s.Files = []*os.File{out, f}
	r := start(t, s)
	out.Close()
	res, err := r.Wait()
	if err != nil || string(res.Stdout) != "from four" {
		t.Errorf("Wait = %+v, %v", res, err)
	}
	b := make([]byte, 100)
	if n, err := in.Read(b); string(b[:n]) != "to three\n" {
		t.Errorf("descriptor 3 got %q, %v", b[:n], err)
	}
}

// TestFilesStayNonblocking hands on a pipe that its owner reads with the runtime's
// poller.
func TestFilesStayNonblocking(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer out.Close()
	s := sh("cat /proc/self/fdinfo/3 <&-")
	s.Files = []*os.File{in}
	res, err := start(t, s).Wait()
	if err != nil {
		t.Fatal(err)
	}
	var pos, flags int
	if _, err := fmt.Sscanf(string(res.Stdout), "pos:\t%d\nflags:\t%o", &pos, &flags); err != nil || flags&syscall.O_NONBLOCK == 0 {
		t.Errorf("the file is blocking, or not there: %s, %v", res.Stdout, err)
	}
}

// TestInput talks with a program line by line.
func TestInput(t *testing.T) {
	in, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s := sh("while read word; do echo got $word; done; echo end")
	s.Input = in
	r := start(t, s)
	in.Close()
	for _, word := range []string{"one", "two"} {
		if _, err := to.WriteString(word + "\n"); err != nil {
			t.Fatal(err)
		}
		if rest, err := r.Line(t.Context(), "got "+word); err != nil || rest != "" {
			t.Errorf("Line = %q, %v", rest, err)
		}
	}
	to.Close()
	if res, err := r.Wait(); err != nil || string(res.Stdout) != "got one\ngot two\nend\n" {
		t.Errorf("Wait = %+v, %v", res, err)
	}
}

// TestMainThread starts programs until one of them would have been started from the
// main thread, which must stay as it is.
func TestMainThread(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	before, err := os.Readlink("/proc/self/ns/uts")
	if err != nil {
		t.Fatal(err)
	}
	s := sh("true")
	s.Setup = func() error { return unix.Unshare(unix.CLONE_NEWUTS) }
	for range 30 {
		if _, err := start(t, s).Wait(); err != nil {
			t.Fatal(err)
		}
		if now, err := os.Readlink("/proc/self/ns/uts"); err != nil || now != before {
			t.Fatalf("the main thread is in namespace %s, was in %s, %v", now, before, err)
		}
	}
}
