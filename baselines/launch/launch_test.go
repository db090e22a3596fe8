package launch_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"unibench/baselines/launch"
)

func sh(script string) launch.Spec {
	return launch.Spec{Path: "/bin/sh", Args: []string{"sh", "-c", script}, Env: []string{"PATH=/usr/bin:/bin"}}
}

func run(t *testing.T, s launch.Spec) *launch.Result {
	t.Helper()
	r, err := launch.Run(t.Context(), s)
	if err != nil {
		t.Fatalf("Run(%v) = %v", s.Args, err)
	}
	return r
}

func TestRun(t *testing.T) {
	tests := []struct {
		name           string
		spec           launch.Spec
		stdin          []byte
		stdout, stderr string
		status         int
		signal         string
	}{
		{name: "output", spec: sh("echo out; echo err >&2"), stdout: "out\n", stderr: "err\n"},
		{name: "status", spec: sh("exit 7"), status: 7},
		{name: "signal", spec: sh("kill -TERM $$"), status: 143, signal: "SIGTERM"},
		{name: "stdin", spec: sh("cat"), stdin: []byte("fed"), stdout: "fed"},
		{name: "stdin left unread", spec: sh("exec true"), stdin: make([]byte, 1<<20)},
		{name: "no stdin", spec: sh("cat")},
		{name: "straggler", spec: sh("sleep 1000 & echo done"), stdout: "done\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.spec.Stdin = tt.stdin
			r := run(t, tt.spec)
			if string(r.Stdout) != tt.stdout || string(r.Stderr) != tt.stderr || r.ExitStatus != tt.status || r.Signal != tt.signal {
				t.Errorf("Run = stdout %q, stderr %q, status %d %s; want %q, %q, %d %s",
					r.Stdout, r.Stderr, r.ExitStatus, r.Signal, tt.stdout, tt.stderr, tt.status, tt.signal)
			}
			if got := r.FirstByte != 0; got != (tt.stdout+tt.stderr != "") {
				t.Errorf("first byte seen: %v", got)
			}
			if r.Start <= 0 || r.End < r.Start || r.FirstByte != 0 && r.FirstByte < r.Start {
				t.Errorf("times out of order: start %d, first byte %d, end %d", r.Start, r.FirstByte, r.End)
			}
		})
	}
}

// TestMemory shows that the peak is the program's and not the launcher's.
func TestMemory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("task statistics need root")
	}
	ballast := make([]byte, 96<<20)
	for i := 0; i < len(ballast); i += 4096 {
		ballast[i] = 1
	}
	r := run(t, sh("true; /bin/true; exit 0"))
	if len(r.Warnings) > 0 {
		t.Skipf("task statistics: %v", r.Warnings)
	}
	if r.PeakRSSBytes < 64<<10 || r.PeakRSSBytes > 64<<20 {
		t.Errorf("peak = %d bytes beside a launcher of %d", r.PeakRSSBytes, len(ballast))
	}
	if len(r.Processes) != 2 {
		t.Errorf("processes = %+v, want sh and true", r.Processes)
	}
	runtime.KeepAlive(ballast)
}

func TestOutputLimit(t *testing.T) {
	s := sh("head -c 100000 /dev/zero")
	s.OutputLimit = 1000
	if r := run(t, s); len(r.Stdout) != 1000 || !r.Truncated {
		t.Errorf("kept %d bytes, truncated %v; want 1000, true", len(r.Stdout), r.Truncated)
	}
}

func TestSetupIsInherited(t *testing.T) {
	before := affinity(t)
	first := -1
	for c := range 1024 {
		if before.IsSet(c) {
			first = c
			break
		}
	}
	s := sh("grep Cpus_allowed_list /proc/self/status; hostname")
	s.CPUs = []int{first}
	if os.Geteuid() == 0 {
		s.Setup = func() error {
			if err := unix.Unshare(unix.CLONE_NEWUTS); err != nil {
				return err
			}
			return unix.Sethostname([]byte("inside"))
		}
	}
	r := run(t, s)
	if want := fmt.Sprintf("Cpus_allowed_list:\t%d\n", first); !strings.HasPrefix(string(r.Stdout), want) {
		t.Errorf("processors = %q, want %q", r.Stdout, want)
	}
	if s.Setup != nil && !strings.HasSuffix(string(r.Stdout), "inside\n") {
		t.Errorf("host name = %q, want the one of Setup", r.Stdout)
	}
	if after := affinity(t); after != before {
		t.Errorf("the caller's processors changed from %v to %v", before, after)
	}
}

func affinity(t *testing.T) (set unix.CPUSet) {
	t.Helper()
	if err := unix.SchedGetaffinity(os.Getpid(), &set); err != nil {
		t.Fatal(err)
	}
	return set
}

func TestErrors(t *testing.T) {
	if _, err := launch.Run(t.Context(), launch.Spec{Path: "/nonexistent/program", Args: []string{"x"}}); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("Run of a missing program = %v, want ENOENT", err)
	}
	failed := errors.New("setup failed")
	s := sh("echo ran")
	s.Setup = func() error { return failed }
	if _, err := launch.Run(t.Context(), s); !errors.Is(err, failed) {
		t.Errorf("Run with a failing setup = %v, want %v", err, failed)
	}
	s = sh("true")
	s.CPUs = []int{1000}
	if _, err := launch.Run(t.Context(), s); err == nil {
		t.Error("Run on processor 1000 succeeded")
	}
}

func TestTimeout(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	killed := 0
	s := sh("echo $$; sleep 1000 & sleep 1000")
	s.Kill = func() { killed++ }
	r, err := launch.Run(ctx, s)
	if !errors.Is(err, context.DeadlineExceeded) || r == nil {
		t.Fatalf("Run = %v, %v; want a result and the deadline", r, err)
	}
	if r.Signal != "SIGKILL" || killed != 1 {
		t.Errorf("signal %q, Kill called %d times; want SIGKILL, once", r.Signal, killed)
	}
	group, err := strconv.Atoi(strings.TrimSpace(string(r.Stdout)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(-group, 0); !errors.Is(err, syscall.ESRCH) {
		// Killed children are zombies until the host's init has
		// reaped them; only a living one is a leak.
		if state := liveMembers(group); state != "" {
			t.Errorf("process group %d still lives: %s", group, state)
		}
	}
	if _, err := launch.Run(ctx, sh("true")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Run after the deadline = %v", err)
	}
}

// liveMembers describes the processes of a group that are not zombies.
func liveMembers(group int) string {
	dirs, _ := os.ReadDir("/proc")
	var out []string
	for _, d := range dirs {
		b, err := os.ReadFile("/proc/" + d.Name() + "/stat")
		if err != nil {
			continue
		}
		f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if len(f) > 2 && f[2] == strconv.Itoa(group) && f[0] != "Z" && f[0] != "X" {
			out = append(out, d.Name()+" "+f[0])
		}
	}
	return strings.Join(out, ", ")
}

// TestDelay: a planted delay lies in the measured interval.
func TestDelay(t *testing.T) {
	s := sh("echo out")
	s.Delay = 20 * time.Millisecond
	if r := run(t, s); r.FirstByte-r.Start < s.Delay.Nanoseconds() {
		t.Errorf("first byte %v after the start, want at least the delay of %v", time.Duration(r.FirstByte-r.Start), s.Delay)
	}
}
