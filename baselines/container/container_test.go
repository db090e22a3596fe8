package container_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"unibench/baselines/container"
	"unibench/baselines/scratch"
)

// buildProgram builds a static program from testdata.
func buildProgram(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "inside")
	cmd := exec.Command("go", "build", "-o", out, "./testdata/inside")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, b)
	}
	return out
}

func newScratch(t *testing.T) *scratch.Scratch {
	t.Helper()
	// t.TempDir is closed to other user ids.
	temp, err := os.MkdirTemp("", "container-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(temp, 0o711); err != nil {
		t.Fatal(err)
	}
	s, err := scratch.New(temp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := os.Remove(temp); err != nil {
			t.Errorf("something was left: %v", err)
		}
		if left, _ := filepath.Glob("/sys/fs/cgroup/*/" + s.Name()); len(left) > 0 {
			t.Errorf("control groups were left: %v", left)
		}
	})
	return s
}

func runtimes(t *testing.T, f func(t *testing.T, runtime string)) {
	for _, name := range []string{"crun", "runc"} {
		t.Run(name, func(t *testing.T) {
			path, err := exec.LookPath(name)
			if err != nil {
				t.Skipf("no %s here", name)
			}
			if os.Geteuid() != 0 {
				t.Skip("needs root")
			}
			f(t, path)
		})
	}
}

func TestRun(t *testing.T) {
	app := buildProgram(t)
	runtimes(t, func(t *testing.T, runtime string) {
		b, err := container.NewBundle(t.Context(), newScratch(t), container.Config{
			Runtime: runtime, Binary: app, Name: "inside", Args: []string{"look"}, Stdin: []byte("fed\n"), MemoryBytes: 64 << 20,
		})
		if err != nil {
			t.Fatal(err)
		}
		r, err := b.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r.ExitStatus != 0 {
			t.Fatalf("status %d, stderr %q", r.ExitStatus, r.Stderr)
		}
		var got map[string]string
		if err := json.Unmarshal(r.Stdout, &got); err != nil {
			t.Fatalf("output %q: %v", r.Stdout, err)
		}
		for k, want := range map[string]string{
			"pid": "1", "uid": "0", "env": "HOME=/", "root": "app dev proc", "interfaces": "lo", "stdin": "fed\n", "write": "read-only",
		} {
			if got[k] != want {
				t.Errorf("%s inside = %q, want %q", k, got[k], want)
			}
		}
		for _, ns := range []string{"pid", "mnt", "net", "ipc", "uts", "user"} {
			host, err := os.Readlink("/proc/self/ns/" + ns)
			if err != nil {
				t.Fatal(err)
			}
			if own := got["ns-"+ns] != host; own != (ns != "user" || b.UserNamespace) {
				t.Errorf("own %s namespace: %v (user namespaces: %v)", ns, own, b.UserNamespace)
			}
		}
		if len(r.Processes) < 2 && len(r.Warnings) == 0 {
			t.Errorf("processes = %+v, want the runtime and the program", r.Processes)
		}
	})
}

