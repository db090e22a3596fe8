package record_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"unibench/harness/record"
)

func TestMeasured(t *testing.T) {
	w := newRun(t, t.TempDir(), 4)
	defer w.Close()
	failed := record.Trial{Slot: sampleSchedule()[4], Status: record.Errored}
	if err := w.Append(failed); err != nil {
		t.Fatal(err)
	}
	got := w.Data().Measured("Hello", "process")
	if len(got) != 1 || got[0].Block != 1 {
		t.Errorf("Measured = %v, want only the trial of block 1: block 0 is warm-up, block 2 failed", got)
	}
}

func TestIntervals(t *testing.T) {
	phases := []string{"exec", "first-run", "main", "end"}
	for name, c := range map[string]struct {
		in   []record.Phase
		want []record.Interval
	}{
		"all":     {[]record.Phase{{Name: "exec"}, {Name: "first-run", AtNS: 3}, {Name: "main", AtNS: 7}, {Name: "end", AtNS: 9}}, []record.Interval{{From: "exec", To: "first-run", NS: 3}, {From: "first-run", To: "main", NS: 4}, {From: "main", To: "end", NS: 2}}},
		"without": {[]record.Phase{{Name: "end", AtNS: 9}, {Name: "exec"}}, []record.Interval{{From: "exec", To: "end", NS: 9}}},
		"one":     {[]record.Phase{{Name: "main", AtNS: 4}}, nil},
		"none":    {nil, nil},
	} {
		tr := record.Trial{Phases: c.in}
		if diff := cmp.Diff(c.want, tr.Intervals(phases)); diff != "" {
			t.Errorf("%s: Intervals:\n%s", name, diff)
		}
	}
}
