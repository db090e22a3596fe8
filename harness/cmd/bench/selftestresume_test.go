package main

import (
	"bufio"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"unibench/harness/record"
	"unibench/harness/selftest"
	"unibench/harness/suite"
)

// stopSelftest starts a self-test and sends the signal in the middle of its second
// session. It returns the folder of the self-test and what was said on standard error.
func stopSelftest(t *testing.T, p *place, sig syscall.Signal, args ...string) (dir, said string, status int) {
	t.Helper()
	cmd := p.command(append([]string{"selftest", "-suite", "boot", "-run", "^Hello$", "-targets", "process", "-warmup", "0", "-force", "-out", "$OUT"}, args...)...)
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	second := false
	for sc := bufio.NewScanner(pipe); sc.Scan(); {
		stderr.WriteString(sc.Text() + "\n")
		second = second || strings.HasPrefix(sc.Text(), "bench: suite boot: 2 of ")
		if second && strings.HasPrefix(sc.Text(), "bench: block 5,") {
			cmd.Process.Signal(sig)
		}
	}
	cmd.Wait()
	dirs, err := filepath.Glob(filepath.Join(p.out, selftestDir, "*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("folders of self-tests: %v, %v; want one\n%s", dirs, err, stderr.String())
	}
	return dirs[0], stderr.String(), cmd.ProcessState.ExitCode()
}

// begunSelftest makes the folder of a self-test that was killed before its first session.
func begunSelftest(t *testing.T, p *place) string {
	t.Helper()
	f := &selftestFlags{}
	fs := f.flagSet()
	if err := fs.Parse([]string{"-suite", "boot", "-targets", "process", "-out", filepath.Join(p.out, "selftests")}); err != nil {
		t.Fatal(err)
	}
	names, err := f.check(fs)
	if err != nil {
		t.Fatal(err)
	}
	configs, err := f.configs(fs, names)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := f.begin(configs, suite.Origin{Start: time.Now(), Argv: []string{"bench", "selftest"}})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func findRuns(t *testing.T, dir string) []*record.Data {
	t.Helper()
	dirs, err := record.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []*record.Data
	for _, d := range dirs {
		out = append(out, load(t, d))
	}
	return out
}

// TestSelftestResume kills self-tests of identical builds and of a planted slowdown, and
// continues them: sessions that were complete are not run again, the one that was not is
// completed, and the summary is that of all.
func TestSelftestResume(t *testing.T) {
	for _, tt := range []struct {
		name           string
		args           []string
		status         int
		stdout, stderr string
		runs           int
	}{
		{"identical", []string{"-trials", "8", "-count", "5", "-min", "900%"}, exitOK, "differ in 0 of 5 comparisons", "noise floor in ", 5},
		{"planted", []string{"-trials", "8", "-count", "2", "-min", "20%", "-inject", "500%"}, exitRegressed, "the gate was red in 2 of 2 sessions", "regression, as planted", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlace(t)
			dir, _, _ := stopSelftest(t, p, syscall.SIGKILL, tt.args...)
			before := findRuns(t, dir)
			last := before[len(before)-1]
			if left := len(last.Pending()); left == 0 || left == len(last.Schedule) {
				t.Fatalf("%d of %d trials are left in the session that was killed, so this test shows nothing", left, len(last.Schedule))
			}
			status, stdout, stderr := p.do("selftest", "-resume", dir, "-force")
			if status != tt.status || !strings.Contains(stdout, tt.stdout) || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("status %d, want %d, %q and %q\n%s%s", status, tt.status, tt.stdout, tt.stderr, stdout, stderr)
			}
			if n := strings.Count(stderr, "bench: measured before: "); n != len(before)-1 {
				t.Errorf("%d sessions are taken as they were, want %d\n%s", n, len(before)-1, stderr)
			}
			after := findRuns(t, dir)
			if len(after) != tt.runs {
				t.Fatalf("%d runs, want %d", len(after), tt.runs)
			}
			for i, d := range after {
				if sealed, err := record.VerifySums(d.Dir); !sealed || err != nil || len(d.Pending()) > 0 {
					t.Errorf("%s: sealed %v, %v, %d trials left", d.Dir, sealed, err, len(d.Pending()))
				}
				if strings.Contains(strings.Join(d.Run.Argv, " "), p.out) {
					t.Errorf("%s names a folder of this host: %q", d.Dir, d.Run.Argv)
				}
				if i >= len(before) {
					continue
				}
				was := before[i].Trials
				if len(d.Trials) < len(was) || !slices.EqualFunc(d.Trials[:len(was)], was, func(a, b record.Trial) bool {
					return a.Start.Equal(b.Start) && a.Session == b.Session && maps.Equal(a.Values, b.Values)
				}) {
					t.Errorf("%s: what was measured before the kill has changed", d.Dir)
				}
				if s := d.Trials[len(d.Trials)-1].Session; (s == 1) != (i == len(before)-1) {
					t.Errorf("%s: its last trial is of session %d", d.Dir, s)
				}
			}
			if tt.name == "planted" && (after[0].Run.Planted != nil || after[2].Run.Planted == nil) {
				t.Error("the pilot, or a session, does not say what was planted")
			}

			// A complete one is summarised again, from what is stored.
			again, text, _ := p.do("selftest", "-resume", dir, "-force")
			if again != tt.status || text != stdout || len(findRuns(t, dir)) != tt.runs {
				t.Errorf("once more: status %d\n%s", again, text)
			}
			if tt.name == "planted" {
				run := after[1].Dir
				if status, _, stderr := p.do("run", "-resume", run, "-force"); status != exitUsage || !strings.Contains(stderr, "bench selftest -resume") {
					t.Errorf("run -resume of a planted session: status %d, %s", status, stderr)
				}
			}
		})
	}
}