func TestTimeout(t *testing.T) {
	app := buildProgram(t)
	runtimes(t, func(t *testing.T, runtime string) {
		b, err := container.NewBundle(t.Context(), newScratch(t), container.Config{
			Runtime: runtime, Binary: app, Name: "inside", Args: []string{"hang"}, ProbeArgs: []string{"end"},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r, err := b.Run(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || r == nil {
			t.Fatalf("Run = %v, %v; want the deadline", r, err)
		}
		if string(r.Stdout) != "hanging\n" {
			t.Errorf("output before the deadline = %q", r.Stdout)
		}
	})
}

// TestKilledRun leaves a container behind, as kill -9 of the whole tree does,
// and sweeps it up as the next run would.
func TestKilledRun(t *testing.T) {
	app := buildProgram(t)
	runtimes(t, func(t *testing.T, runtime string) {
		temp, err := os.MkdirTemp("", "container-test-")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(temp)
		if err := os.Chmod(temp, 0o711); err != nil {
			t.Fatal(err)
		}
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(self, "-test.run=TestHelperProcess")
		cmd.Env = append(os.Environ(), "CONTAINER_TEST_HELPER="+runtime, "CONTAINER_TEST_APP="+app, "CONTAINER_TEST_TEMP="+temp)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line := make([]byte, 100)
		n, _ := out.Read(line) // the helper says so when the container runs
		cmd.Process.Kill()
		cmd.Wait()
		if !strings.HasPrefix(string(line[:n]), "running") {
			t.Fatalf("helper said %q", line[:n])
		}
		name := "unibench-" + strconv.Itoa(cmd.Process.Pid) + "-"
		if left, _ := filepath.Glob("/sys/fs/cgroup/*/" + name + "*"); len(left) == 0 {
			t.Error("the killed helper left no control group, so this test shows nothing")
		}
		removed, err := scratch.Sweep(temp)
		if err != nil || !slices.ContainsFunc(removed, func(s string) bool { return strings.HasPrefix(s, name) }) {
			t.Errorf("Sweep = %v, %v; want %s*", removed, err, name)
		}
		if left, _ := filepath.Glob("/sys/fs/cgroup/*/" + name + "*"); len(left) > 0 {
			t.Errorf("control groups after Sweep: %v", left)
		}
		if left, _ := os.ReadDir(temp); len(left) > 0 {
			t.Errorf("files after Sweep: %v", left)
		}
	})
}

// TestHelperProcess is the process that TestKilledRun kills.
func TestHelperProcess(t *testing.T) {
	runtime := os.Getenv("CONTAINER_TEST_HELPER")
	if runtime == "" {
		t.Skip("only as a helper of TestKilledRun")
	}
	s, err := scratch.New(os.Getenv("CONTAINER_TEST_TEMP"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := container.NewBundle(t.Context(), s, container.Config{
		Runtime: runtime, Binary: os.Getenv("CONTAINER_TEST_APP"), Name: "inside", Args: []string{"hang"}, ProbeArgs: []string{"end"},
	})
	if err != nil {
		t.Fatal(err)
	}
	go b.Run(t.Context())
	for {
		// The container runs once its group has a process.
		procs, _ := filepath.Glob("/sys/fs/cgroup/*/" + s.Name() + "/inside/cgroup.procs")
		for _, p := range procs {
			if b, _ := os.ReadFile(p); len(b) > 0 {
				os.Stdout.WriteString("running\n")
				select {}
			}
		}
	}
}

func TestNewBundleErrors(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	s := newScratch(t)
	if _, err := container.NewBundle(t.Context(), s, container.Config{Runtime: "/bin/false", Binary: "/bin/true", Name: "a"}); !errors.Is(err, container.ErrRuntime) {
		t.Errorf("NewBundle with a failing runtime = %v, want ErrRuntime", err)
	}
	if _, err := container.NewBundle(t.Context(), s, container.Config{Runtime: "/bin/true", Binary: "/nonexistent", Name: "b"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("NewBundle of a missing program = %v, want ErrNotExist", err)
	}
	if left, _ := os.ReadDir(s.Dir()); len(left) != 1 { // the lock
		t.Errorf("files after failures: %v", left)
	}
}

// TestNetwork starts a container that keeps the network namespace that it is
// started in.
func TestNetwork(t *testing.T) {
	app := buildProgram(t)
	runtimes(t, func(t *testing.T, runtime string) {
		b, err := container.NewBundle(t.Context(), newScratch(t), container.Config{
			Runtime: runtime, Binary: app, Name: "inside", Args: []string{"look"}, Network: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		ns, err := os.Open("/proc/self/ns/net")
		if err != nil {
			t.Fatal(err)
		}
		defer ns.Close()
		r, err := b.Start(t.Context(), container.StartOptions{NetNS: ns})
		if err != nil {
			t.Fatal(err)
		}
		res, err := r.Wait()
		if err != nil || res.ExitStatus != 0 {
			t.Fatalf("Wait = %+v, %v", res, err)
		}
		var got map[string]string
		if err := json.Unmarshal(res.Stdout, &got); err != nil {
			t.Fatalf("output %q: %v", res.Stdout, err)
		}
		if host, err := os.Readlink("/proc/self/ns/net"); err != nil || got["ns-net"] != host {
			t.Errorf("network namespace inside = %q, want %q", got["ns-net"], host)
		}
	})
}
