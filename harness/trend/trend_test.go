package trend_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"unibench/harness/noise"
	"unibench/harness/record"
	"unibench/harness/record/recordtest"
	"unibench/harness/table"
	"unibench/harness/table/tabletest"
	"unibench/harness/trend"
)

var update = flag.Bool("update", false, "write the golden files anew")

// commit names run n.
func commit(n int) string { return fmt.Sprintf("%04x%s", n, strings.Repeat("c", 36)) }

// made is a history of n runs a day apart, one commit each. factor says what run n
// multiplies the values of a series by.
func made(n int, spread float64, factor func(n int, target, unit string) float64) []*record.Data {
	var out []*record.Data
	for k := range n {
		s := recordtest.Spec{
			Start: time.Date(2026, 1, 1+k, 3, 4, 5, 0, time.UTC), Seed: uint64(1000 + k), Commit: commit(k), Count: 8,
			Units: []record.Unit{
				{Name: "boot-first-ns", Better: "lower", Primary: true, Doc: "start of exec to first output byte"},
				{Name: "req/s", Better: "higher"},
				{Name: "image-B", Better: "lower", Exact: true},
			},
			Value: func(s record.Slot, unit string, rng *rand.Rand) (float64, bool) {
				v := map[string]float64{"boot-first-ns": 1e6, "req/s": 5e4, "image-B": 1.2e6}[unit] * factor(k, s.Target, unit)
				if unit != "image-B" {
					v *= math.Exp(spread * rng.NormFloat64())
				}
				return math.Round(v), true
			},
		}
		out = append(out, s.Data())
	}
	return out
}

// planted has three steps and a slow drift in one series and one change of the image.
func planted(n int) []*record.Data {
	return made(n, 0.02, func(k int, target, unit string) float64 {
		f := 1.0
		switch {
		case unit == "boot-first-ns" && target == "process":
			f += 0.0008 * float64(k)
			for _, s := range []struct {
				at int
				by float64
			}{{12, 1.15}, {30, 0.85}, {45, 1.10}} {
				if k >= s.at {
					f *= s.by
				}
			}
		case unit == "image-B" && target == "unikernel" && k >= 20:
			f = 1.0001
		}
		return f
	})
}

