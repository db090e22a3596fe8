package scratch

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestParseOwner(t *testing.T) {
	for name, want := range map[string]bool{
		"unibench-12-345": true, "unibench-1-0": true,
		"unibench-": false, "unibench-12": false, "unibench-12-": false, "unibench-012-3": false, "unibench--1-3": false,
		"unibench-12-345x": false, "other-12-345": false, "unibench-0-5": false, "unibench-run1": false,
	} {
		if _, got := parseOwner(name); got != want {
			t.Errorf("parseOwner(%q) = %v, want %v", name, got, want)
		}
	}
}

func TestParseStartTime(t *testing.T) {
	got, err := parseStartTime([]byte("7 (a) b) (c) S 1 7 7 0 -1 4194560 1 0 0 0 1 2 3 4 20 0 1 0 98765 1000 5"))
	if err != nil || got != 98765 {
		t.Errorf("parseStartTime = %d, %v; want 98765", got, err)
	}
	if _, err := parseStartTime([]byte("7 (a) S 1")); err == nil {
		t.Error("parseStartTime of a short line succeeded")
	}
}

func TestParseMounts(t *testing.T) {
	const in = `31 23 0:28 / /sys/fs/cgroup rw,relatime shared:9 - tmpfs tmpfs rw,mode=755
41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
50 1 0:9 / /mnt/a\040b\134c rw - ext4 /dev/x rw
garbage
`
	want := []mountInfo{{"/sys/fs/cgroup", "tmpfs"}, {"/sys/fs/cgroup/unified", "cgroup2"}, {`/mnt/a b\c`, "ext4"}}
	if d := cmp.Diff(want, parseMounts([]byte(in)), cmp.AllowUnexported(mountInfo{})); d != "" {
		t.Errorf("parseMounts (-want +got):\n%s", d)
	}
}

func TestNewAndClose(t *testing.T) {
	temp := t.TempDir()
	s, err := New(temp)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.Dir(), "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	// It may find groups that other tests have left.
	if removed, err := Sweep(temp); err != nil || slices.Contains(removed, s.Name()) {
		t.Errorf("Sweep beside a living owner = %v, %v; want %s left alone", removed, err, s.Name())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.Dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("folder after Close: %v", err)
	}
	if _, err := New(filepath.Join(temp, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("New in a missing folder = %v", err)
	}
}

// deadName is a name whose owner has surely ended: this process, but started at
// another time.
func deadName() string { return owner{pid: os.Getpid(), start: 1}.name() }

func TestSweep(t *testing.T) {
	temp := t.TempDir()
	dir := filepath.Join(temp, deadName())
	deep := filepath.Join(dir, "bundle", "rootfs")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	others := []string{"unibench-x", "unrelated"}
	for _, o := range others {
		if err := os.Mkdir(filepath.Join(temp, o), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mount("tmpfs", deep, "tmpfs", 0, ""); err != nil {
		t.Logf("without a mount to sweep: %v", err)
	}

	// A lock that is held means a living owner, whatever the name says.
	lock, err := lockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if removed, err := Sweep(temp); err != nil || slices.Contains(removed, deadName()) {
		t.Fatalf("Sweep of a locked folder = %v, %v", removed, err)
	}
	lock.Close()

	removed, err := Sweep(temp)
	if err != nil || !slices.Contains(removed, deadName()) {
		t.Fatalf("Sweep = %v, %v; want %s", removed, err, deadName())
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("folder after Sweep: %v", err)
	}
	for _, o := range others {
		if _, err := os.Stat(filepath.Join(temp, o)); err != nil {
			t.Errorf("Sweep touched %s: %v", o, err)
		}
	}
}

// TestSweepGroups kills a process that a dead owner left in a control group
// whose folder is gone.
func TestSweepGroups(t *testing.T) {
	roots, err := cgroupRoots()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Skipf("no process to leave behind: %v", err)
	}
	made := ""
	for _, root := range roots {
		dir := filepath.Join(root, deadName(), "trial")
		if os.MkdirAll(dir, 0o755) != nil {
			continue
		}
		// Some hierarchies (cpuset) take no process without more setup.
		if os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o644) == nil {
			made = dir
			break
		}
		removeGroup(deadName())
	}
	if made == "" {
		cmd.Process.Kill()
		cmd.Wait()
		t.Skip("no control group can be made here: needs root")
	}
	if removed, err := Sweep(t.TempDir()); err != nil || !slices.Contains(removed, deadName()) {
		t.Errorf("Sweep = %v, %v; want %s", removed, err, deadName())
	}
	err = cmd.Wait()
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || ws.Signal() != syscall.SIGKILL {
		t.Errorf("left process ended with %v, want SIGKILL", err)
	}
	if _, err := os.Stat(filepath.Dir(made)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("control group after Sweep: %v", err)
	}
}

func TestKillGroupRefusesOthers(t *testing.T) {
	for _, path := range []string{"", ".", "/", "system.slice", "../unibench-1-2", "unibench-1-2/../.."} {
		if err := KillGroup(path); err == nil {
			t.Errorf("KillGroup(%q) succeeded", path)
		}
	}
}
