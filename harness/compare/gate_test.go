package compare_test

import (
	"testing"

	"unibench/harness/compare"
)

// TestGate runs the gate on made-up runs of identical code, where it must hardly ever
// be red, and of code that is 5 % slower in one of eight primary metrics, where it
// must be.
func TestGate(t *testing.T) {
	const sessions = 60
	red := func(seed uint64, change factors) bool {
		t.Helper()
		old, next := spec(2*seed, day(1), 0.015, nil).Data(), spec(2*seed+1, day(2), 0.015, change).Data()
		r, err := compare.New(old, next, compare.Options{Min: 0.001, Rounds: 50})
		if err != nil {
			t.Fatal(err)
		}
		return r.Outcome() == compare.Worse
	}
	falsely, rightly := 0, 0
	for seed := range uint64(sessions) {
		if red(1000+seed, nil) {
			falsely++
		}
		if red(2000+seed, factors{"HelloFmt unikernel boot-first-ns": 1.05}) {
			rightly++
		}
	}
	// With Holm at 5 % over both directions, half of 5 % are regressions: 1.5 of 60.
	if falsely > 5 {
		t.Errorf("identical code is worse in %d of %d sessions", falsely, sessions)
	}
	if rightly < sessions*9/10 {
		t.Errorf("a planted slowdown is found in %d of %d sessions only", rightly, sessions)
	}
	t.Logf("false alarms %d, found %d, of %d", falsely, rightly, sessions)
}
