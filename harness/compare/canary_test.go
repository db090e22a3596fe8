package compare_test

import (
	"strings"
	"testing"
	"time"

	"unibench/harness/compare"
	"unibench/harness/report"
)

// TestCanary: another speed of the host is a warning of two runs, from the threshold on.
func TestCanary(t *testing.T) {
	for _, tt := range []struct {
		name     string
		old, new float64 // milliseconds; 0: not stored
		want     string
	}{
		{"slower", 20, 21, "took 20.0ms in the old run and 21.0ms in the new (+5.0 %)"},
		{"quicker", 20, 18, "(-10.0 %)"},
		{"the same", 20, 20.5, ""},
		{"not stored", 0, 20, ""},
	} {
		a, b := spec(2, day(1), 0.005, nil), spec(3, day(2), 0.005, nil)
		for s, ms := range map[*func(int) time.Duration]float64{&a.Canary: tt.old, &b.Canary: tt.new} {
			*s = func(int) time.Duration { return time.Duration(ms * 1e6) }
		}
		r, err := compare.New(a.Data(), b.Data(), compare.Options{Rounds: 20})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, n := range r.Notes {
			if n.Kind == report.Warning && strings.Contains(n.Text, "canary") {
				got = n.Text
			}
		}
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: warning %q, want %q", tt.name, got, tt.want)
		}
	}
}
