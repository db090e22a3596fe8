package compare_test

import (
	"bytes"
	"errors"
	"flag"
	"regexp"
	"slices"
	"strings"
	"testing"

	"unibench/harness/compare"
	"unibench/harness/noise"
	"unibench/harness/record"
	"unibench/harness/report"
	"unibench/harness/table"
	"unibench/harness/table/tabletest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// planted is a comparison with one of each verdict.
func planted(t *testing.T, o compare.Options) *compare.Result {
	t.Helper()
	old := spec(2, day(1), 0.005, nil).Data()
	next := spec(3, day(2), 0.005, factors{
		"Hello process boot-first-ns":      1.20,
		"Hello unikernel boot-first-ns":    0.80,
		"Hello process req/s":              1.10,
		"Hello unikernel req/s":            0.90,
		"HelloFmt process boot-first-ns":   1.015,
		"Hello process rss-B":              1.30,
		"Hello unikernel gen-cpu-ns/op":    1.30,
		"HelloFmt unikernel image-B":       1.0001,
		"HelloFmt unikernel vmexits/op":    7,
		"HelloFmt unikernel gen-cpu-ns/op": 1.001,
	}).Data()
	o.Rounds = 1000
	r, err := compare.New(old, next, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestVerdicts(t *testing.T) {
	r := planted(t, compare.Options{})
	want := map[string]compare.Verdict{
		"Hello process boot-first-ns":   compare.Regression,
		"Hello unikernel boot-first-ns": compare.Improvement,
		"Hello process req/s":           compare.Improvement,
		"Hello unikernel req/s":         compare.Regression,
		"Hello process rss-B":           compare.Regression,
		"Hello unikernel gen-cpu-ns/op": compare.Changed,
		"HelloFmt unikernel image-B":    compare.Regression,
		"HelloFmt unikernel vmexits/op": compare.Regression,
	}
	for _, row := range r.Rows {
		w := compare.Same
		if v, ok := want[row.Name()]; ok {
			w = v
		}
		if row.Verdict != w {
			t.Errorf("%s: %s, want %s: %+v", row.Name(), row.Verdict, w, row)
		}
		if (row.Primary && !row.Exact) != row.PAdjusted.OK() {
			t.Errorf("%s: adjusted p %v, primary %v", row.Name(), row.PAdjusted, row.Primary)
		}
		if row.PBlocked.OK() || r.Paired {
			t.Errorf("%s: runs on two days have no pairs of blocks", row.Name())
		}
	}
	if r.Tests != 8 || r.Outcome() != compare.Worse {
		t.Errorf("%d tests, outcome %v; want 8 and worse", r.Tests, r.Outcome())
	}
}

// TestGolden compares each format with its file.
func TestGolden(t *testing.T) {
	at := day(1)
	floor := &noise.File{Schema: noise.Schema, HostClass: "pvm-2c", Measured: at, Expires: at.AddDate(1, 0, 0), Floors: []noise.Floor{
		{Suite: "boot", Unit: "req/s", Apart: 0.06},
	}}
	r := planted(t, compare.Options{Floor: floor, Now: day(3)})
	for _, f := range table.Formats() {
		var b bytes.Buffer
		if err := r.Write(&b, f, false); err != nil {
			t.Fatal(err)
		}
		tabletest.Golden(t, *update, "planted."+string(f), b.Bytes())
	}
	var brief, all bytes.Buffer
	if err := errors.Join(r.Write(&brief, table.Text, false), r.Write(&all, table.Text, true)); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(brief.String(), "HelloFmt   process    rss-B") || strings.Count(all.String(), "rss-B") != 4 || strings.Contains(all.String(), "not shown") {
		t.Errorf("brief:\n%s\nall:\n%s", brief.String(), all.String())
	}
}

func TestOutcomes(t *testing.T) {
	at := day(1)
	floor := func(share float64) *noise.File {
		return &noise.File{Schema: noise.Schema, HostClass: "pvm-2c", Measured: at, Expires: at.AddDate(0, 1, 0), Floors: []noise.Floor{
			{Suite: "boot", Unit: "boot-first-ns", Apart: share},
		}}
	}
	slower := factors{"Hello process boot-first-ns": 1.10}
	for _, c := range []struct {
		name   string
		noise  float64
		change factors
		count  int // 0: 10
		o      compare.Options
		want   compare.Outcome
		also   compare.Verdict // of Hello process boot-first-ns
	}{
		{"the same", 0.005, nil, 0, compare.Options{}, compare.Fine, compare.Same},
		{"faster", 0.005, factors{"Hello process boot-first-ns": 0.9}, 0, compare.Options{}, compare.Fine, compare.Improvement},
		{"slower", 0.005, slower, 0, compare.Options{}, compare.Worse, compare.Regression},
		{"slower, not corrected", 0.005, slower, 0, compare.Options{Correct: compare.None}, compare.Worse, compare.Regression},
		{"slower, below the threshold", 0.005, slower, 0, compare.Options{Min: 0.2}, compare.Fine, compare.Same},
		{"slower, below the noise floor", 0.005, slower, 0, compare.Options{Floor: floor(0.1), Now: day(2)}, compare.Fine, compare.Same},
		{"slower, above the noise floor", 0.005, slower, 0, compare.Options{Floor: floor(0.02), Now: day(2)}, compare.Worse, compare.Regression},
		{"slower, the noise floor has expired", 0.005, slower, 0, compare.Options{Floor: floor(0.1), Now: day(60)}, compare.Worse, compare.Regression},
		{"slower, not primary", 0.005, slower, 0, compare.Options{Primary: regexp.MustCompile("rss-B")}, compare.Fine, compare.Regression},
		{"the floor is above what was asked for", 0.005, nil, 0, compare.Options{Floor: floor(0.1), Now: day(2), Min: 0.05, Asked: true}, compare.TooNoisy, compare.Same},
		{"noise", 0.3, nil, 0, compare.Options{}, compare.TooNoisy, compare.Noisy},
		{"three trials", 0.005, nil, 3, compare.Options{}, compare.Insufficient, compare.Few},
		{"five trials cannot pass eight tests", 0.005, nil, 5, compare.Options{}, compare.Insufficient, compare.Few},
		{"five trials pass alone", 0.005, slower, 5, compare.Options{Primary: regexp.MustCompile("^Hello process boot-first-ns$")}, compare.Worse, compare.Regression},
		{"five trials cannot show that nothing changed", 0.005, nil, 5, compare.Options{Primary: regexp.MustCompile("^Hello process boot-first-ns$")}, compare.Insufficient, compare.Few},
		{"a regression beats too few trials elsewhere", 0.005, factors{"Hello unikernel image-B": 2}, 3, compare.Options{Primary: regexp.MustCompile("image-B|boot")}, compare.Worse, compare.Few},
	} {
		old, next := spec(2, day(1), c.noise, nil), spec(3, day(2), c.noise, c.change)
		if c.count > 0 {
			old.Count, next.Count = c.count, c.count
		}
		c.o.Rounds = 500
		r, err := compare.New(old.Data(), next.Data(), c.o)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if r.Outcome() != c.want {
			t.Errorf("%s: outcome %v, want %v; notes %v", c.name, r.Outcome(), c.want, r.Notes)
		}
		for _, row := range r.Rows {
			if row.Name() == "Hello process boot-first-ns" && row.Verdict != c.also {
				t.Errorf("%s: %s is %q, want %q: %+v", c.name, row.Name(), row.Verdict, c.also, row)
			}
		}
	}
}

// TestPaired lets two runs take turns. The drift that both share is many times the
// change, which only the blocked test and the interval over pairs see through.
func TestPaired(t *testing.T) {
	drift := func(start int, change float64) *record.Data {
		s := spec(uint64(2+start), day(1), 0, nil)
		s.Count = 20
		s.Every = 1e9
		d := s.Data()
		for i := range d.Trials {
			tr := &d.Trials[i]
			if start == 1 {
				tr.Start = tr.Start.Add(500e6)
			}
			wave := 1 + 0.2*float64(tr.Block%10)
			for u := range tr.Values {
				if u == "boot-first-ns" {
					tr.Values[u] = base[u] * wave * change
				}
			}
		}
		return d
	}
	r, err := compare.New(drift(0, 1), drift(1, 1.05), compare.Options{Rounds: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Paired {
		t.Fatal("the runs took turns, but do not pair")
	}
	for _, row := range r.Rows {
		if row.Unit != "boot-first-ns" {
			continue
		}
		if row.PBlocked > 0.001 || row.PU < 0.05 || row.Ratio < 1.049 || row.Ratio > 1.051 {
			t.Errorf("%s: blocked p %v, unpaired p %v, ratio %v; want the blocked test to see 1.05", row.Name(), row.PBlocked, row.PU, row.Ratio)
		}
	}
	if !slices.ContainsFunc(r.Notes, func(n report.Note) bool { return strings.Contains(n.Text, "disagree") }) {
		t.Errorf("no note says that the tests disagree: %v", r.Notes)
	}
}
