package suite

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"unibench/baselines/counters"
	"unibench/harness/hist"
	"unibench/harness/loadgen"
	"unibench/harness/record"
	"unibench/libos/monitor"
)

func netConfig() Config {
	c := config()
	s := net()
	c.Suite, c.Load = "net", LoadConfig{Duration: s.Defaults.Duration, Sweep: s.Defaults.Sweep, SLO: s.Defaults.SLO}
	return c
}

// TestNetLoads: whatever is asked for, the generator takes what it is given.
func TestNetLoads(t *testing.T) {
	for name, change := range map[string]func(*LoadConfig){
		"default": func(*LoadConfig) {}, "conns": func(c *LoadConfig) { c.Conns = 100 },
		"rate": func(c *LoadConfig) { c.Rate = 20000 }, "long": func(c *LoadConfig) { c.Duration = time.Minute },
	} {
		c := netConfig()
		change(&c.Load)
		s, err := c.Resolve()
		if err != nil {
			t.Errorf("%s: Resolve = %v", name, err)
		}
		for _, b := range s.Benchmarks {
			for _, g := range []loadgen.Config{b.Load.resolve(c, 7), counting(b.Load.resolve(c, 7))} {
				g.Defaults()
				if err := g.Validate(); err != nil {
					t.Errorf("%s: %s: %v", name, b.Name, err)
				}
				if !b.Workload.Server || !strings.HasSuffix(strings.Join(b.Workload.Args, " "), g.Addr) {
					t.Errorf("%s: %s: server %v listens with %v, load goes to %s", name, b.Name, b.Workload.Server, b.Workload.Args, g.Addr)
				}
			}
		}
	}
}

func TestLoadParams(t *testing.T) {
	s := net()
	tests := []struct {
		bench  string
		change func(*LoadConfig)
		want   string
	}{
		{"HTTPKeepAlive", func(*LoadConfig) {}, "load=closed conns=32"},
		{"HTTPKeepAlive", func(c *LoadConfig) { c.Conns = 5 }, "load=closed conns=5"},
		{"HTTPKeepAlive", func(c *LoadConfig) { c.Rate = 20000 }, "load=open rate=20k conns=32"},
		{"TCPRoundTrip", func(c *LoadConfig) { c.Conns = 5 }, "load=closed conns=1"},
		{"StreamUp", func(c *LoadConfig) { c.Rate = 20000 }, "load=closed conns=1"},
		{"KVSetP16", func(*LoadConfig) {}, "load=closed conns=32 depth=16"},
		{"HTTPLoad", func(*LoadConfig) {}, "load=open conns=32"},
		{"HTTPColdStart", func(*LoadConfig) {}, ""},
	}
	for _, tt := range tests {
		c := netConfig()
		tt.change(&c.Load)
		b, _ := s.Benchmark(tt.bench)
		var got []string
		for _, p := range b.Load.params(c) {
			got = append(got, p.Key+"="+p.Value)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: %q, want %q", tt.bench, s, tt.want)
		}
	}
}

func TestLoadConfigErrors(t *testing.T) {
	for want, change := range map[string]func(*LoadConfig){
		"-duration": func(c *LoadConfig) { c.Duration = 0 },
		"-conns":    func(c *LoadConfig) { c.Conns = -1 },
		"-rate":     func(c *LoadConfig) { c.Rate = math.NaN() },
		"-sweep":    func(c *LoadConfig) { c.Sweep = nil },
		"to rise":   func(c *LoadConfig) { c.Sweep = []float64{2, 1} },
		"-slo":      func(c *LoadConfig) { c.SLO.Limit = 0 },
	} {
		c := netConfig()
		change(&c.Load)
		if _, err := c.Resolve(); !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("Resolve = %v, want ErrUsage with %q", err, want)
		}
	}
	c := config() // no load, and none asked for
	if _, err := c.Resolve(); err != nil {
		t.Errorf("Resolve of a suite without load = %v", err)
	}
}

