package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// withCore makes j write a core and returns its path.
func withCore(t *testing.T, j *job) string {
	path := filepath.Join(t.TempDir(), "core")
	j.flags = append(j.flags, "-core", path)
	return path
}

// A crash is a program that leaves a core.
type crash struct {
	name    string
	job     job
	program string
	status  int
	// gdb and dlv are what the debuggers' lists of calls have to match, in this
	// order.
	gdb, dlv []string
	threads  int // at least
}

func crashes() []crash {
	crashing := func(flags string, arg string) job {
		j := on(flags, arg)
		j.env = append(j.env, "GOTRACEBACK=crash")
		return j
	}
	return []crash{
		{
			name: "crash", job: crashing("", "nilmap"), program: "fault", status: 134, threads: 2,
			gdb: []string{`runtime\.raise`, `<signal handler called>`, `runtime\.crash`, `main\.main .*main\.go:\d+`},
			dlv: []string{`runtime\.raise`, `runtime\.gopanic`, `main\.main\n.*main\.go:\d+`},
		},
		{
			name: "crash on 2", job: crashing("-cpus 2", "goroutine"), program: "fault", status: 134, threads: 2,
			gdb: []string{`runtime\.crash`, `main\.work .*main\.go:\d+`},
			dlv: []string{`runtime\.gopanic`, `main\.work\n.*main\.go:\d+`},
		},
		{
			name: "nil dereference", job: crashing("", "field"), program: "fault", status: 134, threads: 2,
			gdb: []string{`runtime\.sigpanic`, `main\.main .*main\.go:\d+`},
			dlv: []string{`runtime\.sigpanic`, `main\.main\n.*main\.go:\d+`},
		},
		{
			name: "panic", job: on("", "index"), program: "fault", status: 2, threads: 2,
			gdb: []string{`runtime\.exit .*sys_linux_amd64\.s:\d+`, `runtime\.fatalpanic\.func2 .*panic\.go:\d+`},
			dlv: []string{`runtime\.fatalpanic`, `main\.main\n.*main\.go:\d+`},
		},
		{
			name: "fatal error", job: on("", "asleep"), program: "fault", status: 2, threads: 2,
			gdb: []string{`runtime\.exit `, `runtime\.fatal`}, dlv: []string{`runtime\.fatal`},
		},
		{
			name: "SIGQUIT in a loop", job: sending("", "busy", "ready", syscall.SIGQUIT), program: "signals", status: 2, threads: 2,
			gdb: []string{`runtime\.sighandler`, `<signal handler called>`, `main\.busy .*main\.go:\d+`},
			dlv: []string{`runtime\.sighandler`, `main\.busy\n.*main\.go:\d+`},
		},
		{
			name: "SIGTERM", job: sending("", "default", "ready", syscall.SIGTERM), program: "signals", status: 143, threads: 2,
			gdb: []string{`runtime\.raise`, `runtime\.dieFromSignal`}, dlv: []string{`runtime\.dieFromSignal`},
		},
	}
}

