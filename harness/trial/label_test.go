package trial_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"unibench/harness/record"
	"unibench/harness/record/recordtest"
	"unibench/harness/trial"
)

func TestLabels(t *testing.T) {
	run := recordtest.Spec{Count: 1, Units: []record.Unit{
		{Name: "boot-first-ns", Primary: true}, {Name: "rss-B"}, {Name: "image-B", Primary: true, Exact: true},
	}, Value: func(record.Slot, string, *rand.Rand) (float64, bool) { return 0, false }}.Data().Run
	one := func(target string, v float64) record.Trial {
		return record.Trial{
			Slot: record.Slot{Benchmark: "Hello", Target: target}, Status: record.Complete,
			Values: map[string]float64{"boot-first-ns": v, "rss-B": 1e3 * v, "image-B": v},
		}
	}
	var before []record.Trial
	for v := range 5 {
		before = append(before, one("process", float64(10+v)))
	}
	failed := one("process", 0)
	failed.Status = record.Errored
	l := trial.NewLabels(&run, append(before, failed))
	warm := one("process", 1e6)
	warm.WarmUp = true
	for _, tt := range []struct {
		trial record.Trial
		want  []string
	}{
		{warm, nil},
		{one("process", 12), nil},
		{one("process", 17), []string{"outlier, mild: boot-first-ns"}},
		{one("process", 99), []string{"outlier, extreme: boot-first-ns"}},
		{one("unikernel", 99), nil},
	} {
		if d := cmp.Diff(tt.want, l.Label(tt.trial)); d != "" {
			t.Errorf("%s %v (-want +got):\n%s", tt.trial.Target, tt.trial.Values, d)
		}
	}
}

func TestSteady(t *testing.T) {
	for _, tt := range []struct {
		name    string
		periods []int64
		want    []string
	}{
		{"flat", []int64{100, 101, 99, 100, 102, 98, 100, 101, 99, 100}, nil},
		{"falls", []int64{150, 140, 130, 124, 119, 115, 111, 108, 105, 103}, []string{"not steady, warm-up: its batches change by -35 %"}},
		{"rises", []int64{100, 101, 102, 103, 104, 105, 106, 107, 108, 109}, []string{"not steady, slowdown: its batches change by +9 %"}},
		{"rises a little", []int64{1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009}, nil},
		{"one spike", []int64{100, 101, 99, 100, 900, 98, 100, 101, 99, 100}, nil},
		{"few", []int64{1, 2, 3}, nil},
	} {
		if d := cmp.Diff(tt.want, trial.Steady(tt.periods)); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
}

// TestLoopLabels: only complete trials are labelled, in order.
func TestLoopLabels(t *testing.T) {
	m := newMemory(t)
	var seen []record.Slot
	l := trial.Loop{
		Recorder: m, Timeout: time.Minute, Expect: expectOK,
		Execute: func(ctx context.Context, s record.Slot) (*trial.Outcome, error) {
			o, err := good(ctx, s)
			if s == m.slots[1] {
				o.Stdout = nil
			}
			o.Labels = []string{"own"}
			return o, err
		},
		Label: func(t record.Trial) []string { seen = append(seen, t.Slot); return []string{"more"} },
	}
	if _, err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(append([]record.Slot{m.slots[0]}, m.slots[2:]...), seen); d != "" {
		t.Errorf("labelled (-want +got):\n%s", d)
	}
	if !cmp.Equal(m.trials[0].Labels, []string{"own", "more"}) || m.trials[1].Labels != nil {
		t.Errorf("labels %q and %q", m.trials[0].Labels, m.trials[1].Labels)
	}
}
