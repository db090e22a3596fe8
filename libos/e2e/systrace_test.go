package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// traceLine is a line of a trace.
var traceLine = regexp.MustCompile(`(?m)^\d+\.\d{6} ([gt]\d+) (\w+)\((.*)\) = (\S+(?: E[A-Z]+)?) <\d+\.\d{6}>$`)

// traced runs the program with -trace and returns the outcome and the lines.
func traced(t *testing.T, j job, dir string) (outcome, []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace")
	j.flags = append(j.flags, "-trace", path)
	o := j.asUnikernel(t, program(t, dir))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for _, line := range lines {
		if !traceLine.MatchString(line) {
			t.Errorf("not a line of a trace: %q", line)
		}
	}
	return o, lines
}

// TestTrace: the calls of a program and of the runtime, with arguments and
// results; the program notices nothing.
func TestTrace(t *testing.T) {
	for _, flags := range []string{"-cpus 1", "-cpus 2"} {
		t.Run(flags, func(t *testing.T) {
			start(t)
			o, lines := traced(t, on(flags), own("trace"))
			if o.Status != 3 || o.Stdout != "" {
				t.Fatalf("%+v", o)
			}
			text := strings.Join(lines, "\n")
			inOrder(t, "the trace", text, []string{
				`t1 arch_prctl\(0x1002, `, `t1 sched_getaffinity\(0, \d+, `, `t1 mmap\(NULL, \d+, PROT_READ\|PROT_WRITE, MAP_PRIVATE\|MAP_ANONYMOUS, -1, 0x0\) = 0x`,
				`t1 rt_sigaction\(SIGHUP, NULL, 0x[0-9a-f]+, 8\) = 0`, `t1 clone\(CLONE_VM\|[A-Z_|]*CLONE_THREAD[A-Z_|]*, .*\) = 2`,
				`g1 mkdirat\(AT_FDCWD, "d", 0755\) = 0`,
				`g1 openat\(AT_FDCWD, "d/file", O_RDWR\|O_CREAT\|O_EXCL\|O_CLOEXEC, 0640\) = (\d+)`,
				`g1 write\(\d+, "twelve bytes", 12\) = 12`,
				`g1 pwrite64\(\d+, "\\0\\1\\3777", 4, 65536\) = 4`,
				`g1 lseek\(\d+, -4, SEEK_END\) = 65536`, `g1 read\(\d+, "\\0\\1\\3777", 100\) = 4`, `g1 read\(\d+, "", 100\) = 0`,
				`g1 newfstatat\(AT_FDCWD, "d/missing", 0x[0-9a-f]+, 0\) = -1 ENOENT`,
				`g1 openat\(AT_FDCWD, "d/file/below", O_RDONLY\|O_CLOEXEC\) = -1 ENOTDIR`,
				`g1 renameat\(AT_FDCWD, "d/file", AT_FDCWD, "d/other \\"name\\""\) = 0`,
				`g1 close\(1000\) = -1 EBADF`,
				`g1 pipe2\(\[\d+, \d+\], O_CLOEXEC\) = 0`, `g1 write\(\d+, "x", 1\) = 1`, `t\d+ exit_group\(3\) = \?`,
			})
			for _, want := range []string{`t\d+ futex\(0x[0-9a-f]+, FUTEX_WAIT_PRIVATE, 0, `, `t\d+ futex\(0x[0-9a-f]+, FUTEX_WAKE_PRIVATE, 1\) = `, `t\d+ madvise\(0x[0-9a-f]+, \d+, LIBOS_REUSE\) = 0`} {
				if !regexp.MustCompile(want).MatchString(text) {
					t.Errorf("the trace has no %s", want)
				}
			}
			// What package posix is made of is not reported twice.
			if n := strings.Count(text, `(2, "EOF\n", 4)`); n != 1 {
				t.Errorf("a line on standard error is reported %d times, want 1", n)
			}
		})
	}
}

// fileCalls are calls of the program that a process makes just so.
var fileCalls = strings.Fields(`mkdirat openat write pwrite64 lseek read ftruncate fsync close newfstatat renameat
	symlinkat readlinkat fchmodat getdents64 unlinkat`)

// essence is what is the same in two traces of the program's file calls: their
// names, paths, data, flags and results, but no descriptors and structures.
func essence(lines []string) (calls []string) {
	var (
		call      = regexp.MustCompile(`(\w+)\((.*)\) += (-?\d+)(?: (E[A-Z]+))?`)
		structure = regexp.MustCompile(`\{.*?\}|/\*.*?\*/`)
		token     = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|\b[A-Z][A-Z_|]+\b|\b0\d+\b`)
	)
	inside := false
	for _, line := range lines {
		m := call.FindStringSubmatch(line)
		if m == nil || !slices.Contains(fileCalls, m[1]) {
			continue
		}
		inside = inside || m[1] == "mkdirat" && strings.Contains(m[2], `"d"`)
		if !inside {
			continue
		}
		result := m[3] + m[4]
		switch m[1] {
		case "openat":
			if m[4] == "" {
				result = "fd"
			}
		case "getdents64":
			result = "" // as long as names are kept with other alignment
		}
		calls = append(calls, m[1]+" "+strings.Join(token.FindAllString(structure.ReplaceAllString(m[2], ""), -1), " ")+" "+result)
		if m[1] == "unlinkat" && strings.Contains(m[2], `"d", AT_REMOVEDIR`) && m[4] == "" {
			break
		}
	}
	return calls
}

// TestTraceAsStrace compares with what strace says of the process.
func TestTraceAsStrace(t *testing.T) {
	start(t)
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip(err)
	}
	_, lines := traced(t, way(), own("trace"))
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), strace, "-ff", "-s", "32", "-o", "trace", program(t, own("trace")).process)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 3 {
		t.Skipf("strace cannot be used here: %v\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "trace.*")) // one a thread
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if calls := essence(strings.Split(string(text), "\n")); len(calls) > 0 {
			want = calls
		}
	}
	if len(want) < 20 {
		t.Fatalf("strace shows %q", want)
	}
	if diff := cmp.Diff(want, essence(lines)); diff != "" {
		t.Errorf("the trace (+) differs from that of strace (-):\n%s", diff)
	}
}

// TestTraceEverything: calls that wait and goroutines on many threads, and the
// program does the same as without.
func TestTraceEverything(t *testing.T) {
	for _, c := range []struct{ flags, program, arg, out string }{
		{"-cpus 2", "sched", "timers", "slept"},
		{"-cpus 2", "signals", "self", "survived"},
		{"-cpus 1", "fault", "recovering", "recovered"},
		{"-cpus 2", "memory", "collect", "1000 2000 true"},
		{"-cpus 2", "network", "unix", "ok"},
	} {
		t.Run(c.program, func(t *testing.T) {
			start(t)
			o, lines := traced(t, on(c.flags, c.arg), own(c.program))
			if o.Status != 0 || !strings.Contains(o.Stdout, c.out) || len(lines) < 100 {
				t.Errorf("%+v and %d lines", o, len(lines))
			}
		})
	}
}
