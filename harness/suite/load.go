package suite

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"unibench/harness/loadgen"
	"unibench/harness/netlab"
	"unibench/harness/record"
)

// Load is what the load generator does to the server of a benchmark: its
// configuration but for what Config decides.
type Load struct {
	loadgen.Config
	Sweep bool // at each rate of Config.Sweep in turn
}

// serverAddr is where the system under test serves.
func serverAddr(port int) string {
	return netlab.SUT.Addr4().String() + ":" + strconv.Itoa(port)
}

// SLO is a latency objective: that quantile of the latency stays within Limit.
type SLO struct {
	Quantile string        `json:"quantile"` // p50, p90, p99 or p999
	Limit    time.Duration `json:"limit_ns"`
}

// quantiles are those of an SLO and the units that they are compared with.
func quantiles() []string { return []string{"p50", "p90", "p99", "p999"} }

// String returns the form of the command line.
func (s SLO) String() string { return s.Quantile + "=" + s.Limit.String() }

// met reports whether values keep the objective; without a value they do not.
func (s SLO) met(values map[string]float64) bool {
	v, ok := values[s.Quantile+"-lat-ns"]
	return ok && v <= float64(s.Limit)
}

// Durations of the parts of a trial that are not measured.
const (
	warmUp      = 40 * time.Millisecond  // before each period
	countPeriod = 100 * time.Millisecond // in which system calls are counted
	sweepShare  = 2                      // a step of a sweep is that much shorter than a period
)

// Limits of the generator that are not those of the contract; Suite.Remarks says
// why.
const (
	notHere    = 1e9 // never reached
	lateShare  = 0.5 // of the latency's 99th percentile that may be lag
	closedCPU  = 2   // never reached; warned of instead, beyond:
	busyLoad   = 0.7
	busyServer = 0.9
)

// resolve returns what the generator is to do in the measured part of a trial.
func (l *Load) resolve(c Config, seed uint64) loadgen.Config {
	g := l.Config
	if c.Load.Conns > 0 && g.Mode != loadgen.FirstResponse && g.Protocol != loadgen.Stream && g.Conns > 1 {
		g.Conns = c.Load.Conns
	}
	g.Warmup, g.Duration = loadgen.Duration(warmUp), loadgen.Duration(c.Load.Duration)
	switch {
	case l.Sweep:
		g.Rates = slices.Clone(c.Load.Sweep)
		g.Duration /= sweepShare
	case c.Load.Rate > 0 && g.Mode == loadgen.Closed && g.Protocol != loadgen.Stream:
		g.Mode, g.Rate = loadgen.Open, c.Load.Rate
	}
	switch g.Mode {
	case loadgen.Open:
		g.Arrivals = loadgen.Poisson
		g.Limits.Lag, g.Limits.Dispersion = notHere, notHere // see late
	case loadgen.Closed:
		g.Limits.CPU = closedCPU
	}
	g.WaitGo = g.Mode != loadgen.FirstResponse
	g.Seed = seed
	return g
}

// counting returns the configuration of the period in which system calls are
// counted: the same load, for a shorter time. Before a sweep, whose steps differ, it
// is a closed loop, to warm the server up.
func counting(g loadgen.Config) loadgen.Config {
	g.Duration = loadgen.Duration(countPeriod)
	if len(g.Rates) > 0 {
		g.Mode, g.Rates, g.Limits.CPU = loadgen.Closed, nil, closedCPU
	}
	return g
}

// params describe the load in the name of a benchmark.
func (l *Load) params(c Config) []record.Param {
	g := l.resolve(c, 1)
	out := []record.Param{{Key: "load", Value: string(g.Mode)}}
	if g.Mode == loadgen.FirstResponse {
		return nil
	}
	if g.Rate > 0 {
		out = append(out, record.Param{Key: "rate", Value: rateName(g.Rate)})
	}
	out = append(out, record.Param{Key: "conns", Value: strconv.Itoa(g.Conns)})
	if g.Depth > 1 {
		out = append(out, record.Param{Key: "depth", Value: strconv.Itoa(g.Depth)})
	}
	return out
}

// rateName writes a rate as 20k or 1500.
func rateName(rate float64) string {
	if k := rate / 1000; k == float64(int64(k)) {
		return fmt.Sprintf("%dk", int64(k))
	}
	return strconv.FormatFloat(rate, 'f', -1, 64)
}
