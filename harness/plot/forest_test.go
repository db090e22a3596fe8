package plot_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"unibench/harness/plot"
	"unibench/harness/record"
)

// TestForest: every primary ratio is in the figure, with its interval as in the report;
// where there are several units, rows say theirs.
func TestForest(t *testing.T) {
	d := sample(10, 1)
	d.Run.Benchmarks = append(d.Run.Benchmarks, record.Benchmark{Name: "Again", Procs: 1})
	for _, tr := range slices.Clone(d.Trials) {
		tr.Benchmark, tr.Order = "Again", tr.Order+3
		d.Trials = append(d.Trials, tr)
	}
	r := reportOf(t, d)
	f, err := plot.Forest(d, r)
	if err != nil {
		t.Fatal(err)
	}
	all := texts(t, write(t, f, plot.SVG))
	n := 0
	for _, row := range r.Rows {
		for _, c := range row.Cells {
			if !row.Primary || c.Versus == nil {
				continue
			}
			n++
			_, want := row.Texts(c)
			want, _, _ = strings.Cut(want, " p")
			if !slices.Contains(all, want) {
				t.Errorf("no text %q for %s on %s in %q", want, row.Benchmark, c.Target, all)
			}
		}
	}
	if n != 4 {
		t.Errorf("%d primary ratios, want 4", n)
	}
	if slices.Contains(all, "boot-first-ns") {
		t.Error("the unit is at each row although there is one only")
	}
	d.Run.Units[1].Primary = true
	if f, err = plot.Forest(d, reportOf(t, d)); err != nil {
		t.Fatal(err)
	}
	if all = texts(t, write(t, f, plot.SVG)); !slices.Contains(all, "boot-first-ns") || !slices.Contains(all, "image-B") {
		t.Errorf("units are not named: %q", all)
	}
	for i := range d.Run.Units {
		d.Run.Units[i].Primary = false
	}
	if _, err := plot.Forest(d, reportOf(t, d)); err == nil {
		t.Error("a forest plot of nothing")
	}
}

// TestInline draws every figure as it stands in a page: narrow ones have fewer labels,
// no labels that touch, and neither has title, subtitle or footer, which are text there.
func TestInline(t *testing.T) {
	d := netSample(8)
	groups, err := plot.Groups(d, reportOf(t, d), curves())
	if err != nil {
		t.Fatal(err)
	}
	kinds := make(map[plot.Kind]int)
	for _, g := range groups {
		for _, f := range g.Figures {
			kinds[g.Kind]++
			var wide, narrow bytes.Buffer
			if err := f.WriteInline(&wide, plot.Wide); err != nil {
				t.Fatal(err)
			}
			if err := f.WriteInline(&narrow, plot.Narrow); err != nil {
				t.Fatal(err)
			}
			many, few := texts(t, wide.Bytes()), texts(t, narrow.Bytes())
			if len(few) > len(many) || len(few) < 4 {
				t.Errorf("%s: %d texts wide, %d narrow: %q", f.Name, len(many), len(few), few)
			}
			for _, s := range append(f.Footer(), f.Title(), f.Subtitle()) {
				if s == "" || slices.Contains(many, s) || slices.Contains(few, s) {
					t.Errorf("%s: %q is empty or drawn twice", f.Name, s)
				}
			}
		}
	}
	for _, k := range []plot.Kind{plot.KindRatios, plot.KindBars, plot.KindSamples, plot.KindDistribution, plot.KindLatency, plot.KindSweep} {
		if kinds[k] == 0 {
			t.Errorf("no figure of %s: %v", k, kinds)
		}
	}
}