// TestSelftestInterrupted: the way on is said; damage and flags that decide anything are
// refused before anything is measured.
func TestSelftestInterrupted(t *testing.T) {
	p := newPlace(t)
	dir, said, status := stopSelftest(t, p, syscall.SIGINT, "-trials", "8", "-count", "5")
	if status != exitInterrupted || !strings.Contains(said, "continue with bench selftest -resume "+dir+"\n") || strings.Contains(said, "bench run -resume") {
		t.Errorf("status %d, want %d\n%s", status, exitInterrupted, said)
	}
	if status, stdout, stderr := p.ask("selftest", "-resume", dir, "-dry-run"); status != exitOK || !strings.Contains(stdout, "sessions: 5, each with a seed of its own; complete: 1, begun: 1\n") || !strings.Contains(stdout, "suite boot on ") {
		t.Errorf("-dry-run: status %d\n%s%s", status, stdout, stderr)
	}
	for _, c := range []struct {
		name, stderr string
		args         []string
		status       int
	}{
		{"other trials", "-trials does not go with -resume", []string{"-resume", dir, "-trials", "3"}, exitUsage},
		{"no folder", "-resume needs the folder of a self-test", []string{"-resume", ""}, exitUsage},
		{"word", "takes no arguments", []string{"-resume", dir, "more"}, exitUsage},
		{"no self-test", "there is no self-test in this folder", []string{"-resume", p.out}, exitData},
	} {
		if status, stdout, stderr := p.ask(append([]string{"selftest"}, c.args...)...); status != c.status || stdout != "" || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%s: status %d, want %d and %q\n%s", c.name, status, c.status, c.stderr, stderr)
		}
	}
	plan := filepath.Join(dir, selftest.PlanFile)
	data, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	half(t, plan)
	refused(t, p, "plan cut", []string{"selftest", "-resume", dir}, selftest.PlanFile, "cut short")
	put(t, plan, []byte(strings.Replace(string(data), `"schema": 1`, `"schema": 4`, 1)))
	refused(t, p, "newer plan", []string{"selftest", "-resume", dir}, selftest.PlanFile, "schema version 4", "knows version 1")
	put(t, plan, []byte(strings.Replace(string(data), `"suite": "boot"`, `"suite": "moon"`, 1)))
	refused(t, p, "unknown suite", []string{"selftest", "-resume", dir}, selftest.PlanFile, `unknown suite "moon"`)
	put(t, plan, data)
	half(t, filepath.Join(findRuns(t, dir)[0].Dir, record.TrialsFile))
	refused(t, p, "damaged session", []string{"selftest", "-resume", dir}, record.TrialsFile, "cut short")
}
