package main

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"unibench/harness/compare"
	"unibench/harness/record"
	"unibench/harness/record/recordtest"
)

// cloned copies what is or would be in the repository to a repository of its own, with
// one commit.
func cloned(t *testing.T, p *place) (root string, git func(args ...string) string) {
	t.Helper()
	for _, name := range []string{"git", "bash"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
	if !inRepository(p) {
		t.Skip("the source is no repository")
	}
	list := exec.Command("git", "ls-files", "-co", "--exclude-standard", "-z")
	list.Dir = p.sourceRoot
	names, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	root = t.TempDir()
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		from := filepath.Join(p.sourceRoot, name)
		st, err := os.Lstat(from)
		if errors.Is(err, os.ErrNotExist) || err == nil && !st.Mode().IsRegular() {
			continue // taken out and not committed yet
		}
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, st.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	git = func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q", "-b", "main")
	git("add", "-A")
	git("commit", "-q", "-m", "everything")
	return root, git
}

// toPublish stores a made-up run with all that bench run writes. Only trials before block
// stop are there if that is not negative.
func toPublish(t *testing.T, root string, d *record.Data, stop int) string {
	t.Helper()
	w, err := record.Create(root, d.Run, d.Host.Snapshots[0], d.Schedule)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, trial := range d.Trials {
		if stop >= 0 && trial.Block >= stop {
			break
		}
		if err := w.Append(trial); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	a := &app{stdout: &out, stderr: &out}
	if err := a.publish(w, compare.Options{}, false); err != nil {
		t.Fatal(err)
	}
	return w.Dir()
}

// TestPublishScript publishes the run of another host with scripts/publish in a
// repository of its own, and what must not be published.
func TestPublishScript(t *testing.T) {
	if testing.Short() {
		t.Skip("builds bench in another folder")
	}
	p := newPlace(t)
	root, git := cloned(t, p)
	head := git("rev-parse", "HEAD")
	script := func(args ...string) (int, string, string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), filepath.Join(root, "scripts", "publish"), args...)
		cmd.Dir = p.out // it finds its way
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
	}
	run := func(day int, edit func(*recordtest.Spec)) *record.Data {
		s := recordtest.Spec{
			HostClass: "amd-16c", Commit: head, Start: time.Date(2027, 1, day, 3, 4, 5, 678, time.UTC),
			Value: func(_ record.Slot, _ string, rng *rand.Rand) (float64, bool) { return 1e6 + 1e4*rng.Float64(), true },
		}
		if edit != nil {
			edit(&s)
		}
		return s.Data()
	}
	at := func(name string) string { return filepath.Join(p.out, name) }
	good, second := toPublish(t, at("good"), run(1, nil), -1), toPublish(t, at("second"), run(2, nil), -1)
	other := toPublish(t, at("other"), run(1, func(s *recordtest.Spec) { s.Seed = 7 }), -1)
	selftest := toPublish(t, at("selftest"), run(3, func(s *recordtest.Spec) {
		s.Targets, s.Baseline = []string{"unikernel", "unikernel@baseline"}, &record.Baseline{Kind: record.BaselineSame}
	}), -1)
	planted := run(3, nil)
	planted.Run.Planted = &record.Planted{Target: "unikernel", Share: 0.05, Where: "somewhere"}
	changed := toPublish(t, at("changed"), run(4, nil), -1)
	flip(t, filepath.Join(changed, record.TrialsFile))
	uncommitted := run(6, nil)
	uncommitted.Run.Dirty = true
	unknown := run(7, func(s *recordtest.Spec) { s.Commit = strings.Repeat("ab", 20) })

	clean := func(when string) {
		t.Helper()
		if s := git("status", "--porcelain"); s != "" {
			t.Errorf("%s: the repository has changed:\n%s", when, s)
		}
	}
	for _, c := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"no run", nil, 2, "name the folders of runs"},
		{"not a run", []string{p.out}, 2, "it has no run.json"},
		{"unknown flag", []string{"-fast", good}, 2, "unknown flag -fast"},
		{"interrupted", []string{toPublish(t, at("interrupted"), run(5, nil), 3)}, 4, "incomplete: 14 of 20 planned trials"},
		{"changed", []string{changed}, 4, "trials.jsonl: changed since the run"},
		{"uncommitted source", []string{toPublish(t, at("dirty"), uncommitted, -1)}, 4, "is not of a commit"},
		{"unknown commit", []string{toPublish(t, at("unknown"), unknown, -1)}, 4, "which this repository does not have"},
		{"self-test", []string{selftest}, 4, "self-test"},
		{"planted", []string{toPublish(t, at("planted"), planted, -1)}, 4, "self-test"},
		{"second is bad", []string{good, changed}, 4, "trials.jsonl: changed since the run"},
		{"class without runs", []string{"-class", "moon", good}, 4, "no stored run answers a claim"},
	} {
		status, stdout, stderr := script(c.args...)
		if status != c.status || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: status %d, want %d and %q\n%s%s", c.name, status, c.status, c.want, stdout, stderr)
		}
		clean(c.name)
	}
	if status, stdout, _ := script("-h"); status != 0 || !strings.HasPrefix(stdout, "Adds runs of bench") || !strings.Contains(stdout, "Exit status: 0") || strings.Contains(stdout, "pipefail") {
		t.Errorf("-h: status %d\n%s", status, stdout)
	}
	put(t, filepath.Join(root, "workloads", "more.txt"), nil)
	if status, _, stderr := script(good); status != 3 || !strings.Contains(stderr, "workloads/more.txt") {
		t.Errorf("source with changes: status %d, %s", status, stderr)
	}
	if err := os.Remove(filepath.Join(root, "workloads", "more.txt")); err != nil {
		t.Fatal(err)
	}

	// Another host's run stands beside the paper's.
	to := "results/boot/amd-16c/20270101T030405Z-" + head[:12]
	status, stdout, stderr := script(good)
	if status != 0 || !strings.Contains(stdout, "stay as they are") || !strings.Contains(stdout, "  git add "+to+"\n  git commit -m 'results: boot on amd-16c'\n") {
		t.Fatalf("status %d\n%s%s", status, stdout, stderr)
	}
	if s := git("status", "--porcelain", "--untracked-files=normal"); s != "?? results/boot/amd-16c/" {
		t.Errorf("changes after publishing:\n%s", s)
	}
	same := exec.Command("diff", "-r", good, filepath.Join(root, to))
	if out, err := same.CombinedOutput(); err != nil {
		t.Errorf("what is published differs: %v\n%s", err, out)
	}
	git("add", to)
	git("commit", "-q", "-m", "results")
	if status, stdout, stderr := script(good); status != 0 || !strings.Contains(stdout, "is there already: "+to) {
		t.Errorf("once more: status %d\n%s%s", status, stdout, stderr)
	}
	if status, _, stderr := script(other); status != 4 || !strings.Contains(stderr, "results are append-only") {
		t.Errorf("another run of that name: status %d\n%s", status, stderr)
	}
	clean("once more")

	// The paper may be made of that host, and of a run that is in its place already.
	in := filepath.Join(root, "results/boot/amd-16c", filepath.Base(second))
	if err := os.CopyFS(in, os.DirFS(second)); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr = script("-class", "amd-16c", in)
	if status != 0 || !strings.Contains(stdout, "of host class amd-16c, have changed") || !strings.Contains(stdout, " paper/values.tex\n") {
		t.Fatalf("-class: status %d\n%s%s", status, stdout, stderr)
	}
	values, err := os.ReadFile(filepath.Join(root, "paper", valuesName))
	if err != nil || !bytes.Contains(values, []byte("% run boot/amd-16c/20270102T030405Z-"+head[:12])) || bytes.Contains(values, []byte("kvm-pvm-nested")) {
		t.Errorf("%v: the numbers are not of the new run:\n%.500s", err, values)
	}
}