// TestCosts divides differences of counters by operations.
func TestCosts(t *testing.T) {
	period := func() measured {
		return measured{
			trial:  loadgen.Trial{Requests: 10, BytesIn: 3 * streamOp, BytesOut: streamOp, StartNS: 0, EndNS: int64(time.Microsecond)},
			before: sample{server: counters.Reading{CPU: 100, Voluntary: 1, ReadBytes: 5}},
			after: sample{
				server: counters.Reading{CPU: 600, Voluntary: 4, Involuntary: 2, ReadBytes: 65, WrittenBytes: 40},
				gen:    counters.Reading{CPU: 70}, machine: counters.Busy{Total: 1000},
			},
		}
	}
	linux := map[string]float64{
		"cpu-ns/op": 50, "machine-cpu-ns/op": 100, "gen-cpu-ns/op": 7, "ctxsw/op": 0.5, "vmexits/op": 0, "kicks/op": 0, "copied-B/op": 10, "link-copied-B/op": 0,
	}
	without := func(m map[string]float64, units ...string) map[string]float64 {
		out := make(map[string]float64)
		for k, v := range m {
			out[k] = v
		}
		for _, u := range units {
			delete(out, u)
		}
		return out
	}
	tests := []struct {
		name     string
		protocol loadgen.Protocol
		change   func(*measured)
		values   map[string]float64
		gaps     []string
	}{
		{"tcp", loadgen.TCPEcho, func(*measured) {}, linux, nil},
		{"udp", loadgen.UDPEcho, func(*measured) {}, without(linux, "copied-B/op"), []string{"copied-B/op"}},
		{"no task statistics", loadgen.HTTP, func(m *measured) { m.after.server.Switches = errors.New("no") }, without(linux, "ctxsw/op"), []string{"ctxsw/op"}},
		{"wrong processes", loadgen.HTTP, func(m *measured) { m.after.server = m.before.server }, map[string]float64{}, []string{"copied-B/op", "cpu-ns/op", "ctxsw/op"}},
		{"unikernel", loadgen.HTTP, func(m *measured) {
			m.before.monitor = &monitor.Stats{VMExits: 100, Net: &monitor.NetStats{RxBytes: 50}}
			m.after.monitor = &monitor.Stats{VMExits: 105, Net: &monitor.NetStats{RxBytes: 70, TxBytes: 40, GuestNotified: 20, GuestCopiedIn: 20, GuestCopiedOut: 10}}
		}, map[string]float64{
			"cpu-ns/op": 50, "machine-cpu-ns/op": 100, "gen-cpu-ns/op": 7, "ctxsw/op": 0.5, "vmexits/op": 0.5, "kicks/op": 2, "copied-B/op": 3, "link-copied-B/op": 6,
		}, nil},
		{"unikernel without device", loadgen.HTTP, func(m *measured) {
			m.before.monitor, m.after.monitor = &monitor.Stats{}, &monitor.Stats{VMExits: 5}
		}, map[string]float64{
			"cpu-ns/op": 50, "machine-cpu-ns/op": 100, "gen-cpu-ns/op": 7, "ctxsw/op": 0.5, "vmexits/op": 0.5,
		}, []string{"copied-B/op", "kicks/op", "link-copied-B/op"}},
	}
	units := make(map[string]bool)
	for _, u := range net().Units {
		units[u.Name] = true
	}
	for _, tt := range tests {
		m := period()
		tt.change(&m)
		values, gaps := m.costs(tt.protocol)
		if d := cmp.Diff(tt.values, values); d != "" {
			t.Errorf("%s: values (-want +got):\n%s", tt.name, d)
		}
		if len(gaps) != len(tt.gaps) {
			t.Errorf("%s: gaps %v, want %v", tt.name, gaps, tt.gaps)
		}
		for _, u := range tt.gaps {
			if gaps[u] == "" {
				t.Errorf("%s: no reason for the gap %s", tt.name, u)
			}
		}
		for u := range values {
			if !units[u] {
				t.Errorf("unit %s is not one of the suite", u)
			}
		}
	}
	if m := period(); ops(loadgen.Stream, &m.trial) != 4 || m.busy(2) != 0.25 {
		t.Errorf("ops = %v, busy = %v; want 4 and 0.25", ops(loadgen.Stream, &m.trial), m.busy(2))
	}
}

func TestJudge(t *testing.T) {
	tests := []struct {
		name    string
		trials  []loadgen.Trial
		limited string
		err     string
	}{
		{"complete", []loadgen.Trial{{Status: record.Complete}}, "", ""},
		{"limited", []loadgen.Trial{{Status: record.GeneratorLimited, Reason: "late"}}, "late", ""},
		{"saturated", []loadgen.Trial{{Status: record.TimedOut, Saturated: true}}, "", ""},
		{"lag", []loadgen.Trial{{Status: record.Complete, Lag: &loadgen.Histogram{P99: 40}, Corrected: &loadgen.Histogram{P99: 80}}}, "", ""},
		{"too much lag", []loadgen.Trial{{Status: record.Complete, Lag: &loadgen.Histogram{P99: 41}, Corrected: &loadgen.Histogram{P99: 80}}},
			"the generator was late: schedule lag p99 41 ns is above 50 % of the latency's p99 of 80 ns", ""},
		{"no answer", []loadgen.Trial{{Status: record.TimedOut, Reason: "silence"}}, "", "silence"},
		{"wrong answer", []loadgen.Trial{{Status: record.Complete}, {Status: record.Errored, Reason: "wrong"}}, "", "wrong"},
		{"not warm", []loadgen.Trial{{Status: record.NotWarm, Reason: "cold"}}, "", "cold"},
		{"never began", nil, "", "refused"},
	}
	for _, tt := range tests {
		limited, err := judge(&loadgen.Result{Status: record.Errored, Reason: "refused", Trials: tt.trials})
		if limited != tt.limited || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: judge = %q, %v; want %q, %q", tt.name, limited, err, tt.limited, tt.err)
		}
	}
}