// debug runs a debugger and returns what it said.
func debug(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// inOrder checks that text matches all patterns, one behind the other.
func inOrder(t *testing.T, what, text string, patterns []string) {
	t.Helper()
	rest := text
	for _, p := range patterns {
		at := regexp.MustCompile(p).FindStringIndex(rest)
		if at == nil {
			t.Errorf("%s does not show %s (in this order: %q), at least not in\n%s", what, p, patterns, head(rest))
			return
		}
		rest = rest[at[1]:]
	}
}

// TestCore: gdb and dlv read the core of each crash.
func TestCore(t *testing.T) {
	gdb, noGDB := exec.LookPath("gdb")
	dlv, noDLV := exec.LookPath("dlv")
	for _, c := range crashes() {
		t.Run(c.name, func(t *testing.T) {
			start(t)
			b := program(t, own(c.program))
			path := withCore(t, &c.job)
			o := c.job.asUnikernel(t, b)
			if o.Status != c.status {
				t.Fatalf("status %d, want %d: %s", o.Status, c.status, head(o.Stderr))
			}
			sparse(t, path)
			t.Run("gdb", func(t *testing.T) {
				if noGDB != nil {
					t.Skip(noGDB)
				}
				text := debug(t, gdb, "-nx", "-batch", "-ex", "set width 0", "-ex", "info threads", "-ex", "bt", b.image, path)
				if n := strings.Count(text, " LWP "); n < c.threads {
					t.Errorf("%d threads, want %d", n, c.threads)
				}
				inOrder(t, "gdb", text, c.gdb)
			})
			t.Run("dlv", func(t *testing.T) {
				if noDLV != nil {
					t.Skip(noDLV)
				}
				script := filepath.Join(t.TempDir(), "script")
				if err := os.WriteFile(script, []byte("goroutines\nbt\nexit\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				text := debug(t, dlv, "core", b.image, path, "--allow-non-terminal-interactive=true", "--init", script)
				text = regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(text, "")
				inOrder(t, "dlv", text, append([]string{`Goroutine 1 - .*:\d+ `, `Goroutine 2 - .*proc\.go:\d+ runtime\.gopark`}, c.dlv...))
			})
		})
	}
}

// TestCoreOfInterrupted: threads that have no vCPU, because the library OS took it away
// from them, are in the core where the program was.
func TestCoreOfInterrupted(t *testing.T) {
	start(t)
	gdb, err := exec.LookPath("gdb")
	if err != nil {
		t.Skip(err)
	}
	b := program(t, own("signals"))
	text := ""
	for range 5 { // one of them may be between two goroutines
		j := quitTwice("-cpus 1", "deafloops")
		j.env = append(j.env, "GOMAXPROCS=2") // for one vCPU
		path := withCore(t, &j)
		if o := j.asUnikernel(t, b); o.Status != 131 {
			t.Fatalf("status %d, standard error:\n%s", o.Status, head(o.Stderr))
		}
		text = debug(t, gdb, "-nx", "-batch", "-ex", "set width 0", "-ex", "thread apply all bt", b.image, path)
		_, text, _ = strings.Cut(text, "\nThread ") // behind a greeting that shows a frame
		if strings.Count(text, "main.spin ()") == 2 {
			return
		}
	}
	t.Errorf("there are never two threads in main.spin:\n%s", head(text))
}

// sparse checks that a core takes far less room than the memory that it shows.
func sparse(t *testing.T, path string) {
	t.Helper()
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	if st.Size < 64<<20 || st.Blocks*512 > 16<<20 || st.Mode&0o777 != 0o600 {
		t.Errorf("the core has %d bytes, %d of them on disk, mode %o", st.Size, st.Blocks*512, st.Mode)
	}
}

// TestNoCore: a program that ends as it wants to leaves none, whatever its status.
func TestNoCore(t *testing.T) {
	for _, c := range []struct {
		program string
		job     job
		status  int
	}{
		{own("fault"), way("trace"), 0},
		{own("fault"), way("no such way"), 64},
		{own("signals"), sending("", "notify", "ready", syscall.SIGTERM), 5},
		{workload("gcstress"), way("-no-such-flag"), 2}, // the status of a panic, too
	} {
		t.Run(c.job.args[0], func(t *testing.T) {
			start(t)
			path := withCore(t, &c.job)
			o := c.job.asUnikernel(t, program(t, c.program))
			b, err := os.ReadFile(path)
			if err != nil || len(b) != 0 || o.Status != c.status {
				t.Errorf("status %d, a core of %d bytes, %v; want status %d and no core", o.Status, len(b), err, c.status)
			}
		})
	}
}

// TestCoreFile: what cannot be a core is refused before anything runs.
func TestCoreFile(t *testing.T) {
	start(t)
	for path, want := range map[string]string{
		"/dev/null":                       "not a regular file",
		t.TempDir():                       "is a directory",
		filepath.Join(t.TempDir(), "a/b"): "no such file",
	} {
		j := way("trace")
		j.flags = append(j.flags, "-core", path)
		if o := j.asUnikernel(t, program(t, own("fault"))); o.Status != 125 || !strings.Contains(o.Stderr, want) || o.Stdout != "" {
			t.Errorf("-core %s: %+v, want %q", path, o, want)
		}
	}
}
