package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"unibench/harness/host"
	"unibench/harness/record"
)

// TestMissingRuntime runs with a PATH that has go and git but no crun.
func TestMissingRuntime(t *testing.T) {
	p := newPlace(t)
	bin := t.TempDir()
	for _, name := range []string{"go", "git"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Skipf("%s is not installed", name)
		}
		if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	p.path = bin
	status, stdout, stderr := p.do("run", "-suite", "boot", "-targets", "process,container", "-run", "^Hello$", "-count", "1", "-warmup", "0", "-force", "-out", "$OUT")
	if status != 0 || !strings.Contains(stderr, "container is skipped") || !strings.Contains(stdout, "crun is not installed") {
		t.Errorf("status %d, stdout:\n%s\nstderr:\n%s", status, stdout, stderr)
	}
	status, _, stderr = p.do("run", "-suite", "boot", "-targets", "container", "-force", "-out", "$OUT")
	if status != exitUnfit || !strings.Contains(stderr, "install the package crun") {
		t.Errorf("only container: status %d, stderr %q; want 3 and the next step", status, stderr)
	}
}

func TestUnwritableResults(t *testing.T) {
	p := newPlace(t)
	file := filepath.Join(p.out, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := p.do("run", "-suite", "boot", "-targets", "process", "-force", "-out", filepath.Join(file, "results"))
	if status != exitFailed || stdout != "" || !strings.Contains(stderr, "-out") || strings.Contains(stderr, "building") {
		t.Errorf("status %d, stdout %q, stderr %q; want 1, before building, with the next step", status, stdout, stderr)
	}
}

// TestFullDisk fills the results folder's file system during the run.
func TestFullDisk(t *testing.T) {
	p := newPlace(t)
	small := filepath.Join(p.out, "small")
	if err := os.Mkdir(small, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=768k"); err != nil {
		t.Skipf("no small file system: %v", err)
	}
	defer unix.Unmount(small, unix.MNT_DETACH)
	status, _, stderr := p.do("run", "-suite", "boot", "-targets", "process", "-run", "^Hello$", "-count", "2000", "-force", "-out", small)
	if status != exitFailed || !strings.Contains(stderr, "free space") || !strings.Contains(stderr, "measured trials are in") {
		t.Fatalf("status %d, stderr:\n%s", status, stderr)
	}
	dirs, _ := filepath.Glob(filepath.Join(small, "*", "*", "*"))
	if len(dirs) != 1 {
		t.Fatalf("results folders: %v", dirs)
	}
	if d := load(t, dirs[0]); len(d.Trials) < 5 {
		t.Errorf("%d trials survived the full disk", len(d.Trials))
	}
}

func TestHostLock(t *testing.T) {
	p := newPlace(t)
	l, err := host.Acquire(filepath.Join(p.temp, lockName))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	status, _, stderr := p.do("run", "-suite", "boot", "-targets", "process", "-force", "-out", "$OUT")
	if status != exitUnfit || !strings.Contains(stderr, "another benchmark runs on this host: wait") {
		t.Errorf("status %d, stderr %q; want 3", status, stderr)
	}
}

// TestFailedTrials gives trials too little time: they are recorded as timeouts,
// listed, never averaged, and the run ends with 1. On a busy host one may come
// through.
func TestFailedTrials(t *testing.T) {
	p := newPlace(t)
	status, stdout, stderr := p.do("run", "-suite", "boot", "-targets", "process", "-run", "^HelloFmt$", "-count", "3", "-warmup", "0", "-timeout", "1ms", "-force", "-out", "$OUT")
	if status != exitFailed || !strings.Contains(stderr, "of 3 trials failed") || !strings.Contains(stdout, "timeout") {
		t.Errorf("status %d, stdout:\n%s\nstderr:\n%s", status, stdout, stderr)
	}
	measured := 0
	for _, trial := range load(t, p.run()).Trials {
		if trial.Status == record.Complete {
			measured++
		} else if trial.Status != record.TimedOut || len(trial.Values) > 0 {
			t.Errorf("trial = %+v, want a timeout without values", trial)
		}
	}
	if measured > 0 {
		return
	}
	// Nothing was measured, so there is nothing to show.
	if status, _, _ := p.do("stat", "$RUN"); status != exitData {
		t.Errorf("stat without measured trials: status %d, want 4", status)
	}
}
