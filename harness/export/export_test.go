package export_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"unibench/harness/compare"
	"unibench/harness/export"
	"unibench/harness/record"
	"unibench/harness/record/recordtest"
	"unibench/harness/stats"
)

// run is run n of a history: unikernel is slower than process, by more each run.
func run(n int) *record.Data {
	return recordtest.Spec{
		Start: time.Date(2026, 1, 1+n, 3, 4, 5, 0, time.UTC), Seed: uint64(n + 1), Commit: strings.Repeat(string("abcdef"[n]), 40),
		Benchmarks: []string{"Hello", "HelloFmt"},
		Units: []record.Unit{
			{Name: "boot-first-ns", Better: "lower", Primary: true}, {Name: "rss-B", Better: "lower"},
			{Name: "vmexits/op", Better: "lower"}, {Name: "errors/op", Better: "lower"},
		},
		Value: func(s record.Slot, unit string, rng *rand.Rand) (float64, bool) {
			v := map[string]float64{"boot-first-ns": 1e6, "rss-B": 2e6, "vmexits/op": 7}[unit]
			if s.Target == "unikernel" {
				v *= 3 + 0.1*float64(n)
			}
			return math.Round(v * math.Exp(0.01*rng.NormFloat64())), unit != "vmexits/op" || s.Target == "unikernel"
		},
	}.Data()
}

// committed says that commits were made a day before their run.
func committed(commit string) time.Time {
	return time.Date(2025, 12, 31+strings.Index("abcdef", commit[:1]), 12, 0, 0, 0, time.UTC)
}

// benchseries lets the stock command read an export and returns its table of
// medians of ratios: by unit, benchmark and series.
func benchseries(t *testing.T, data []byte) map[string]float64 {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("benchseries is built from the module cache: %v", err)
	}
	path := filepath.Join(t.TempDir(), "series.bench")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	var out, stderr bytes.Buffer
	cmd := exec.Command("go", "run", "golang.org/x/perf/cmd/benchseries", "-series", "experiment-commit-time", "-experiment", "runstamp", "-compare", "toolchain",
		"-numerator", "experiment", "-denominator", "baseline", "-numerator-hash", "experiment-commit", "-denominator-hash", "baseline-commit", "-boring", path)
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("benchseries: %v\n%s", err, stderr.String())
	}
	rd := csv.NewReader(&out)
	rd.FieldsPerRecord = -1
	lines, err := rd.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]float64)
	var head []string
	for _, line := range lines {
		if _, err := time.Parse(time.RFC3339, line[0]); err != nil {
			head = line
			continue
		}
		for i, text := range line[1:] {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatalf("benchseries prints %q", line)
			}
			unit, _, _ := strings.Cut(head[0], " ")
			got[unit+" "+head[1+i]+" "+line[0][:10]] = v
		}
	}
	return got
}

// ratio is the one between the medians of two sides.
func ratio(base, other *record.Data, benchmark, from, to, unit string) float64 {
	values := func(d *record.Data, target string) (v []float64) {
		for _, t := range d.Measured(benchmark, target) {
			v = append(v, t.Values[unit])
		}
		return v
	}
	return stats.Quantile(values(other, to), 0.5) / stats.Quantile(values(base, from), 0.5)
}

// check compares what benchseries says with want. Its numbers are medians of a
// bootstrap that has no seed.
func check(t *testing.T, got, want map[string]float64) {
	t.Helper()
	for name, w := range want {
		if g, ok := got[name]; !ok || math.Abs(g/w-1) > 0.01 {
			t.Errorf("%s: benchseries prints %v, want about %v", name, g, w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("benchseries prints %d ratios, want %d: %v", len(got), len(want), got)
	}
}

// tidy names units as benchseries does.
func tidy(unit string) string { return strings.Replace(unit, "-ns", "-sec", 1) }

func TestSeriesByTarget(t *testing.T) {
	runs := []*record.Data{run(0), run(1), run(2)}
	data, err := export.Series(runs, export.Options{CommitTime: committed})
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]float64)
	for _, d := range runs {
		for _, b := range []string{"Hello", "HelloFmt"} {
			for _, unit := range []string{"boot-first-ns", "rss-B"} {
				day := committed(d.Run.Commit).Format(time.DateOnly)
				want[tidy(unit)+" "+b+"/target=unikernel/base=process-1 "+day] = ratio(d, d, b, "process", "unikernel", unit)
			}
		}
	}
	check(t, benchseries(t, data), want)
}

func TestSeriesByRun(t *testing.T) {
	base, runs := run(0), []*record.Data{run(2), run(1)}
	data, err := export.Series(runs, export.Options{Baseline: base, CommitTime: committed})
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]float64)
	for _, d := range runs {
		for _, b := range []string{"Hello", "HelloFmt"} {
			for _, target := range []string{"process", "unikernel"} {
				for _, unit := range []string{"boot-first-ns", "rss-B", "vmexits/op"} {
					if unit == "vmexits/op" && target == "process" {
						continue
					}
					day := committed(d.Run.Commit).Format(time.DateOnly)
					want[tidy(unit)+" "+b+"/target="+target+"-1 "+day] = ratio(base, d, b, target, target, unit)
				}
			}
		}
	}
	got := benchseries(t, data)
	for name := range got { // one target has none, which benchseries fills in
		if strings.HasPrefix(name, "vmexits") && strings.Contains(name, "process") {
			delete(got, name)
		}
	}
	check(t, got, want)
	for _, s := range []string{"baseline-commit: aaaa", "experiment-commit: bbbb", "runstamp: 2026-01-02T03:04:05Z"} {
		if !strings.Contains(string(data), "\n"+s) {
			t.Errorf("the export has no line %q", s)
		}
	}
	other := run(1)
	other.Run.HostClass = "amd-16c"
	var m *compare.Mismatch
	if _, err := export.Series([]*record.Data{other}, export.Options{Baseline: base, CommitTime: committed}); !errors.As(err, &m) {
		t.Errorf("a baseline of another host class: %v", err)
	}
}

// TestBench: a stored run is exported as it was written.
func TestBench(t *testing.T) {
	d := run(1)
	spec := recordtest.Spec{Value: func(_ record.Slot, _ string, rng *rand.Rand) (float64, bool) { return rng.Float64(), true }}
	stored, err := record.Load(spec.Store(t, t.TempDir(), -1))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(stored.Dir, "boot.bench"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := export.Bench(stored); err != nil || !bytes.Equal(got, want) {
		t.Errorf("Bench: %v, and differs from the .bench file:\n%s", err, got)
	}
	d.Trials[0].Benchmark = "Gone"
	if _, err := export.Bench(d); err == nil {
		t.Error("a trial of no benchmark is exported")
	}
}
