package plot_test

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"unibench/harness/plot"
	"unibench/harness/record"
	"unibench/harness/report"
)

var keep = flag.String("keep", "", "also write every figure into this folder, for a look")

// sample is a made-up boot run: three targets, n blocks, full phases for the
// unikernel, a failed trial, a skipped target.
func sample(n int, spread float64) *record.Data {
	d := &record.Data{Run: record.Run{
		Suite: "boot", HostClass: "pvm-2c", Start: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Commit: "0123456789abcdef0123456789abcdef01234567", Seed: 42, Order: "random", Count: n, WarmUp: 1,
		Targets: []string{"unikernel", "process", "container"}, Base: "process",
		Skipped:    []record.Skip{{Target: "firecracker", Reason: "not installed"}},
		Benchmarks: []record.Benchmark{{Name: "Hello", Procs: 1}},
		Units: []record.Unit{
			{Name: "boot-first-ns", Better: "lower", Primary: true, Doc: "start of exec to first output byte, R&D <host side>"},
			{Name: "image-B", Better: "lower", Exact: true},
		},
		Phases:   []string{"exec", "first-run", "guest-entry", "main", "first-output", "end"},
		Keys:     record.Keys{CPU: "Some CPU @ 2.60GHz", VMM: "kvm-pvm", Go: "go1.26.8"},
		Estimate: "nested virtualisation on a shared host",
	}}
	rng := rand.New(rand.NewPCG(5, 5))
	for block := range n + 1 {
		for i, target := range d.Run.Targets {
			ns := []float64{3.1e6, 1.0e6, 5.3e6 * spread}[i] * (1 + 0.08*rng.ExpFloat64())
			t := record.Trial{
				Slot:   record.Slot{Block: block, Order: i, Benchmark: "Hello", Target: target, WarmUp: block == 0},
				Status: record.Complete, Iters: 1,
				Values: map[string]float64{"boot-first-ns": math.Round(ns), "image-B": 1.2e6},
				Phases: []record.Phase{{Name: "exec"}, {Name: "first-output", AtNS: int64(ns)}, {Name: "end", AtNS: int64(ns * 1.1)}},
			}
			if i == 0 {
				t.Phases = append(t.Phases, record.Phase{Name: "first-run", AtNS: int64(ns * .4)},
					record.Phase{Name: "guest-entry", AtNS: int64(ns * .5)}, record.Phase{Name: "main", AtNS: int64(ns * .95)})
			}
			if i == 2 && block == 3 {
				t = record.Trial{Slot: t.Slot, Status: record.TimedOut, Error: "no output"}
			}
			d.Trials = append(d.Trials, t)
			d.Schedule = append(d.Schedule, t.Slot)
		}
	}
	return d
}

func reportOf(t *testing.T, d *record.Data) *report.Report {
	t.Helper()
	r, err := report.New(d, report.Options{Rounds: 200})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func write(t *testing.T, f *plot.Figure, format plot.Format) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b, format); err != nil {
		t.Fatal(err)
	}
	if dir := *keep; dir != "" {
		name := strings.ReplaceAll(t.Name(), "/", "_") + "-" + f.Name + "." + string(format)
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// texts returns the texts of an SVG, and fails when it is not well formed.
func texts(t *testing.T, svg []byte) []string {
	t.Helper()
	var out []string
	dec := xml.NewDecoder(bytes.NewReader(svg))
	inText := false
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatalf("SVG is not well formed: %v", err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			inText = e.Name.Local == "text"
		case xml.EndElement:
			inText = false
		case xml.CharData:
			if inText {
				out = append(out, string(e))
			}
		}
	}
}