func build(t *testing.T, runs []*record.Data, o trend.Options) *trend.History {
	t.Helper()
	h, err := trend.New(runs, o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestPlanted: each change is found within one commit, and nothing else is. The runs
// come in any order.
func TestPlanted(t *testing.T) {
	runs := planted(60)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(runs), func(i, j int) { runs[i], runs[j] = runs[j], runs[i] })
	h := build(t, runs, trend.Options{})
	type want struct {
		at      int
		verdict trend.Verdict
	}
	wants := map[string][]want{
		"Hello process boot-first-ns": {{12, trend.Regression}, {30, trend.Improvement}, {45, trend.Regression}},
		"Hello unikernel image-B":     {{20, trend.Regression}},
		// The process is what it is divided by.
		"Hello unikernel/process boot-first-ns": {{12, trend.Improvement}, {30, trend.Regression}, {45, trend.Improvement}},
	}
	if len(h.Series) != 7 {
		t.Errorf("%d series, want 7", len(h.Series))
	}
	for _, s := range h.Series {
		list := wants[s.Name()]
		if len(s.Changes) != len(list) || len(s.Points) != 60 {
			t.Errorf("%s: %d points, changes %+v; want 60, %+v", s.Name(), len(s.Points), s.Changes, list)
			continue
		}
		for i, w := range list {
			c := s.Changes[i]
			off := max(c.At-w.at, w.at-c.At)
			if off > 1 || s.Exact && off > 0 || c.Verdict != w.verdict || c.Commit != commit(c.At) || c.After != commit(c.At-1) || c.SameCommit {
				t.Errorf("%s: change %+v, want %+v", s.Name(), c, w)
			}
			if s.Exact == c.P.OK() {
				t.Errorf("%s: exact %v, but p = %v", s.Name(), s.Exact, c.P)
			}
		}
	}
}

// TestNoise: of 20 histories of noise at least 19 have no change at all.
func TestNoise(t *testing.T) {
	quiet := 0
	for seed := range 20 {
		runs := made(30, 0.03, func(int, string, string) float64 { return 1 })
		rng := rand.New(rand.NewPCG(uint64(seed), 9))
		for _, d := range runs {
			for i := range d.Trials {
				for u, v := range d.Trials[i].Values {
					if u != "image-B" {
						d.Trials[i].Values[u] = math.Round(v * math.Exp(0.02*rng.NormFloat64()))
					}
				}
			}
		}
		h := build(t, runs, trend.Options{Min: 1e-6, Metric: regexp.MustCompile("Hello process"), Seed: uint64(seed)})
		changes := 0
		for _, s := range h.Series {
			changes += len(s.Changes)
		}
		if changes == 0 {
			quiet++
		}
	}
	if quiet < 19 {
		t.Errorf("nothing is found in %d of 20 histories of noise, want at least 19", quiet)
	}
}

func TestOptions(t *testing.T) {
	runs := planted(40)
	other := made(8, 0.02, func(int, string, string) float64 { return 1 })
	for _, d := range other[:4] {
		d.Run.HostClass = "amd-16c"
	}
	for _, d := range other[4:] {
		d.Run.SuiteVersion = "2"
	}
	runs = append(runs, other...)
	count := func(h *trend.History) (points int) {
		for _, s := range h.Series {
			points += len(s.Points)
		}
		return points
	}
	floor := func(class string) *noise.File {
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		return &noise.File{
			Schema: noise.Schema, HostClass: class, Measured: at, Expires: at.AddDate(0, 1, 0),
			Floors: []noise.Floor{{Suite: "boot", Unit: "boot-first-ns", Apart: 0.2}},
		}
	}
	first := regexp.MustCompile("^Hello process boot-first-ns$")
	for _, c := range []struct {
		name                    string
		o                       trend.Options
		series, points, changes int // changes of the first series
	}{
		{"all", trend.Options{}, 21, 48 * 7, 0},
		{"class", trend.Options{Class: "pvm-2c"}, 14, 44 * 7, 2},
		{"metric", trend.Options{Class: "pvm-2c", Metric: first}, 2, 44, 2},
		{"since", trend.Options{Class: "pvm-2c", Metric: first, Since: commit(20)[:8]}, 1, 20, 1},
		{"floor", trend.Options{Class: "pvm-2c", Metric: first, Floor: floor, Now: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)}, 2, 44, 0},
		{"floor expired", trend.Options{Class: "pvm-2c", Metric: first, Floor: floor, Now: time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)}, 2, 44, 2},
		{"greater change", trend.Options{Class: "pvm-2c", Metric: first, Min: 0.5}, 2, 44, 0},
	} {
		h := build(t, runs, c.o)
		if len(h.Series) != c.series || count(h) != c.points || len(h.Series[0].Changes) != c.changes {
			t.Errorf("%s: %d series, %d points, %d changes in the first; want %d, %d, %d: %+v",
				c.name, len(h.Series), count(h), len(h.Series[0].Changes), c.series, c.points, c.changes, h.Series[0].Changes)
		}
	}
	for _, c := range []struct {
		o    trend.Options
		want error
	}{
		{trend.Options{Suite: "net"}, trend.ErrNothing},
		{trend.Options{Class: "moon"}, trend.ErrNothing},
		{trend.Options{Metric: regexp.MustCompile("moon")}, trend.ErrNothing},
		{trend.Options{Since: "ffff"}, trend.ErrSince},
	} {
		if _, err := trend.New(runs, c.o); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.o, err, c.want)
		}
	}
}

// TestApart: runs that compare two builds are in no history.
func TestApart(t *testing.T) {
	runs := made(4, 0, func(int, string, string) float64 { return 1 })
	runs[1].Run.Baseline = &record.Baseline{Kind: record.BaselineTools}
	runs[2].Run.Planted = &record.Planted{Share: 0.05}
	h, err := trend.New(runs, trend.Options{})
	if err != nil || h.Runs != 2 {
		t.Errorf("New uses %+v, %v; want 2 of 4 runs", h, err)
	}
	if _, err := trend.New(runs[1:3], trend.Options{}); !errors.Is(err, trend.ErrNothing) {
		t.Errorf("New of nothing else = %v", err)
	}
}

