package record_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unibench/harness/record"
)

// sweepTrial is a trial with two steps and a unit that could not be measured.
func sweepTrial() record.Trial {
	t := sampleTrial(sampleSchedule()[2])
	t.Values = map[string]float64{"boot-first-ns": 5}
	t.Gaps = map[string]string{"image-B": "the counter is missing"}
	for _, rate := range []string{"10k", "20k"} {
		t.Points = append(t.Points, record.Point{
			Params: []record.Param{{Key: "rate", Value: rate}}, Offered: 10, Iters: 7, Values: map[string]float64{"boot-first-ns": 3}, Note: "saturated",
		})
	}
	return t
}

// TestPoints: each step has a line of its own, and all comes back from the disk.
func TestPoints(t *testing.T) {
	w := newRun(t, t.TempDir(), 2)
	want := sweepTrial()
	if err := w.Append(want); err != nil {
		t.Fatal(err)
	}
	dir := w.Dir()
	if err := errors.Join(w.Seal(), w.Close()); err != nil {
		t.Fatal(err)
	}
	d, err := record.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, d.Trials[2]); diff != "" {
		t.Errorf("trial read back (-want +got):\n%s", diff)
	}
	bench, err := os.ReadFile(filepath.Join(dir, "boot.bench"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"BenchmarkHello/target=unikernel-1 1 5 boot-first-ns\n", "BenchmarkHello/target=unikernel/rate=10k-1 7 3 boot-first-ns\n", "BenchmarkHello/target=unikernel/rate=20k-1 7 3 boot-first-ns\n",
	} {
		if !strings.Contains(string(bench), line) {
			t.Errorf("no line %q in:\n%s", line, bench)
		}
	}
}

func TestPointErrors(t *testing.T) {
	for name, change := range map[string]func(*record.Trial){
		"unit of a point":      func(t *record.Trial) { t.Points[1].Values = map[string]float64{"furlongs": 1} },
		"no values":            func(t *record.Trial) { t.Points[0].Values = nil },
		"no iterations":        func(t *record.Trial) { t.Points[0].Iters = 0 },
		"no parameters":        func(t *record.Trial) { t.Points[0].Params = nil },
		"parameter not plain":  func(t *record.Trial) { t.Points[0].Params[0].Value = "a b" },
		"unit of a gap":        func(t *record.Trial) { t.Gaps["furlongs"] = "far" },
		"gap without a reason": func(t *record.Trial) { t.Gaps["image-B"] = "" },
		"gap beside a value":   func(t *record.Trial) { t.Gaps["boot-first-ns"] = "lost" },
	} {
		w := newRun(t, t.TempDir(), 2)
		tr := sweepTrial()
		change(&tr)
		if err := w.Append(tr); err == nil {
			t.Errorf("%s: Append succeeded", name)
		}
		w.Close()
	}
}
