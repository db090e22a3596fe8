package trial_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"unibench/harness/record"
	"unibench/harness/trial"
)

func plan() trial.Plan {
	return trial.Plan{Benchmarks: []string{"A", "B"}, Targets: []string{"x", "y", "z"}, WarmUp: 1, Count: 40, Order: trial.Random, Seed: 7}
}

func TestScheduleIsComplete(t *testing.T) {
	slots, err := trial.Schedule(plan())
	if err != nil {
		t.Fatal(err)
	}
	first := make(map[string]int)
	for block := range 41 {
		seen := make(map[string]bool)
		for place, s := range slots[block*6 : block*6+6] {
			if s.Block != block || s.Order != place || s.WarmUp != (block < 1) {
				t.Errorf("slot %+v stands at block %d place %d", s, block, place)
			}
			seen[s.Benchmark+s.Target] = true
			if place == 0 {
				first[s.Benchmark+s.Target]++
			}
		}
		if len(seen) != 6 {
			t.Errorf("block %d holds %v, want each of 6 once", block, seen)
		}
	}
	if len(slots) != 41*6 || len(first) < 5 {
		t.Errorf("%d slots, first places %v; want 246 and hardly any pair never first", len(slots), first)
	}
}

func TestScheduleIsReproducible(t *testing.T) {
	a, _ := trial.Schedule(plan())
	b, _ := trial.Schedule(plan())
	if !cmp.Equal(a, b) {
		t.Error("equal plans gave different schedules")
	}
	p := plan()
	p.Seed++
	if c, _ := trial.Schedule(p); cmp.Equal(a, c) {
		t.Error("another seed gave the same schedule")
	}
}

// TestScheduleBuilds: the two builds of a target stay next to each other, and either
// comes first.
func TestScheduleBuilds(t *testing.T) {
	p := plan()
	p.Targets = []string{"x", "y", "x@baseline", "y@baseline"}
	slots, err := trial.Schedule(p)
	if err != nil {
		t.Fatal(err)
	}
	first, pairs, inTwo := 0, make(map[string]int), make(map[string]int)
	for i := 0; i < len(slots); i += 2 {
		name, baseline := record.SplitArm(slots[i].Target)
		other, same := record.SplitArm(slots[i+1].Target)
		if name != other || baseline == same || slots[i].Benchmark != slots[i+1].Benchmark || slots[i].Block != slots[i+1].Block {
			t.Fatalf("%+v stands before %+v", slots[i], slots[i+1])
		}
		if baseline {
			first++
			inTwo[fmt.Sprint(slots[i].Benchmark, name, slots[i].Block/2)]++
		}
		if slots[i].Order == 0 {
			pairs[slots[i].Benchmark+name]++
		}
	}
	for of, n := range inTwo {
		if n != 1 {
			t.Errorf("%s: the baseline is first in both of two blocks", of)
		}
	}
	if len(inTwo) < 4*20 {
		t.Errorf("the baseline is first in %d of %d pairs of blocks", len(inTwo), 4*20)
	}
	if len(slots) != 41*8 || first < 41 || first > 3*41 || len(pairs) != 4 {
		t.Errorf("%d slots, the baseline first in %d of %d pairs, first in a block: %v", len(slots), first, 41*4, pairs)
	}
}

func TestScheduleABBA(t *testing.T) {
	slots, err := trial.Schedule(trial.Plan{Benchmarks: []string{"A"}, Targets: []string{"x", "y"}, Count: 4, Order: trial.ABBA})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, s := range slots {
		got += s.Target
	}
	if got != "xyyxxyyx" {
		t.Errorf("order = %s, want xyyxxyyx", got)
	}
}

func TestScheduleErrors(t *testing.T) {
	for name, change := range map[string]func(*trial.Plan){
		"no targets": func(p *trial.Plan) { p.Targets = nil }, "no benchmarks": func(p *trial.Plan) { p.Benchmarks = nil },
		"count": func(p *trial.Plan) { p.Count = 0 }, "warm-up": func(p *trial.Plan) { p.WarmUp = -1 },
		"abba of three": func(p *trial.Plan) { p.Order = trial.ABBA }, "order": func(p *trial.Plan) { p.Order = "sorted" },
	} {
		p := plan()
		change(&p)
		if _, err := trial.Schedule(p); err == nil {
			t.Errorf("%s: Schedule succeeded", name)
		}
	}
}

func TestExpect(t *testing.T) {
	e := trial.Expect{Stdout: []byte("a\n"), ExitStatus: 3}
	tests := []struct {
		stdout, stderr string
		status         int
		want           string
	}{
		{"a\n", "", 3, ""},
		{"a\n", "", 0, "exit status 0, want 3"},
		{"a", "", 3, "standard output"},
		{"a\n", "note\n", 3, `standard error: "note\n"`},
		{strings.Repeat("x", 1000), "", 3, "800 bytes more"},
	}
	for _, tt := range tests {
		err := e.Check([]byte(tt.stdout), []byte(tt.stderr), tt.status)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Check(%q, %q, %d) = %v, want %q", tt.stdout, tt.stderr, tt.status, err, tt.want)
		}
	}
}

