package compare_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unibench/harness/compare"
	"unibench/harness/noise"
	"unibench/harness/record"
	"unibench/harness/record/recordtest"
)

// armSpec is a run with two builds.
func armSpec(seed uint64, noise float64, f factors) recordtest.Spec {
	s := spec(seed, day(1), noise, f)
	s.Targets = []string{"unikernel", "unikernel@baseline"}
	s.Baseline = &record.Baseline{Kind: record.BaselineRevision, Commit: "cccc456789abcdef"}
	return s
}

func arms(t *testing.T, d *record.Data) *compare.Result {
	t.Helper()
	r, err := compare.Arms(d, compare.Options{Rounds: 100})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestArms: the old side is the baseline, blocks pair, and both sides have all values.
func TestArms(t *testing.T) {
	d := armSpec(2, 0.005, factors{"Hello unikernel boot-first-ns": 1.2}).Data()
	r := arms(t, d)
	if !r.Paired || r.Outcome() != compare.Worse || r.Old.String() != "baseline cccc456789ab in the same session" {
		t.Errorf("paired %v, outcome %v, old %s", r.Paired, r.Outcome(), r.Old)
	}
	if got := r.Primaries(compare.Regression); !slices.Equal(got, []string{"Hello unikernel boot-first-ns"}) || !slices.Equal(r.RegressedBenchmarks(), []string{"Hello"}) {
		t.Errorf("regressions %v", got)
	}
	for _, row := range r.Rows {
		if row.Target != "unikernel" || row.Old.N != 10 || row.New.N != 10 {
			t.Errorf("row %+v", row)
		}
	}
	if d.Run.Targets[1] != "unikernel@baseline" || d.Trials[1].Target != "unikernel@baseline" {
		t.Error("Arms changed the run")
	}
}

// TestFloorOfArms: builds in turns have a floor of their own, below that of runs that are
// compared later.
func TestFloorOfArms(t *testing.T) {
	floor := &noise.File{Floors: []noise.Floor{{Suite: "boot", Unit: "boot-first-ns", Share: 0.01, Apart: 0.1}}}
	o := compare.Options{Rounds: 100, Floor: floor}
	inTurns, err := compare.Arms(armSpec(2, 0.005, factors{"Hello unikernel boot-first-ns": 1.2}).Data(), o)
	if err != nil {
		t.Fatal(err)
	}
	apart, err := compare.New(spec(1, day(1), 0.005, nil).Data(), spec(2, day(2), 0.005, factors{"Hello unikernel boot-first-ns": 1.2}).Data(), o)
	if err != nil {
		t.Fatal(err)
	}
	if inTurns.Outcome() != compare.Worse || apart.Outcome() != compare.Fine {
		t.Errorf("20 %% slower, with floors of 1 %% and 10 %%: outcome %v in turns and %v apart", inTurns.Outcome(), apart.Outcome())
	}
}

// TestArmsFollowDrift: what the host does to both builds of a block is no difference
// of theirs, and the interval of the ratio shows that it is not.
func TestArmsFollowDrift(t *testing.T) {
	s := armSpec(3, 0, nil)
	s.Count = 20
	s.Value = func(s record.Slot, unit string, rng *rand.Rand) (float64, bool) {
		return 1e6 * (1 + float64(s.Block)) * (1 + 0.002*rng.Float64()), unit == "boot-first-ns"
	}
	r := arms(t, s.Data())
	if r.Outcome() != compare.Fine {
		t.Errorf("outcome %v of %+v", r.Outcome(), r.Rows)
	}
}

func TestArmsErrors(t *testing.T) {
	var mismatch *compare.Mismatch
	if _, err := compare.Arms(spec(1, day(1), 0, nil).Data(), compare.Options{}); !errors.As(err, &mismatch) || mismatch.Rule != "" {
		t.Errorf("Arms of a run with one build: %v", err)
	}
	d := armSpec(1, 0, nil).Data()
	d.Trials = d.Trials[:len(d.Trials)-1]
	if _, err := compare.Arms(d, compare.Options{}); !errors.As(err, &mismatch) || mismatch.Rule != compare.RuleIncomplete {
		t.Errorf("Arms of an interrupted run: %v", err)
	}
}

func TestConfirm(t *testing.T) {
	const hello, fmt = "Hello unikernel boot-first-ns", "HelloFmt unikernel boot-first-ns"
	slow := factors{hello: 1.2, fmt: 1.2}
	few := armSpec(8, 0.005, slow)
	few.Count = 3
	first := arms(t, armSpec(2, 0.005, slow).Data())
	for _, tt := range []struct {
		name   string
		second recordtest.Spec
		want   compare.Confirmation
	}{
		{"both", armSpec(4, 0.005, slow), compare.Confirmation{Confirmed: []string{hello, fmt}, Outcome: compare.Worse}},
		{"one", armSpec(5, 0.005, factors{fmt: 1.2}), compare.Confirmation{Confirmed: []string{fmt}, Refuted: []string{hello}, Outcome: compare.Worse}},
		{"none", armSpec(6, 0.005, nil), compare.Confirmation{Refuted: []string{hello, fmt}}},
		{"better", armSpec(6, 0.005, factors{hello: 0.8, fmt: 0.8}), compare.Confirmation{Refuted: []string{hello, fmt}}},
		{"noise", armSpec(7, 0.8, nil), compare.Confirmation{Open: []string{hello, fmt}, Outcome: compare.TooNoisy}},
		{"few", few, compare.Confirmation{Open: []string{hello, fmt}, Outcome: compare.Insufficient}},
	} {
		got := compare.Confirm(first, arms(t, tt.second.Data()))
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
		if len(got.Sentences()) == 0 {
			t.Errorf("%s: nothing is said", tt.name)
		}
	}
}

// TestConfirmKeepsTheRest: a first session that was too noisy elsewhere stays so when
// its regression is refuted.
func TestConfirmKeepsTheRest(t *testing.T) {
	s := armSpec(2, 0.005, factors{"Hello unikernel boot-first-ns": 1.2})
	value := s.Value
	s.Value = func(slot record.Slot, unit string, rng *rand.Rand) (float64, bool) {
		v, ok := value(slot, unit, rng)
		if unit == "req/s" {
			v *= 0.5 + rng.Float64()
		}
		return v, ok
	}
	first := arms(t, s.Data())
	if c := compare.Confirm(first, arms(t, armSpec(6, 0.005, nil).Data())); c.Outcome != compare.TooNoisy {
		t.Errorf("%+v of %v", c, first.Primaries(compare.Noisy))
	}
}

func TestOnly(t *testing.T) {
	if got := compare.Only([]string{"Hello", "A.b"}); got != `^(Hello|A\.b)$` {
		t.Errorf("Only = %s", got)
	}
}
