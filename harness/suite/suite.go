package suite

import (
	"slices"
	"time"

	"unibench/harness/record"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// Suite is a set of benchmarks that share units.
type Suite struct {
	Name    string
	Doc     string
	Version string // changes when results are no longer comparable
	Time    string // how long a run takes by default, in words

	Benchmarks []Benchmark
	Units      []record.Unit
	Phases     []string
	Remarks    []string // on how it measures, for readers of its tables
	Aims       []record.Aim

	// Defaults are used for what is not asked for, Short in their place for
	// a quick look, as far as it says anything.
	Defaults Defaults
	Short    Defaults
	// Gate is used in their place where two builds are compared, see Gated.
	Gate Defaults

	// Values turns what was seen of one complete start into units and
	// phases. It leaves out what the target does not have. Nil for suites whose
	// programs do not end by themselves.
	Values func(*target.Observation) (map[string]float64, []record.Phase)
	// ImageUnits name the units for the first and the second artefact of
	// a program: its image, and the same stripped.
	ImageUnits [2]string
}

// Benchmark is one workload with what is done to it and expected of it.
type Benchmark struct {
	Name     string // unique in the suite: Hello
	Workload target.Workload
	Doc      string
	Expect   trial.Expect
	Load     *Load    // nil for programs that are no servers
	Led      *Leading // nil for programs that are not led
	Pair     *Pair    // of a benchmark that is led in two states, in a start each
	Crowd    *Crowd   // of a benchmark of many instances at once
}

// Starts is how many programs a trial starts.
func (b Benchmark) Starts() int {
	switch {
	case b.Crowd != nil:
		return b.Crowd.Instances
	case b.Pair != nil:
		return 2
	}
	return 1
}

// workloads are those that a trial starts.
func (b Benchmark) workloads() []target.Workload {
	if b.Pair == nil {
		return []target.Workload{b.Workload}
	}
	return []target.Workload{b.Pair.First.workload, b.Pair.Second.workload}
}

// Defaults are what a run of a suite uses unless asked otherwise; a zero value
// says nothing.
type Defaults struct {
	Count, WarmUp int
	Run           string
	Targets       []string
	MemoryBytes   int64 // of every target that can be limited
	Timeout       time.Duration

	// For suites with a load, or whose programs are led.
	Duration time.Duration

	// For suites with a load.
	Sweep []float64
	SLO   SLO
}

// For returns the defaults of a run, short or not.
func (s Suite) For(short bool) Defaults {
	d := s.Defaults
	if !short {
		return d
	}
	def(&d.Count, s.Short.Count)
	def(&d.WarmUp, s.Short.WarmUp)
	def(&d.Run, s.Short.Run)
	def(&d.MemoryBytes, s.Short.MemoryBytes)
	def(&d.Timeout, s.Short.Timeout)
	def(&d.Duration, s.Short.Duration)
	def(&d.SLO, s.Short.SLO)
	if len(s.Short.Targets) > 0 {
		d.Targets = s.Short.Targets
	}
	if len(s.Short.Sweep) > 0 {
		d.Sweep = s.Short.Sweep
	}
	return d
}

// Gated returns the defaults of a comparison of two builds: of the paths that must not
// become slower, so many trials that a few per cent show on a host that is not quiet.
func (s Suite) Gated() Defaults {
	d := s.Defaults
	def(&d.Count, s.Gate.Count)
	def(&d.Run, s.Gate.Run)
	def(&d.Duration, s.Gate.Duration)
	return d
}

// def sets a value that is given.
func def[T comparable](v *T, given T) {
	var zero T
	if given != zero {
		*v = given
	}
}

// Loaded reports whether the suite puts servers under load.
func (s Suite) Loaded() bool {
	return slices.ContainsFunc(s.Benchmarks, func(b Benchmark) bool { return b.Load != nil })
}

// Leads reports whether the suite leads programs.
func (s Suite) Leads() bool {
	return slices.ContainsFunc(s.Benchmarks, func(b Benchmark) bool { return b.Led != nil })
}

// kind is the kind of the suite's programs.
func (s Suite) kind() target.Kind {
	switch {
	case s.Loaded():
		return target.Serving
	case s.Leads():
		return target.Led
	}
	return target.Ending
}

// All lists the suites.
func All() []Suite { return []Suite{boot(), net(), syscalls(), pairs()} }

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