func TestParseResult(t *testing.T) {
	r, err := parseResult([]byte("ready 1\nmeasure 0 2\nresult {\"status\":\"C\",\"trials\":[{\"requests\":7}]}\n"), nil)
	if err != nil || r.Status != record.Complete || r.Trials[0].Requests != 7 {
		t.Errorf("parseResult = %+v, %v", r, err)
	}
	for text, want := range map[string]string{
		"": "no result", "ready 1\n": "no result", "result {\"status\":": "no result", "result x\n": "invalid character", "error bad rate\n": "bad rate",
	} {
		if r, err := parseResult([]byte(text), []byte("panic: at the disco")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseResult(%q) = %v, %v; want %q", text, r, err, want)
		}
	}
}

func FuzzParseResult(f *testing.F) {
	f.Add("ready 1\nresult {\"status\":\"C\"}\n")
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := parseResult([]byte(text), nil); (r == nil) == (err == nil) {
			t.Errorf("parseResult = %v, %v", r, err)
		}
	})
}

// TestSweep: the highest rate that the server held is found from what it did at
// each, and not guessed where the generator was late.
func TestSweep(t *testing.T) {
	const slow, fast = 50_000_000, 1000
	step := func(rate float64, p99 int64, change ...func(*loadgen.Trial)) measured {
		m := measured{trial: loadgen.Trial{
			Status: record.Complete, Offered: rate, Rate: rate, Requests: 10, Achieved: 1, Corrected: &loadgen.Histogram{P50: p99 / 2, P99: p99},
		}, after: sample{server: counters.Reading{CPU: 1}}}
		for _, f := range change {
			f(&m.trial)
		}
		return m
	}
	late := func(t *loadgen.Trial) { t.Status, t.Reason = record.GeneratorLimited, "late" }
	full := func(t *loadgen.Trial) { t.Status, t.Saturated, t.Achieved = record.TimedOut, true, 0.5 }
	lateAndFull := func(t *loadgen.Trial) { late(t); t.Achieved = 0.5 }
	tests := []struct {
		name   string
		steps  []measured
		slo    float64 // -1: not known
		points int
	}{
		{"holds", []measured{step(1e4, fast), step(2e4, fast), step(3e4, slow)}, 2e4, 3},
		{"nothing holds", []measured{step(1e4, slow)}, 0, 1},
		{"saturated", []measured{step(1e4, fast), step(2e4, fast, full)}, 1e4, 2},
		{"saturated, generator late", []measured{step(1e4, fast), step(2e4, fast, lateAndFull)}, 1e4, 2},
		{"no return", []measured{step(1e4, fast), step(2e4, slow), step(3e4, fast)}, 1e4, 3},
		{"late below what holds", []measured{step(1e4, fast, late), step(2e4, fast)}, 2e4, 1},
		{"late where it matters", []measured{step(1e4, fast), step(2e4, fast, late), step(3e4, slow)}, -1, 2},
		{"late after all", []measured{step(1e4, slow), step(2e4, fast, late)}, 0, 1},
	}
	for _, tt := range tests {
		v := newServing(t)
		if err := v.sweep(tt.steps); err != nil {
			t.Fatal(err)
		}
		got, known := v.out.Values["slo-req/s"]
		if !known {
			got = -1
		}
		if known == (v.out.Gaps["slo-req/s"] != "") || got != tt.slo || len(v.out.Points) != tt.points {
			t.Errorf("%s: %v requests a second, gaps %v, %d points; want %v, %d points", tt.name, got, v.out.Gaps, len(v.out.Points), tt.slo, tt.points)
		}
	}
}

func TestIntervals(t *testing.T) {
	r := &loadgen.Result{Trials: []loadgen.Trial{
		{Offered: 2e4, StartNS: 0, EndNS: 5e8, Corrected: &loadgen.Histogram{Max: 9, HDR: "a"}, Lag: &loadgen.Histogram{HDR: "b"}},
		{Offered: 3e4, StartNS: 7e8, EndNS: 9e8, Uncorrected: &loadgen.Histogram{HDR: "c"}},
	}}
	want := []hist.Interval{
		{Tag: "corrected-rate=20k", Seconds: 0.5, MaxNS: 9, HDR: "a"}, {Tag: "lag-rate=20k", Seconds: 0.5, HDR: "b"},
		{Tag: "uncorrected-rate=30k", Start: 0.5, Seconds: 0.2, HDR: "c"},
	}
	if d := cmp.Diff(want, intervals(r)); d != "" {
		t.Errorf("intervals (-want +got):\n%s", d)
	}
}
