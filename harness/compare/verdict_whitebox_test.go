package compare

import "testing"

// TestDecides: the test of the builds of one run is that of blocks, and so is the least p
// that decides whether there are enough of them.
func TestDecides(t *testing.T) {
	row := Row{
		Better: "lower", Threshold: 0.05, Ratio: 1.1, Lo: 1.08, Hi: 1.12, PU: 0.2, PBlocked: 0.001, Old: Side{N: 10, Median: 100}, New: Side{N: 10, Median: 110},
	}
	for _, tt := range []struct {
		test string
		n    int
		want Verdict
	}{{Unpaired, 10, Noisy}, {Blocked, 10, Regression}, {Unpaired, 5, Few}, {Blocked, 5, Few}, {Blocked, 6, Regression}} {
		row.Old.N, row.New.N = tt.n, tt.n
		if got := (&Result{Alpha: 0.05, Test: tt.test}).verdict(&row); got != tt.want {
			t.Errorf("%s of %d: %q, want %q", tt.test, tt.n, got, tt.want)
		}
	}
}

func TestVerdict(t *testing.T) {
	row := func(ratio, lo, hi, p float64) Row {
		return Row{
			Unit: "boot-ns", Better: "lower", Primary: true, Threshold: 0.05, Ratio: Number(ratio), Lo: Number(lo), Hi: Number(hi),
			PU: Number(p), PAdjusted: Number(p), Old: Side{N: 10, Median: 100}, New: Side{N: 10, Median: Number(100 * ratio)},
		}
	}
	with := func(r Row, change func(r *Row)) Row { change(&r); return r }
	for _, c := range []struct {
		name  string
		row   Row
		tests int
		want  Verdict
	}{
		{"slower", row(1.1, 1.08, 1.12, 0.001), 1, Regression},
		{"faster", row(0.9, 0.88, 0.92, 0.001), 1, Improvement},
		{"slower, p is at the level", row(1.1, 1.08, 1.12, 0.05), 1, Noisy},
		{"slower by the threshold", row(1.05, 1.04, 1.06, 0.001), 1, Regression},
		{"slower by less", row(1.03, 1.02, 1.04, 0.001), 1, Same},
		{"slower by less, maybe by more", row(1.03, 1.02, 1.06, 0.001), 1, Noisy},
		{"faster by less, maybe by more", row(0.97, 0.94, 0.98, 0.001), 1, Noisy},
		{"equal", row(1, 0.99, 1.01, 0.8), 1, Same},
		{"equal, maybe slower", row(1, 0.99, 1.06, 0.8), 1, Noisy},
		{"equal, maybe faster", row(1, 0.94, 1.01, 0.8), 1, Noisy},
		{"no interval", with(row(1, 0, 0, 0.8), func(r *Row) { r.Lo, r.Hi = nan(), nan() }), 1, Noisy},
		{"higher is better", with(row(1.1, 1.08, 1.12, 0.001), func(r *Row) { r.Better = "higher" }), 1, Improvement},
		{"neither is better", with(row(1.1, 1.08, 1.12, 0.001), func(r *Row) { r.Better = "" }), 1, Changed},
		{"exploratory p is not adjusted", with(row(1.1, 1.08, 1.12, 0.001), func(r *Row) { r.Primary, r.PAdjusted = false, nan() }), 1, Regression},
		{"adjusted p decides", with(row(1.1, 1.08, 1.12, 0.001), func(r *Row) { r.PAdjusted = 0.3 }), 1, Noisy},
		{"three a side", with(row(1.1, 1.08, 1.12, 0.001), func(r *Row) { r.Old.N, r.New.N = 3, 3 }), 1, Few},
		{"six a side and 30 tests", with(row(1.1, 1.08, 1.12, 0.001), func(r *Row) { r.Old.N, r.New.N = 6, 6 }), 30, Few},
		{"slower by pairs, not by medians", with(row(1.1, 1.08, 1.12, 0.001), func(r *Row) { r.New.Median = 99 }), 1, Regression},
		{"from zero", with(row(1, 0, 0, 0.001), func(r *Row) { r.Ratio, r.Lo, r.Hi, r.Old.Median = nan(), nan(), nan(), 0 }), 1, Regression},
		{"zero stays", with(row(1, 0, 0, 1), func(r *Row) { r.Ratio, r.Lo, r.Hi, r.Old.Median, r.New.Median = nan(), nan(), nan(), 0, 0 }), 1, Same},
		{"zero, now sometimes not", with(row(1, 0, 0, 0.2), func(r *Row) {
			r.Ratio, r.Lo, r.Hi, r.Old.Median, r.New.Median, r.New.Hi = nan(), nan(), nan(), 0, 0, 3
		}), 1, Noisy},
		{"exact, one more", Row{Exact: true, Better: "lower", Old: Side{N: 1, Median: 100, Lo: 100, Hi: 100}, New: Side{N: 1, Median: 101, Lo: 101, Hi: 101}}, 1, Regression},
		{"exact, now varies", Row{Exact: true, Better: "lower", Old: Side{N: 2, Median: 100, Lo: 100, Hi: 100}, New: Side{N: 2, Median: 100, Lo: 99, Hi: 101}}, 1, Changed},
		{"exact, as it was", Row{Exact: true, Old: Side{N: 1, Median: 100}, New: Side{N: 9, Median: 100}}, 1, Same},
	} {
		r := &Result{Alpha: 0.05, Correction: Holm, Tests: c.tests, Test: Unpaired}
		if got := r.verdict(&c.row); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
