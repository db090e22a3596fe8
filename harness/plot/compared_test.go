package plot_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"unibench/harness/compare"
	"unibench/harness/plot"
	"unibench/harness/record"
	"unibench/harness/record/recordtest"
)

// TestCompared: rows that decide or differ are drawn with what the comparison says of
// them, others are not.
func TestCompared(t *testing.T) {
	run := func(n int, slower float64) *record.Data {
		return recordtest.Spec{
			Start: time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC), Seed: uint64(n + 1),
			Units: []record.Unit{{Name: "boot-first-ns", Better: "lower", Primary: true}, {Name: "rss-B"}, {Name: "boot-cpu-ns", Better: "lower"}},
			Value: func(s record.Slot, unit string, rng *rand.Rand) (float64, bool) {
				v := 1e6 * (1 + 0.004*rng.NormFloat64())
				if s.Target == "unikernel" && unit != "rss-B" {
					v *= slower
				}
				return v, true
			},
		}.Data()
	}
	r, err := compare.New(run(0, 1), run(1, 1.2), compare.Options{Rounds: 200})
	if err != nil {
		t.Fatal(err)
	}
	f, err := plot.Compared(r)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(texts(t, write(t, f, plot.SVG)), "\n")
	for _, want := range []string{"regression", string(compare.Same), "Hello, unikernel", "Hello, process", "1.20x [1.", "boot-cpu-ns", "New by old [log scale]"} {
		if !strings.Contains(all, want) {
			t.Errorf("no text %q in\n%s", want, all)
		}
	}
	if strings.Contains(all, "rss-B") || strings.Count(all, "boot-cpu-ns") != 1 {
		t.Errorf("a row that neither decides nor differs is drawn:\n%s", all)
	}
	r.Rows = nil
	if _, err := plot.Compared(r); err == nil {
		t.Error("a figure of nothing")
	}
}
