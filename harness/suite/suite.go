package suite

import (
	"unibench/harness/record"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// Suite is a set of benchmarks that share units.
type Suite struct {
	Name    string
	Doc     string
	Version string // changes when results are no longer comparable

	Benchmarks []Benchmark
	Units      []record.Unit
	Phases     []string

	// Values turns what was seen of one complete start into units and
	// phases. It leaves out what the target does not have.
	Values func(*target.Observation) (map[string]float64, []record.Phase)
	// ImageUnits name the units for the first and the second artefact of
	// a program: its image, and the same stripped.
	ImageUnits [2]string
}

// Benchmark is one workload with what is expected of it.
type Benchmark struct {
	target.Workload
	Doc    string
	Expect trial.Expect
}

// All lists the suites.
func All() []Suite { return []Suite{boot()} }

// Names lists the suites' names.
func Names() []string {
	var out []string
	for _, s := range All() {
		out = append(out, s.Name)
	}
	return out
}

// Find returns the suite called name.
func Find(name string) (Suite, bool) {
	for _, s := range All() {
		if s.Name == name {
			return s, true
		}
	}
	return Suite{}, false
}

// Benchmark returns the benchmark called name.
func (s Suite) Benchmark(name string) (Benchmark, bool) {
	for _, b := range s.Benchmarks {
		if b.Name == name {
			return b, true
		}
	}
	return Benchmark{}, false
}
