package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"unibench/harness/record"
)

// interrupt starts a long run, sends the signal once measured trials are stored,
// and returns the exit status (-1 for killed) and standard error.
func interrupt(t *testing.T, p *place, sig syscall.Signal, args ...string) (int, string, string) {
	t.Helper()
	cmd := p.command(append([]string{"run", "-suite", "boot", "-run", "^Hello$", "-count", "2000", "-force", "-out", "$OUT"}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout = &stdout
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for sc := bufio.NewScanner(pipe); sc.Scan(); {
		stderr.WriteString(sc.Text() + "\n")
		if strings.HasPrefix(sc.Text(), "bench: block 5,") {
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd.Wait()
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

func load(t *testing.T, dir string) *record.Data {
	t.Helper()
	d, err := record.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestInterrupt(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(unix.SignalName(sig), func(t *testing.T) {
			p := newPlace(t)
			status, stdout, stderr := interrupt(t, p, sig, "-targets", "process")
			if status != exitInterrupted || !strings.Contains(stderr, "trials left: continue with bench run -resume "+p.run()) {
				t.Fatalf("status %d, standard error:\n%s", status, stderr)
			}
			if !strings.Contains(stdout, "boot-first-ns") {
				t.Errorf("no table of what was measured:\n%s", stdout)
			}
			d := load(t, p.run())
			if n := len(d.Trials); n < 5 || n >= len(d.Schedule) {
				t.Errorf("%d of %d trials are stored", n, len(d.Schedule))
			}
			if ok, err := record.VerifySums(p.run()); !ok || err != nil {
				t.Errorf("VerifySums = %v, %v", ok, err)
			}
			for _, trial := range d.Trials {
				if trial.Status != record.Complete {
					t.Errorf("the interruption was recorded as a trial: %+v", trial)
				}
			}
		})
	}
}

// stopResumed continues the run in dir and interrupts it in its second block.
func stopResumed(t *testing.T, p *place, dir string) (status int, said string) {
	t.Helper()
	cmd := p.command("run", "-resume", dir, "-force")
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	started := 0
	for sc := bufio.NewScanner(pipe); sc.Scan(); {
		stderr.WriteString(sc.Text() + "\n")
		if strings.HasPrefix(sc.Text(), "bench: block ") {
			if started++; started == 2 {
				cmd.Process.Signal(syscall.SIGINT)
			}
		}
	}
	cmd.Wait()
	return cmd.ProcessState.ExitCode(), stderr.String()
}

// TestKilledRunIsCleanedAndResumed kills bench with targets under way. What was measured
// is kept, no process outlives bench, and the next run removes what was left, and
// continues the same schedule.
func TestKilledRunIsCleanedAndResumed(t *testing.T) {
	for _, target := range []string{"process", "container", "unikernel"} {
		t.Run(target, func(t *testing.T) {
			switch target {
			case "container":
				if os.Geteuid() != 0 {
					t.Skip("needs root")
				}
				if _, err := exec.LookPath("crun"); err != nil {
					t.Skip("crun is not installed")
				}
			case "unikernel":
				needUnikernels(t)
			}
			p := newPlace(t)
			if target == "unikernel" {
				p.tools(t)
			}
			killAndResume(t, p, target)
		})
	}
}

func killAndResume(t *testing.T, p *place, target string) {
	interrupt(t, p, syscall.SIGKILL, "-targets", target)
	left, _ := filepath.Glob(filepath.Join(p.temp, "unibench-*-*"))
	if len(left) != 1 {
		t.Fatalf("left by kill -9: %v, so this test shows nothing", left)
	}
	name := filepath.Base(left[0])

	// A cut-short last line is what a power loss adds.
	trials, err := os.OpenFile(filepath.Join(p.run(), record.TrialsFile), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trials.WriteString(`{"block":1,"ord`); err != nil {
		t.Fatal(err)
	}
	trials.Close()
	before := load(t, p.run())
	if len(before.Trials) < 5 {
		t.Errorf("%d trials are stored, want those of five blocks", len(before.Trials))
	}
	if status, stdout, stderr := p.do("stat", "$RUN"); status != exitOK || !strings.Contains(stdout, "boot-first-ns") {
		t.Errorf("stat of the killed run: status %d, %s", status, stderr)
	}
	// 2000 blocks are for the interruption; the rest need not be run.
	status, said := stopResumed(t, p, p.run())
	if status != exitInterrupted {
		t.Fatalf("resumed run: status %d, standard error:\n%s", status, said)
	}
	if !strings.Contains(said, "removed what a killed run had left: "+name) {
		t.Errorf("the resumed run did not clean up:\n%s", said)
	}
	if groups, _ := filepath.Glob("/sys/fs/cgroup/*/" + name); len(groups) > 0 {
		t.Errorf("control groups left: %v", groups)
	}
	// Monitors, containers and programs are started from folders of the place.
	for _, pid := range processes(t) {
		line := commandLine(pid)
		if strings.Contains(line, p.temp) || p.exe != "" && strings.Contains(line, filepath.Dir(p.exe)) {
			t.Errorf("process %d is left: %s", pid, line)
		}
	}
	after := load(t, p.run())
	if len(after.Trials) <= len(before.Trials) || !slices.Equal(after.Schedule, before.Schedule) {
		t.Errorf("%d trials before, %d after; the schedule must stay", len(before.Trials), len(after.Trials))
	}
	if !slices.EqualFunc(after.Trials[:len(before.Trials)], before.Trials, func(a, b record.Trial) bool {
		return a.Slot == b.Slot && a.Start.Equal(b.Start) && maps.Equal(a.Values, b.Values)
	}) {
		t.Error("what was measured before the kill has changed")
	}
	last := after.Trials[len(after.Trials)-1]
	if last.Session != 1 || after.Trials[0].Session != 0 {
		t.Errorf("sessions %d and %d, want 0 and 1", after.Trials[0].Session, last.Session)
	}
}

func TestResumeErrors(t *testing.T) {
	p := newPlace(t)
	if status, _, stderr := p.do("run", "-suite", "boot", "-targets", "process", "-run", "^Hello$", "-count", "1", "-warmup", "0", "-force", "-out", "$OUT"); status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	run := p.run()
	copyOf := func(name string, change func(dir string)) string {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.CopyFS(dir, os.DirFS(run)); err != nil {
			t.Fatal(err)
		}
		// The digests would find every change; here the content must.
		os.Remove(filepath.Join(dir, record.SumsFile))
		change(dir)
		return dir
	}
	truncate := func(file string) func(string) {
		return func(dir string) {
			if err := os.Truncate(filepath.Join(dir, file), 40); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct{ name, dir, want string }{
		{"no folder", filepath.Join(p.out, "missing"), "run.json"},
		{"run.json cut short", copyOf("a", truncate(record.RunFile)), "run.json"},
		{"schedule cut short", copyOf("b", truncate(record.ScheduleFile)), "schedule.jsonl"},
		{"other program", copyOf("c", func(dir string) {
			name := filepath.Join(dir, record.RunFile)
			var r record.Run
			b, err := os.ReadFile(name)
			if err == nil {
				err = json.Unmarshal(b, &r)
			}
			if err != nil {
				t.Fatal(err)
			}
			r.Artefacts[0].SHA256 = strings.Repeat("0", 64)
			if b, err = json.Marshal(r); err == nil {
				err = os.WriteFile(name, b, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}), "is not the file that the run began with"},
	}
	for _, tt := range tests {
		status, stdout, stderr := p.do("run", "-resume", tt.dir, "-force")
		if status != exitData || !strings.Contains(stderr, tt.want) || stdout != "" {
			t.Errorf("%s: status %d, stdout %q, stderr %q; want status 4 and %q", tt.name, status, stdout, stderr, tt.want)
		}
	}
}

// TestNothingNamesThisHost looks through every file of a results folder for
// folders of this host, which must not be published.
func TestNothingNamesThisHost(t *testing.T) {
	p := newPlace(t)
	if status, _, stderr := p.do("run", "-suite", "boot", "-targets", "process", "-count", "1", "-warmup", "0", "-force", "-out", "$OUT"); status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	err := filepath.WalkDir(p.run(), func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		for _, secret := range []string{p.sourceRoot, p.temp, p.out} {
			if strings.Contains(string(b), secret) {
				t.Errorf("%s names %s", filepath.Base(name), secret)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
