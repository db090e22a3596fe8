package plot_test

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"strings"
	"testing"
	"time"

	"unibench/harness/hist"
	"unibench/harness/plot"
	"unibench/harness/record"
)

// netSample is a made-up run of two rates and a sweep. One target stops early in
// the sweep.
func netSample(n int) *record.Data {
	d := &record.Data{Run: record.Run{
		Suite: "net", HostClass: "pvm-2c", Start: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Seed: 42, Order: "random", Count: n,
		Targets: []string{"unikernel", "process"}, Base: "process",
		Benchmarks: []record.Benchmark{{Name: "Get", Procs: 1}, {Name: "Load", Procs: 1}},
		Units: []record.Unit{
			{Name: "req/s", Better: "higher", Primary: true, Doc: "answers a second"},
			{Name: "p50-lat-ns", Better: "lower"}, {Name: "p99-lat-ns", Better: "lower"}, {Name: "rss-B", Better: "lower"},
		},
	}}
	for block := range n {
		for i, target := range d.Run.Targets {
			scale := 1 + 0.01*float64(block)
			add := func(t record.Trial) {
				t.Block, t.Order, t.Target, t.Status, t.Iters = block, 2*i, target, record.Complete, 100
				d.Trials = append(d.Trials, t)
				d.Schedule = append(d.Schedule, t.Slot)
			}
			add(record.Trial{Slot: record.Slot{Benchmark: "Get"}, Values: map[string]float64{"req/s": []float64{4e4, 9e4}[i] * scale}})
			load := record.Trial{Slot: record.Slot{Benchmark: "Load", Order: 1}, Values: map[string]float64{"rss-B": 1e6}}
			for step := 1.0; step <= float64(3+i); step++ {
				load.Points = append(load.Points, record.Point{
					Params: []record.Param{{Key: "rate", Value: fmt.Sprintf("%.0fk", 10*step)}}, Offered: 1e4 * step, Iters: 10,
					Values: map[string]float64{"req/s": 1e4 * step, "p50-lat-ns": 2e4 * scale, "p99-lat-ns": 2e4 * math.Pow(10, step) * scale},
				})
			}
			add(load)
		}
	}
	return d
}

func curves() plot.Latencies {
	var out []plot.Curve
	for _, target := range []string{"process", "unikernel"} {
		c := plot.Curve{Target: target, Trials: 8, Count: 20000}
		for q, v := 0.0, 2e4; q < 0.99995; q, v = q+(1-q)/3, v*1.2 {
			c.Points = append(c.Points, hist.Point{Quantile: q, Value: v})
		}
		out = append(out, plot.Curve{Target: c.Target, Trials: 8, Count: c.Count, Points: append(c.Points, hist.Point{Quantile: 1, Value: 1e7})})
	}
	return plot.Latencies{"Get": out}
}

func TestNet(t *testing.T) {
	for _, n := range []int{1, 8} {
		d := netSample(n)
		figures, err := plot.All(d, reportOf(t, d), curves())
		if err != nil {
			t.Fatal(err)
		}
		want := map[string][]string{
			"net-ratios-forest":           {"Ratio to process [log scale]", "An interval that holds 1 shows no difference"},
			"net-req_s-bars":              {"Ratio to process", "process 9", "unikernel 4", "Get"},
			"net-get-req_s":               {"Answers a second"},
			"net-get-latency-ecdf":        {"Share of requests", "Latency [us, log scale]", "8 trials", "20000 requests"},
			"net-get-latency-percentiles": {"Percentile of requests", "99.9 %", "50 %", "Latency [ms, log scale]"},
			"net-load-sweep":              {"Offered rate, requests a second [kreq/s]", "Latency [ms, log scale]", "Open loop", "99th percentile"},
		}
		for _, f := range figures {
			svg := write(t, f, plot.SVG)
			all := strings.ReplaceAll(strings.Join(texts(t, svg), "\n"), "\n", " ")
			for _, s := range append(want[f.Name], "process", "unikernel", "seed 42") {
				if !strings.Contains(all, s) {
					t.Errorf("%s lacks the text %q: %s", f.Name, s, all)
				}
			}
			if _, ok := want[f.Name]; !ok {
				t.Errorf("a figure %s was not expected", f.Name)
			}
			delete(want, f.Name)
			if _, err := png.Decode(bytes.NewReader(write(t, f, plot.PNG))); err != nil {
				t.Error(err)
			}
		}
		for name := range want {
			t.Errorf("n = %d: no figure %s", n, name)
		}
	}
}

// TestSweepDrawsEveryStep takes a step away and misses its mark.
func TestSweepDrawsEveryStep(t *testing.T) {
	d := netSample(8)
	r := reportOf(t, d)
	f, err := plot.Sweep(d, r, r.Sweeps[0])
	if err != nil {
		t.Fatal(err)
	}
	svg := string(write(t, f, plot.SVG))
	full := strings.Count(svg, "<path d=\"M")
	// The other target keeps its step there, so the axes stay as they are.
	r.Sweeps[0].Steps = r.Sweeps[0].Steps[1:]
	if f, err = plot.Sweep(d, r, r.Sweeps[0]); err != nil {
		t.Fatal(err)
	}
	// A mark is a filled circle with a ring.
	if got := full - strings.Count(string(write(t, f, plot.SVG)), "<path d=\"M"); got < 2 {
		t.Errorf("without one step the figure has %d shapes less, want at least 2", got)
	}
}

func TestNetErrors(t *testing.T) {
	d := netSample(2)
	r := reportOf(t, d)
	if _, err := plot.Bars(d, r, "rss-B"); err != nil {
		t.Errorf("Bars of another unit = %v", err)
	}
	if _, err := plot.Bars(d, r, "B/op"); err == nil {
		t.Error("Bars of a unit that nothing measured succeeded")
	}
	for _, c := range [][]plot.Curve{{{Target: "process"}}, {{Target: "process", Points: []hist.Point{{Quantile: 1}}}}} {
		if _, err := plot.LatencyECDF(d, r, "Get", c); err == nil {
			t.Error("LatencyECDF without latencies succeeded")
		}
		if _, err := plot.Percentiles(d, r, "Get", c); err == nil {
			t.Error("Percentiles without latencies succeeded")
		}
	}
	s := r.Sweeps[0]
	s.Steps[0].Load = "rate=nothing"
	if _, err := plot.Sweep(d, r, s); err == nil {
		t.Error("Sweep with an unknown step succeeded")
	}
}
