package suite

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"unibench/harness/host"
	"unibench/harness/record"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// Config is everything that decides a run. It is stored with the results, and a
// resumed run takes it from there.
type Config struct {
	Suite     string         `json:"suite"`
	Run       string         `json:"run,omitempty"` // regular expression on benchmark names
	Targets   []string       `json:"targets"`
	Count     int            `json:"count"`
	WarmUp    int            `json:"warmup"`
	Seed      uint64         `json:"seed"`
	Order     string         `json:"order"`
	Placement host.Placement `json:"placement"`
	Runtime   string         `json:"runtime"`
	Memory    int64          `json:"memory_bytes"`
	Timeout   time.Duration  `json:"timeout_ns"`
	// Quiet is how long a trial waits at most until nobody else uses the core of its
	// processors: see trial.Quiet.
	Quiet time.Duration `json:"quiet_ns,omitempty"`

	Load LoadConfig `json:"load,omitzero"`

	// Baseline is the other build, where two are compared.
	Baseline *record.Baseline `json:"baseline,omitempty"`
	Layout   uint64           `json:"layout,omitempty"` // seed of the linker; 0: its own order
}

// arms is the number of targets with their other builds.
func (c Config) arms() int {
	if c.Baseline != nil {
		return 2 * len(c.Targets)
	}
	return len(c.Targets)
}

// LoadConfig is the part of Config for suites that put servers under load; Duration
// is for those that lead programs, too.
type LoadConfig struct {
	Duration time.Duration `json:"duration_ns"`        // of a measured period
	Conns    int           `json:"conns,omitempty"`    // of benchmarks with several; 0: what each says
	Rate     float64       `json:"rate_rps,omitempty"` // open loop at this rate in place of the closed one; 0: closed
	Sweep    []float64     `json:"sweep_rps,omitempty"`
	SLO      SLO           `json:"slo,omitzero"`
}

// Bounds of LoadConfig.
const (
	minDuration = 20 * time.Millisecond
	maxConns    = 10000
	maxRate     = 1e8
	maxSteps    = 64
)

func (c LoadConfig) checkDuration() error {
	if c.Duration < minDuration || c.Duration > time.Hour {
		return fmt.Errorf("-duration %v: want %v to 1h", c.Duration, minDuration)
	}
	return nil
}

func (c LoadConfig) check() error {
	switch {
	case c.Conns < 0 || c.Conns > maxConns:
		return fmt.Errorf("-conns %d: want 1 to %d", c.Conns, maxConns)
	case !(c.Rate >= 0 && c.Rate <= maxRate):
		return fmt.Errorf("-rate %v: want requests a second, at most %g", c.Rate, float64(maxRate))
	case len(c.Sweep) == 0 || len(c.Sweep) > maxSteps:
		return fmt.Errorf("-sweep: %d steps: want 1 to %d", len(c.Sweep), maxSteps)
	case !slices.Contains(quantiles(), c.SLO.Quantile) || c.SLO.Limit <= 0:
		return fmt.Errorf("-slo %v: want a quantile of %s and a time, such as p99=1ms", c.SLO, strings.Join(quantiles(), ", "))
	}
	for i, r := range c.Sweep {
		if !(r > 0 && r <= maxRate) || i > 0 && r <= c.Sweep[i-1] {
			return fmt.Errorf("-sweep: rates %v: want them to rise from above 0 to at most %g", c.Sweep, float64(maxRate))
		}
	}
	return nil
}

// ErrUsage marks requests that name something unknown or impossible.
var ErrUsage = errors.New("bad request")

// ErrNothing means that no target, or benchmark, that was asked for can run on this
// host.
var ErrNothing = errors.New("none of the targets can run on this host")

// Resolve checks c and returns the suite, reduced to the benchmarks asked for.
func (c Config) Resolve() (Suite, error) {
	s, ok := Find(c.Suite)
	if !ok {
		return Suite{}, fmt.Errorf("%w: unknown suite %q: choose one of %s", ErrUsage, c.Suite, strings.Join(Names(), ", "))
	}
	re, err := regexp.Compile(c.Run)
	if err != nil {
		return Suite{}, fmt.Errorf("%w: -run: %w", ErrUsage, err)
	}
	all := s.Benchmarks
	s.Benchmarks = nil
	var names []string
	for _, b := range all {
		names = append(names, b.Name)
		if re.MatchString(b.Name) {
			s.Benchmarks = append(s.Benchmarks, b)
		}
	}
	if len(s.Benchmarks) == 0 {
		return Suite{}, fmt.Errorf("%w: -run %q matches no benchmark of suite %s: it has %s", ErrUsage, c.Run, s.Name, strings.Join(names, ", "))
	}
	for i, t := range c.Targets {
		if !slices.Contains(target.Names(), t) {
			return Suite{}, fmt.Errorf("%w: unknown target %q: choose from %s", ErrUsage, t, strings.Join(target.Names(), ", "))
		}
		if slices.Contains(c.Targets[:i], t) {
			return Suite{}, fmt.Errorf("%w: target %s is named twice", ErrUsage, t)
		}
	}
	switch {
	case len(c.Targets) == 0:
		return Suite{}, fmt.Errorf("%w: no target named: choose from %s", ErrUsage, strings.Join(target.Names(), ", "))
	case c.Count < 1:
		return Suite{}, fmt.Errorf("%w: -count %d: want at least 1", ErrUsage, c.Count)
	case c.WarmUp < 0:
		return Suite{}, fmt.Errorf("%w: -warmup %d: want 0 or more", ErrUsage, c.WarmUp)
	case c.Quiet < 0 || c.Quiet > time.Hour:
		return Suite{}, fmt.Errorf("%w: -quiet %v: want 0 to 1h", ErrUsage, c.Quiet)
	case c.Timeout <= 0:
		return Suite{}, fmt.Errorf("%w: -timeout %v: want more than 0", ErrUsage, c.Timeout)
	case !slices.Contains(target.Runtimes(), c.Runtime):
		return Suite{}, fmt.Errorf("%w: unknown container runtime %q: choose one of %s", ErrUsage, c.Runtime, strings.Join(target.Runtimes(), ", "))
	case c.Order != trial.Random && c.Order != trial.ABBA:
		return Suite{}, fmt.Errorf("%w: unknown order %q: choose one of %s, %s", ErrUsage, c.Order, trial.Random, trial.ABBA)
	case c.Order == trial.ABBA && c.arms() != 2:
		return Suite{}, fmt.Errorf("%w: order abba is for two targets, not %d: name two with -targets, or one with -baseline", ErrUsage, c.arms())
	}
	if s.Loaded() || s.Leads() {
		if err := c.Load.checkDuration(); err != nil {
			return Suite{}, fmt.Errorf("%w: %w", ErrUsage, err)
		}
	}
	if s.Loaded() {
		if err := c.Load.check(); err != nil {
			return Suite{}, fmt.Errorf("%w: %w", ErrUsage, err)
		}
	}
	return s, nil
}
