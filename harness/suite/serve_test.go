package suite

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"unibench/harness/loadgen"
	"unibench/harness/netlab"
	"unibench/harness/record"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// TestMain lets the test binary be the load generator.
func TestMain(m *testing.M) {
	if os.Getenv("SUITE_TEST_GENERATOR") != "" {
		os.Exit(loadgen.Main(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// newServing is a trial without a world.
func newServing(t *testing.T) *serving {
	t.Helper()
	return &serving{
		Session: &Session{plan: &Plan{Config: netConfig(), env: testEnv(t)}}, config: loadgen.Config{Protocol: loadgen.HTTP, Mode: loadgen.Open},
		out: &trial.Outcome{Values: make(map[string]float64), Gaps: make(map[string]string)},
	}
}

// runNet runs one block of a suite on the process.
func runNet(t *testing.T, run string, change func(*Plan)) *record.Data {
	t.Helper()
	env := testEnv(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	env.Generator = []string{self}
	env.Runner.Env = append(os.Environ(), "SUITE_TEST_GENERATOR=1")
	c := netConfig()
	c.Run, c.Targets, c.Count, c.WarmUp, c.Timeout = run, []string{"process"}, 1, 0, 20*time.Second
	c.Load.Duration, c.Load.Sweep, c.Memory = 100*time.Millisecond, []float64{200, 400}, 64<<20
	c.Placement.SUT, c.Placement.Bench = env.CPUs, env.CPUs
	p, err := NewPlan(t.Context(), c, env, Origin{Start: time.Now(), Argv: []string{"bench"}, GoVersion: "go1.0"})
	if err != nil {
		t.Fatal(err)
	}
	change(p)
	return runReady(t, p, env)
}

// runReady runs a plan.
func runReady(t *testing.T, p *Plan, env *target.Env) *record.Data {
	t.Helper()
	before, err := Snapshot(env.Host)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(p, t.TempDir(), before)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Finish(env.Host, env.Host); err != nil {
		t.Fatal(err)
	}
	return s.Writer().Data()
}

func needNetworks(t *testing.T) {
	t.Helper()
	w, err := netlab.New(t.Context(), netlab.Config{Link: netlab.Veth})
	if errors.Is(err, netlab.ErrNotAllowed) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
}

// TestServe runs every kind of load once against the real workloads.
func TestServe(t *testing.T) {
	needNetworks(t)
	d := runNet(t, "^(TCPRoundTrip|UDPRate|StreamUp|HTTP1K|HTTPNewConn|KVSetP16|HTTPColdStart|HTTPLoad)$", func(*Plan) {})
	for _, tr := range d.Trials {
		if tr.Benchmark == "HTTPLoad" && tr.Status == record.GeneratorLimited || strings.Contains(tr.Error, "no request was answered") {
			// A server that does not answer at all fails otherwise.
			t.Logf("%s on a busy host: %s", tr.Benchmark, tr.Error)
			continue
		}
		if tr.Status != record.Complete {
			t.Errorf("%s: %s: %s", tr.Benchmark, tr.Status, tr.Error)
			continue
		}
		want := []string{"req/s", "p99-lat-ns", "cpu-ns/op", "machine-cpu-ns/op", "vmexits/op"}
		switch tr.Benchmark {
		case "StreamUp":
			want = []string{"goodput-B/s", "cpu-ns/op"}
		case "HTTPColdStart":
			want = []string{"boot-serve-ns"}
		case "HTTPLoad":
			want = []string{"rss-B"}
			if left := strings.Count(strings.Join(tr.Warnings, "\n"), "left out"); len(tr.Points)+left != 2 {
				t.Errorf("HTTPLoad: points %+v, warnings %q", tr.Points, tr.Warnings)
			}
		}
		for _, u := range append(want, "rss-B") {
			if _, ok := tr.Values[u]; !ok && os.Geteuid() == 0 {
				t.Errorf("%s: no %s in %v", tr.Benchmark, u, tr.Values)
			}
		}
		if tr.Benchmark != "HTTPColdStart" && tr.Iters < 2 {
			t.Errorf("%s: %d operations", tr.Benchmark, tr.Iters)
		}
		for _, u := range []string{"syscalls/op", "copied-B/op"} {
			_, value := tr.Values[u]
			_, gap := tr.Gaps[u]
			if loaded := !strings.HasPrefix(tr.Benchmark, "HTTPC") && tr.Benchmark != "HTTPLoad"; loaded && value == gap {
				t.Errorf("%s: %s has a value %v, a gap %v; want one of them", tr.Benchmark, u, value, gap)
			}
		}
	}
}

func find(name string) Benchmark {
	b, _ := net().Benchmark(name)
	return b
}

// TestServeFailures: a program that does not serve, and one that serves something
// else, fail their trials with the reason.
func TestServeFailures(t *testing.T) {
	needNetworks(t)
	for want, change := range map[string]func(*Plan){
		"ended before it was asked to": func(p *Plan) {
			p.programs[key{"echo", "process"}] = p.programs[key{"hello", "process"}]
		},
		"wrong": func(p *Plan) {
			b := p.Suite.Benchmarks[0]
			l := *b.Load
			body := "something else"
			l.Protocol, l.HTTP, l.Addr = loadgen.HTTP, &loadgen.HTTPConfig{Path: "/hello", Body: &body}, serverAddr(8080)
			b.Load = &l
			p.Suite.Benchmarks[0] = b
			p.programs[key{"echo", "process"}] = p.programs[key{"httpd", "process"}]
		},
	} {
		d := runNet(t, "^TCPRoundTrip$", func(p *Plan) {
			for _, w := range []Benchmark{boot().Benchmarks[0], find("HTTP1K")} {
				w.Workload.Name = strings.ToLower(w.Workload.Name)
				program, err := target.All(p.env)[1].Prepare(t.Context(), w.Workload)
				if err != nil {
					t.Fatal(err)
				}
				p.programs[key{w.Workload.Name, "process"}] = program
			}
			change(p)
		})
		if tr := d.Trials[0]; tr.Status != record.Errored || !strings.Contains(tr.Error, want) {
			t.Errorf("%s: %s, want an error with %q", tr.Status, tr.Error, want)
		}
	}
}