func TestCanary(t *testing.T) {
	d, err := trial.Canary(nil)
	if err != nil || d <= 0 {
		t.Errorf("Canary = %v, %v", d, err)
	}
	if _, err := trial.Canary([]int{1000}); err == nil {
		t.Error("Canary on processor 1000 succeeded")
	}
}

// memory is a Recorder that keeps trials, and fails after a number of them.
type memory struct {
	slots  []record.Slot
	trials []record.Trial
	full   int
}

var errFull = errors.New("disk full")

func (m *memory) Pending() []record.Slot { return m.slots[len(m.trials):] }
func (m *memory) Append(t record.Trial) error {
	if m.full > 0 && len(m.trials) == m.full {
		return errFull
	}
	m.trials = append(m.trials, t)
	return nil
}

func newMemory(t *testing.T) *memory {
	t.Helper()
	p := plan()
	p.Count = 1
	slots, err := trial.Schedule(p)
	if err != nil {
		t.Fatal(err)
	}
	return &memory{slots: slots}
}

func good(context.Context, record.Slot) (*trial.Outcome, error) {
	return &trial.Outcome{Stdout: []byte("ok"), Values: map[string]float64{"x-ns": 1}}, nil
}

func expectOK(record.Slot) trial.Expect { return trial.Expect{Stdout: []byte("ok")} }

func TestLoopStatuses(t *testing.T) {
	m := newMemory(t)
	wrong, slow, broken, noted := m.slots[1], m.slots[2], m.slots[3], m.slots[4]
	var blocks []int
	var kept []string
	l := trial.Loop{
		Recorder: m, Timeout: 200 * time.Millisecond, Expect: expectOK,
		Execute: func(ctx context.Context, s record.Slot) (*trial.Outcome, error) {
			o, _ := good(ctx, s)
			switch s {
			case wrong:
				o.Stdout = []byte("nonsense")
			case slow:
				<-ctx.Done()
				return o, ctx.Err()
			case broken:
				return nil, errors.New("no such thing")
			case noted:
				o.Warnings = []string{"hm"}
			}
			return o, nil
		},
		Failed: func(s record.Slot, o *trial.Outcome) ([]string, error) {
			kept = append(kept, string(o.Stdout))
			return []string{fmt.Sprintf("f%d", s.Order)}, nil
		},
		BeforeBlock: func(b int) (time.Duration, error) {
			blocks = append(blocks, b)
			return time.Duration(b + 7), nil
		},
	}
	failed, err := l.Run(t.Context())
	if err != nil || failed != 3 {
		t.Fatalf("Run = %d, %v; want 3 failed trials", failed, err)
	}
	for i, want := range []record.Status{"C", "E", "T", "E", "C"} {
		got := m.trials[i]
		if got.Status != want || (got.Error == "") != (want == "C") || (got.Values != nil) != (want == "C") || got.Slot != m.slots[i] {
			t.Errorf("trial %d = %+v, want status %s", i, got, want)
		}
	}
	if len(m.trials) != 12 || !cmp.Equal(blocks, []int{0, 1}) || !cmp.Equal(kept, []string{"nonsense", "ok", ""}) {
		t.Errorf("%d trials, blocks %v, kept %q", len(m.trials), blocks, kept)
	}
	for i, tr := range m.trials {
		if want := map[int]int64{0: 7, 6: 8}[i]; tr.CanaryNS != want {
			t.Errorf("trial %d has a canary of %d, want %d: the first of each block has one", i, tr.CanaryNS, want)
		}
	}
	if !cmp.Equal(m.trials[4].Warnings, []string{"hm"}) || !cmp.Equal(m.trials[1].Raw, []string{"f1"}) {
		t.Errorf("warnings %v, raw %v", m.trials[4].Warnings, m.trials[1].Raw)
	}
}

// TestLoopInterrupted shows that a trial which was under way is not recorded and
// that a second Loop continues with it.
// TestLoopOutcomes: what the generator limited does not count; points and gaps are
// stored.
func TestLoopOutcomes(t *testing.T) {
	m := newMemory(t)
	points := []record.Point{{Iters: 3}}
	l := trial.Loop{Recorder: m, Timeout: time.Minute, Expect: expectOK, Execute: func(ctx context.Context, s record.Slot) (*trial.Outcome, error) {
		o, err := good(ctx, s)
		switch s {
		case m.slots[0]:
			o.Limited = "the generator was late"
		case m.slots[1]:
			o.Iters, o.Points, o.Gaps = 77, points, map[string]string{"u": "lost"}
		case m.slots[2]:
			o.Limited, o.Stdout = "the generator was late", []byte("nonsense")
		}
		return o, err
	}}
	failed, err := l.Run(t.Context())
	if err != nil || failed != 2 {
		t.Fatalf("Run = %d, %v; want 2 that do not count", failed, err)
	}
	if got := m.trials[0]; got.Status != record.GeneratorLimited || got.Error != "the generator was late" || got.Values != nil || got.Iters != 0 {
		t.Errorf("limited: %+v", got)
	}
	if got := m.trials[1]; got.Iters != 77 || !cmp.Equal(got.Points, points) || got.Gaps["u"] != "lost" {
		t.Errorf("with points: %+v", got)
	}
	if got := m.trials[2]; got.Status != record.Errored {
		t.Errorf("limited and wrong: %+v, want an error", got)
	}
	if got := m.trials[3]; got.Iters != 1 {
		t.Errorf("plain: %+v, want one iteration", got)
	}
}