// TestHostDrift: where the host became slower and later quicker for everybody, the targets
// change and their ratio does not; where one target does, the ratio says so. With floors of
// noise, that of the noisier target holds for the ratio.
func TestHostDrift(t *testing.T) {
	drift := func(k int) float64 {
		switch {
		case k >= 24:
			return 0.8 + 0.004*float64(k)
		case k >= 12:
			return 1.3
		}
		return 1
	}
	changes := func(h *trend.History) map[string]int {
		out := make(map[string]int)
		for _, s := range h.Series {
			if s.Unit == "boot-first-ns" {
				out[s.Of()] = len(s.Changes)
			}
		}
		return out
	}
	runs := made(36, 0.02, func(k int, _, _ string) float64 { return drift(k) })
	got := changes(build(t, runs, trend.Options{}))
	if got["process"] == 0 || got["unikernel"] == 0 || got["unikernel/process"] != 0 {
		t.Errorf("changes of a host that drifts: %v; want some of each target and none of the ratio", got)
	}

	worse := made(36, 0.02, func(k int, target, _ string) float64 {
		if k >= 18 && target == "unikernel" {
			return 1.1 * drift(k)
		}
		return drift(k)
	})
	h := build(t, worse, trend.Options{Metric: regexp.MustCompile("^Hello unikernel/process")})
	if len(h.Series) != 1 || len(h.Series[0].Changes) != 1 || h.Series[0].Changes[0].Verdict != trend.Regression {
		t.Fatalf("series %+v, want one with a regression", h.Series)
	}
	s := h.Series[0]
	if c := s.Changes[0]; c.At < 17 || c.At > 19 || math.Abs(float64(c.Ratio)-1.1) > 0.03 {
		t.Errorf("change %+v, want 1.1 at 18", c)
	}
	for i, p := range s.Points {
		if !(p.Lo < p.Median && p.Median < p.Hi) || p.N != 8 || math.Abs(float64(p.Median)-1) > 0.2 {
			t.Errorf("point %d: %+v", i, p)
		}
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	floor := func(string) *noise.File {
		return &noise.File{Measured: at, Expires: at.AddDate(1, 0, 0), Floors: []noise.Floor{
			{Suite: "boot", Target: "unikernel", Unit: "boot-first-ns", Apart: 0.01}, {Suite: "boot", Target: "process", Unit: "boot-first-ns", Apart: 0.25},
		}}
	}
	h = build(t, worse, trend.Options{Metric: regexp.MustCompile("^Hello unikernel"), Floor: floor, Now: at})
	for _, s := range h.Series {
		want := map[string]trend.Number{"unikernel": 0.03, "unikernel/process": 0.75}[s.Of()]
		if !s.Exact && s.Unit == "boot-first-ns" && s.Min != want {
			t.Errorf("%s: a change counts from %v, want %v", s.Name(), s.Min, want)
		}
	}
}

// TestRatioGaps: a run without the base, or whose base measured nothing, has no ratio.
func TestRatioGaps(t *testing.T) {
	runs := made(3, 0.02, func(int, string, string) float64 { return 1 })
	for i := range runs[1].Trials {
		if runs[1].Trials[i].Target == "process" {
			runs[1].Trials[i].Status = record.Errored
		}
	}
	h := build(t, runs, trend.Options{Metric: regexp.MustCompile("^Hello unikernel/process")})
	if len(h.Series) != 1 || len(h.Series[0].Points) != 2 {
		t.Errorf("series %+v, want one with two points", h.Series)
	}
}

// TestSameCommit: what changes between two runs of one commit is not the code.
func TestSameCommit(t *testing.T) {
	runs := planted(30)
	for _, d := range runs {
		d.Run.Commit = commit(0)
	}
	h := build(t, runs, trend.Options{Metric: regexp.MustCompile("process boot")})
	if c := h.Series[0].Changes; len(c) != 1 || !c[0].SameCommit {
		t.Errorf("changes %+v, want one of the same commit", c)
	}
}

func TestGolden(t *testing.T) {
	h := build(t, planted(40), trend.Options{})
	each := build(t, planted(16), trend.Options{Metric: regexp.MustCompile("process boot-first-ns")})
	files := map[string]bytes.Buffer{}
	for _, f := range table.Formats() {
		var b bytes.Buffer
		use := h
		if f == table.JSON || f == table.CSV {
			use = each // the others would be long
		}
		if err := use.Write(&b, f, false); err != nil {
			t.Fatal(err)
		}
		files["planted."+string(f)] = b
	}
	var b bytes.Buffer
	if err := each.Write(&b, table.Text, false); err != nil {
		t.Fatal(err)
	}
	files["each.text"] = b
	for name, b := range files {
		tabletest.Golden(t, *update, name, b.Bytes())
	}
	var all bytes.Buffer
	if err := h.Write(&all, table.Text, true); err != nil || strings.Count(all.String(), "req/s") != 2 {
		t.Errorf("%v; with all, req/s must be there twice:\n%s", err, all.String())
	}
}
