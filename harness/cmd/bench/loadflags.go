package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"unibench/harness/suite"
)

// loadFlags are the flags for suites that put servers under load.
func loadFlags() []string { return []string{"duration", "conns", "rate", "sweep", "slo"} }

// load fills in what decides the load.
func (f *runFlags) load(c *suite.Config, s suite.Suite, d suite.Defaults) error {
	if !s.Loaded() {
		for _, name := range loadFlags() {
			if f.set[name] && !(name == "duration" && s.Leads()) {
				return usagef("-%s is for suites with a load, which %s is not", name, s.Name)
			}
		}
		c.Load.Duration = f.duration
		return nil
	}
	if f.set["conns"] && f.conns < 1 {
		return usagef("-conns %d: want at least 1", f.conns)
	}
	c.Load = suite.LoadConfig{Duration: f.duration, Conns: f.conns, Rate: f.rate, Sweep: d.Sweep, SLO: d.SLO}
	var err error
	if f.set["sweep"] {
		if c.Load.Sweep, err = parseSweep(f.sweep); err != nil {
			return usagef("-sweep: %v", err)
		}
	}
	if f.set["slo"] {
		if c.Load.SLO, err = parseSLO(f.slo); err != nil {
			return usagef("-slo: %v", err)
		}
	}
	return nil
}

// maxSteps bounds a sweep before its rates are made.
const maxSteps = 1000

// parseSweep reads from:to:steps, where rates may end in k or M.
func parseSweep(s string) ([]float64, error) {
	f := strings.Split(s, ":")
	if len(f) != 3 {
		return nil, fmt.Errorf("%q is not from:to:steps, such as 10k:110k:6", s)
	}
	from, err := parseRate(f[0])
	if err != nil {
		return nil, err
	}
	to, err := parseRate(f[1])
	if err != nil {
		return nil, err
	}
	steps, err := strconv.Atoi(f[2])
	if err != nil || steps < 2 || steps > maxSteps {
		return nil, fmt.Errorf("%q is not a number of steps from 2 to %d", f[2], maxSteps)
	}
	var out []float64
	for i := range steps {
		out = append(out, math.Round(from+(to-from)*float64(i)/float64(steps-1)))
	}
	return out, nil
}

func parseRate(s string) (float64, error) {
	digits, unit := s, 1.0
	if n := len(s); n > 0 {
		switch s[n-1] {
		case 'k':
			digits, unit = s[:n-1], 1e3
		case 'M':
			digits, unit = s[:n-1], 1e6
		}
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(v > 0) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%q is not a rate such as 20000 or 20k", s)
	}
	return v * unit, nil
}

// parseSLO reads quantile=time; suite.Config says which quantiles there are.
func parseSLO(s string) (suite.SLO, error) {
	q, limit, ok := strings.Cut(s, "=")
	d, err := time.ParseDuration(limit)
	if !ok || err != nil {
		return suite.SLO{}, fmt.Errorf("%q is not a quantile and a time, such as p99=1ms", s)
	}
	return suite.SLO{Quantile: q, Limit: d}, nil
}