func TestLoopInterrupted(t *testing.T) {
	m := newMemory(t)
	ctx, cancel := context.WithCancel(t.Context())
	l := trial.Loop{Recorder: m, Timeout: time.Minute, Expect: expectOK, Execute: func(ctx context.Context, s record.Slot) (*trial.Outcome, error) {
		if len(m.trials) == 4 {
			cancel()
			return nil, ctx.Err()
		}
		return good(ctx, s)
	}}
	if _, err := l.Run(ctx); !errors.Is(err, context.Canceled) || len(m.trials) != 4 {
		t.Fatalf("Run = %v with %d trials, want it cancelled with 4", err, len(m.trials))
	}
	var seen []trial.Progress
	l.Execute = good
	l.Progress = func(p trial.Progress) { seen = append(seen, p) }
	if _, err := l.Run(t.Context()); err != nil || len(m.trials) != 12 {
		t.Fatalf("second Run = %v with %d trials, want 12", err, len(m.trials))
	}
	if seen[0].Slot != m.slots[4] || seen[0].All != 8 || seen[7].Done != 7 {
		t.Errorf("progress from %+v to %+v", seen[0], seen[7])
	}
}

func TestLoopStopsWhenNothingCanBeStored(t *testing.T) {
	m := newMemory(t)
	m.full = 2
	l := trial.Loop{Recorder: m, Timeout: time.Minute, Expect: expectOK, Execute: good}
	if _, err := l.Run(t.Context()); !errors.Is(err, errFull) {
		t.Errorf("Run = %v, want %v", err, errFull)
	}
}

func TestRunner(t *testing.T) {
	var trace bytes.Buffer
	r := &trial.Runner{Trace: &trace, Env: []string{"A=1"}}
	dir := t.TempDir()
	out, err := r.Run(t.Context(), trial.Command{Log: "echo", Args: []string{"/bin/sh", "-c", "echo $A$B; pwd; echo e >&2"}, Dir: dir, Env: []string{"B=2 3"}})
	if want := "12 3\n" + dir + "\n"; err != nil || string(out) != want {
		t.Errorf("Run = %q, %v; want %q", out, err, want)
	}
	if want := "+ cd " + dir + " && 'B=2 3' /bin/sh -c 'echo $A$B; pwd; echo e >&2'\n"; trace.String() != want {
		t.Errorf("trace = %q, want %q", trace.String(), want)
	}
	logs := r.Logs()
	if len(logs) != 1 || logs[0].Name != "echo.log" || !strings.HasSuffix(string(logs[0].Data), dir+"\ne\n") || len(r.Logs()) != 0 {
		t.Errorf("logs = %q", logs)
	}
	if _, err := r.Run(t.Context(), trial.Command{Args: []string{"/bin/sh", "-c", "echo why >&2; exit 3"}}); err == nil || !strings.Contains(err.Error(), "exit status 3: why") {
		t.Errorf("Run of a failing command = %v", err)
	}
	if _, err := r.Run(t.Context(), trial.Command{Args: []string{"/nonexistent"}}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Run of a missing command = %v", err)
	}
	_, err = r.Run(t.Context(), trial.Command{Args: []string{"/bin/sh", "-c", "sleep 1000 & sleep 1000"}, Timeout: 100 * time.Millisecond})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Run past its timeout = %v", err)
	}
}

// TestBeforeTrial: what runs before a trial labels it if it is complete, and its error ends
// the loop with nothing recorded of that trial.
func TestBeforeTrial(t *testing.T) {
	m := newMemory(t)
	failing := m.slots[2]
	l := trial.Loop{
		Recorder: m, Timeout: time.Minute, Expect: expectOK,
		Execute: func(ctx context.Context, s record.Slot) (*trial.Outcome, error) {
			o, err := good(ctx, s)
			o.Labels = []string{"own"}
			return o, err
		},
		BeforeTrial: func(_ context.Context, s record.Slot) ([]string, error) {
			if s == failing {
				return nil, errFull
			}
			return []string{"before"}, nil
		},
	}
	if _, err := l.Run(t.Context()); !errors.Is(err, errFull) || len(m.trials) != 2 {
		t.Fatalf("Run = %v after %d trials, want the error of the third", err, len(m.trials))
	}
	if d := cmp.Diff([]string{"before", "own"}, m.trials[0].Labels); d != "" {
		t.Error(d)
	}
}
