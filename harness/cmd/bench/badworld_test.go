package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

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
	if status != exitUnstored || stdout != "" || !strings.Contains(stderr, "-out") || strings.Contains(stderr, "building") {
		t.Errorf("status %d, stdout %q, stderr %q; want 7, before building, with the next step", status, stdout, stderr)
	}
}

// onSmallDisk makes the command run with a file system of size bytes at dir, in a mount
// namespace of its own, and has what is left there copied to kept when it has ended.
func onSmallDisk(t *testing.T, cmd *exec.Cmd, dir, size, kept string) {
	t.Helper()
	const script = `mount -t tmpfs -o size="$2" tmpfs "$1" || exit 99
kept=$3 dir=$1
shift 3
"$@"
status=$?
cp -a "$dir/." "$kept" && exit $status`
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	cmd.Args = append([]string{"sh", "-c", script, "sh", dir, size, kept, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = sh
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	}
}

// TestFullDisk fills the file system of the results during a run: the error names the
// file and what to do, the status is its own, what was stored before can be read, and
// the run goes on where there is space.
func TestFullDisk(t *testing.T) {
	p := newPlace(t)
	small, kept := filepath.Join(p.out, "small"), filepath.Join(p.out, "kept")
	for _, dir := range []string{small, kept} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := p.command("run", "-suite", "boot", "-targets", "process", "-run", "^Hello$", "-count", "600", "-force", "-out", small)
	onSmallDisk(t, cmd, small, "256k", kept)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Skipf("no mount namespace: %v", err)
	}
	cmd.Wait()
	status := cmd.ProcessState.ExitCode()
	if status == 99 {
		t.Skipf("no small file system: %s", stderr.String())
	}
	dirs, err := filepath.Glob(filepath.Join(kept, "*", "*", "*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("results folders: %v, %v; status %d, stderr:\n%s", dirs, err, status, stderr.String())
	}
	for _, want := range []string{"no space left on device", "free space", "-resume", "measured trials are in " + small, small + "/boot/"} {
		if status != exitUnstored || !strings.Contains(stderr.String(), want) {
			t.Errorf("status %d, want %d and %q in stderr:\n%s", status, exitUnstored, want, stderr.String())
		}
	}
	d := load(t, dirs[0])
	if len(d.Trials) < 5 || len(d.Trials) == len(d.Schedule) {
		t.Errorf("%d of %d trials are stored", len(d.Trials), len(d.Schedule))
	}
	if status, stdout, stderr := p.do("stat", dirs[0]); status != exitOK || !strings.Contains(stdout, "boot-first-ns") {
		t.Errorf("stat: status %d, %s", status, stderr)
	}
	status, errors := stopResumed(t, p, dirs[0])
	if status != exitInterrupted || len(load(t, dirs[0]).Trials) <= len(d.Trials) {
		t.Errorf("resumed with space: status %d\n%s", status, errors)
	}
}

// TestFullDiskOther: commands that write a file elsewhere have the same status.
func TestFullDiskOther(t *testing.T) {
	p := newPlace(t)
	run := history(0, 1, 0.005).Store(t, filepath.Join(p.out, "results"), -1)
	if err := os.Symlink("/dev/full", filepath.Join(p.out, "page.html")); err != nil {
		t.Fatal(err)
	}
	status, _, stderr := p.ask("report", "-o", filepath.Join(p.out, "page.html"), run)
	if status != exitUnstored || !strings.Contains(stderr, "page.html: no space left on device") {
		t.Errorf("status %d, want %d: %s", status, exitUnstored, stderr)
	}
}

// TestTwoRuns starts one run beside another: it is refused, and told by whom; or waits.
// The lock of one that was killed holds nobody up.
func TestTwoRuns(t *testing.T) {
	p := newPlace(t)
	long := p.command("run", "-suite", "boot", "-targets", "process", "-run", "^Hello$", "-count", "2000", "-force", "-out", "$OUT")
	pipe, err := long.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := long.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(pipe)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "bench: block 5,") {
	}
	other := []string{"run", "-suite", "boot", "-targets", "process", "-run", "^Hello$", "-count", "1", "-warmup", "0", "-force", "-out", filepath.Join(p.out, "other")}
	who := fmt.Sprintf(`process %d, started 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ`, long.Process.Pid)
	refusal := regexp.MustCompile(`^bench: another benchmark runs on this host: ` + who + `: wait for it to end, or have -wait do so\n$`)
	for _, args := range [][]string{other, {"selftest", "-suite", "boot", "-targets", "process", "-force", "-out", "$OUT"}} {
		if status, stdout, stderr := p.do(args...); status != exitUnfit || stdout != "" || !refusal.MatchString(stderr) {
			t.Errorf("%s: status %d, stdout %q, stderr %q; want %d and %v", args[0], status, stdout, stderr, exitUnfit, refusal)
		}
	}
	if status, _, stderr := p.do(append(other, "-wait=1ms")...); status != exitUnfit || !strings.Contains(stderr, "waited 1ms: another benchmark") {
		t.Errorf("-wait=1ms: status %d, %s", status, stderr)
	}

	waiting := p.command(append(other, "-wait")...)
	said, err := waiting.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := waiting.Start(); err != nil {
		t.Fatal(err)
	}
	first := bufio.NewScanner(said)
	if want := regexp.MustCompile(`^bench: waiting for another benchmark on this host to end: ` + who + `$`); !first.Scan() || !want.MatchString(first.Text()) {
		t.Errorf("-wait said %q, want %v", first.Text(), want)
	}
	if err := long.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	long.Wait()
	var rest strings.Builder
	for first.Scan() {
		rest.WriteString(first.Text() + "\n")
	}
	waiting.Wait()
	if status := waiting.ProcessState.ExitCode(); status != exitOK || !strings.Contains(rest.String(), "removed what a killed run had left") {
		t.Errorf("-wait after the kill: status %d\n%s", status, rest.String())
	}
	// Of a killed one there is a lock file, and no lock.
	if _, err := os.Stat(filepath.Join(p.temp, lockName)); err != nil {
		t.Error(err)
	}
	other[len(other)-1] = filepath.Join(p.out, "third")
	if status, _, stderr := p.do(other...); status != exitOK {
		t.Errorf("after the kill: status %d\n%s", status, stderr)
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
