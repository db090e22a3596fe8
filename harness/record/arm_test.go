package record_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"unibench/harness/record"
	"unibench/harness/record/recordtest"
)

func TestSplitArm(t *testing.T) {
	for in, want := range map[string]struct {
		name  string
		other bool
	}{"unikernel": {"unikernel", false}, "unikernel@baseline": {"unikernel", true}} {
		if name, other := record.SplitArm(in); name != want.name || other != want.other {
			t.Errorf("SplitArm(%s) = %s, %v", in, name, other)
		}
	}
}

func TestValidateArms(t *testing.T) {
	same := &record.Baseline{Kind: record.BaselineSame}
	for _, tt := range []struct {
		targets  []string
		baseline *record.Baseline
		want     string
	}{
		{[]string{"a", "a@baseline", "b", "b@baseline"}, same, ""},
		{[]string{"a", "a@baseline"}, nil, "does not say what its baseline is"},
		{[]string{"a@baseline"}, same, "no a beside it"},
		{[]string{"a", "b", "b@baseline"}, same, "no a@baseline beside it"},
		{[]string{"a", "a@other"}, same, "not a plain name"},
	} {
		run := recordtest.Spec{Targets: tt.targets, Baseline: tt.baseline, Count: 1, Value: nothing}.Data().Run
		err := run.Validate()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Validate of %v = %v, want %q", tt.targets, err, tt.want)
		}
	}
}

func TestBaselineString(t *testing.T) {
	for want, b := range map[string]record.Baseline{
		"baseline 0123456789ab": {Kind: record.BaselineRevision, Commit: "0123456789abcdef"},
		"baseline tools":        {Kind: record.BaselineTools}, "the same build": {Kind: record.BaselineSame},
	} {
		if got := b.String(); got != want {
			t.Errorf("String = %q, want %q", got, want)
		}
	}
}

func nothing(record.Slot, string, *rand.Rand) (float64, bool) { return 0, false }