func TestAll(t *testing.T) {
	for name, d := range map[string]*record.Data{
		"linear": sample(10, 1), "log": sample(20, 40), "few": sample(2, 1), "many": sample(200, 1),
	} {
		t.Run(name, func(t *testing.T) {
			r := reportOf(t, d)
			figures, err := plot.All(d, r, nil)
			if err != nil {
				t.Fatal(err)
			}
			ecdf, err := plot.ECDF(d, r, "Hello", "boot-first-ns", plot.Auto)
			if err != nil {
				t.Fatal(err)
			}
			if len(figures) != 3 {
				t.Fatalf("All gave %d figures, want a forest plot, a strip and phases", len(figures))
			}
			for _, f := range append(figures[1:], ecdf) {
				svg := write(t, f, plot.SVG)
				all := strings.Join(texts(t, svg), "\n")
				for _, want := range append([]string{"pvm-2c", "n = ", "seed 42", "Estimate", "container timeout (1)", "firecracker skipped"}, d.Run.Targets...) {
					if name == "few" && strings.Contains(want, "timeout") {
						continue // only two blocks, none of them the failed one
					}
					if !strings.Contains(strings.ReplaceAll(all, "\n", " "), want) {
						t.Errorf("%s lacks the text %q:\n%s", f.Name, want, all)
					}
				}
				if i := bytes.IndexFunc(svg, func(r rune) bool { return r >= 0x80 }); i >= 0 {
					t.Errorf("%s: byte %d is not ASCII", f.Name, i)
				}
				img, err := png.Decode(bytes.NewReader(write(t, f, plot.PNG)))
				if err != nil {
					t.Fatal(err)
				}
				if b := img.Bounds(); b.Dx() != 900 || b.Dy() != 520 {
					t.Errorf("%s is %dx%d pixels, want 900x520", f.Name, b.Dx(), b.Dy())
				}
			}
		})
	}
}

// TestEverySample counts the points of a strip: none is left out.
func TestEverySample(t *testing.T) {
	for _, n := range []int{1, 10, 37} {
		d := sample(n, 1)
		f, err := plot.Strip(d, reportOf(t, d), "Hello", "boot-first-ns", plot.Linear)
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for _, target := range d.Run.Targets {
			want += len(d.Measured("Hello", target))
		}
		svg := string(write(t, f, plot.SVG))
		// A point is the only filled shape with three quarters of cover.
		if got := strings.Count(svg, "fill-opacity:0.74"); got != want {
			t.Errorf("n = %d: %d points drawn, want %d", n, got, want)
		}
	}
}

// TestSameBytes draws twice from the same data, and once with another seed.
func TestSameBytes(t *testing.T) {
	d := sample(10, 1)
	draw := func() string {
		f, err := plot.Strip(d, reportOf(t, d), "Hello", "boot-first-ns", plot.Auto)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s%s", write(t, f, plot.SVG), write(t, f, plot.PNG))
	}
	a, b := draw(), draw()
	if a != b {
		t.Error("the same folder gave different figures")
	}
	d.Run.Seed = 43
	if c := draw(); a == c {
		t.Error("another seed gave the same jitter")
	}
}

func TestNothingToDraw(t *testing.T) {
	d := sample(10, 1)
	r := reportOf(t, d)
	if _, err := plot.Strip(d, r, "Hello", "p99-lat-ns", plot.Auto); err == nil {
		t.Error("Strip of an unknown unit succeeded")
	}
	if _, err := plot.ECDF(d, r, "Bye", "boot-first-ns", plot.Auto); err == nil {
		t.Error("ECDF of an unknown benchmark succeeded")
	}
	if _, err := plot.Phases(d, r, "Bye"); err == nil {
		t.Error("Phases of an unknown benchmark succeeded")
	}
	d.Trials = nil
	if fs, err := plot.All(d, reportOf(t, d), nil); err != nil || len(fs) != 0 {
		t.Errorf("All of an empty run = %v, %v, want nothing", fs, err)
	}
	f, err := plot.Strip(sample(3, 1), r, "Hello", "image-B", plot.Log)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(io.Discard, "gif"); err == nil || !strings.Contains(err.Error(), "svg") {
		t.Errorf("Write(gif) = %v, want an error that names the formats", err)
	}
}
