package report

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"unibench/harness/record"
	"unibench/harness/record/recordtest"
)

func TestDrift(t *testing.T) {
	run := func(canary func(int) time.Duration) *record.Data {
		return recordtest.Spec{Count: 10, Canary: canary, Value: func(record.Slot, string, *rand.Rand) (float64, bool) { return 1, true }}.Data()
	}
	for _, tt := range []struct {
		name   string
		canary func(int) time.Duration
		want   string
	}{
		{"not stored", nil, ""},
		{"rises", func(b int) time.Duration { return time.Duration(20+b) * time.Millisecond }, "took 24.5ms (median), from 20.0ms to 29.0ms, over 10 blocks; slope +36.7 % from the first to the last, more than chance"},
		{"steady", func(b int) time.Duration { return 20*time.Millisecond + time.Duration(b%2)*time.Microsecond }, "slope +0.0 % from the first to the last, no more than chance"},
	} {
		if got := drift(run(tt.canary)); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestTrialLabels(t *testing.T) {
	d := &record.Data{Trials: []record.Trial{
		{Status: record.Complete, Labels: []string{"outlier, mild: a-ns", "not steady, warm-up: its batches change by -9 %"}},
		{Status: record.Complete, Labels: []string{"outlier, mild: b-ns"}},
		{Status: record.Complete, Slot: record.Slot{WarmUp: true}, Labels: []string{"outlier, extreme: a-ns"}},
	}}
	if got := labels(d); !strings.HasSuffix(got, ": not steady, warm-up 1; outlier, mild 2") {
		t.Errorf("labels = %q", got)
	}
	if got := labels(&record.Data{}); got != "" {
		t.Errorf("labels of nothing = %q", got)
	}
}
