package compare_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"unibench/harness/compare"
	"unibench/harness/record"
	"unibench/harness/record/recordtest"
)

func TestMismatch(t *testing.T) {
	for _, c := range []struct {
		name string
		spec func(s *recordtest.Spec)
		data func(d *record.Data)
		rule string // with which it is allowed; empty: never
		want string
	}{
		{"suite", nil, func(d *record.Data) { d.Run.Suite = "net" }, "", "suites boot and net"},
		{"class", nil, func(d *record.Data) { d.Run.HostClass = "amd-16c" }, "", "host classes pvm-2c and amd-16c"},
		{"emulated", nil, func(d *record.Data) { d.Run.Keys.VMM = "tcg" }, "", "one emulates the processor"},
		{"monitor", nil, func(d *record.Data) { d.Run.Keys.VMM = "kvm-amd" }, "", "machine monitors kvm-pvm and kvm-amd"},
		{"processor", nil, func(d *record.Data) { d.Run.Keys.CPU = "Other" }, "", "processors Some CPU and Other"},
		{"version", nil, func(d *record.Data) { d.Run.SuiteVersion = "2" }, "version", "versions 1 and 2 of suite boot"},
		{"workload", nil, func(d *record.Data) { d.Run.WorkloadVersions = map[string]string{"hello": "2"} }, "version", "workload hello"},
		{"benchmark", func(s *recordtest.Spec) { s.Benchmarks = []string{"Hello"} }, nil, "benchmarks", "only the old run has benchmarks HelloFmt-1"},
		{"parameter", nil, func(d *record.Data) { d.Run.Benchmarks[1].Procs = 2 }, "benchmarks", "HelloFmt-1"},
		{"target", func(s *recordtest.Spec) { s.Targets = []string{"process", "unikernel", "container"} }, nil, "targets", "only the new run has targets container"},
		{"unit", func(s *recordtest.Spec) { s.Units = s.Units[:4] }, nil, "units", "only the old run has values of Hello on process: image-B"},
		{"direction", nil, func(d *record.Data) { d.Run.Units[2].Better = "higher" }, "units", "unit rss-B is declared in two ways"},
		{"one failed", func(s *recordtest.Spec) {
			s.Status = func(slot record.Slot) record.Status {
				if slot.Benchmark == "Hello" && slot.Target == "process" && slot.Block == 3 {
					return record.Errored
				}
				return record.Complete
			}
		}, nil, "failed", "the new run has 1 trials that do not count (error): Hello on process"},
		{"the load generator was the limit", func(s *recordtest.Spec) {
			s.Status = func(slot record.Slot) record.Status {
				if slot.Block == 3 {
					return record.GeneratorLimited
				}
				return record.Complete
			}
		}, nil, "failed", "the new run has 4 trials that do not count"},
		{"all failed", func(s *recordtest.Spec) {
			s.Status = func(slot record.Slot) record.Status {
				if slot.Benchmark == "Hello" && slot.Target == "process" {
					return record.Errored
				}
				return record.Complete
			}
		}, nil, "failed", "the new run has 10 trials that do not count (error): Hello on process"},
		{"interrupted", nil, func(d *record.Data) { d.Trials = d.Trials[:len(d.Trials)-1] }, "incomplete", "the new run was interrupted: 1 of 40 trials are missing"},
	} {
		old := spec(2, day(1), 0.005, nil).Data()
		s := spec(3, day(2), 0.005, nil)
		if c.spec != nil {
			c.spec(&s)
		}
		d := s.Data()
		if c.data != nil {
			c.data(d)
		}
		_, err := compare.New(old, d, compare.Options{Rounds: 50})
		var m *compare.Mismatch
		if !errors.As(err, &m) || m.Rule != c.rule || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want rule %q and %q", c.name, err, c.rule, c.want)
			continue
		}
		_, err = compare.New(old, d, compare.Options{Rounds: 50, Allow: compare.Rules()})
		if (err == nil) != (c.rule != "") {
			t.Errorf("%s: with everything allowed: %v", c.name, err)
		}
	}
}

func TestSameRun(t *testing.T) {
	d := spec(2, day(1), 0.005, nil).Data()
	if _, err := compare.New(d, d, compare.Options{}); err == nil || !strings.Contains(err.Error(), "same run") {
		t.Errorf("a run against itself: %v, which would always pass", err)
	}
}

func TestNoPrimary(t *testing.T) {
	o := compare.Options{Rounds: 50, Primary: regexp.MustCompile("nothing")}
	if _, err := compare.New(spec(2, day(1), 0, nil).Data(), spec(3, day(2), 0, nil).Data(), o); !errors.Is(err, compare.ErrNoPrimary) {
		t.Errorf("nothing to decide by: %v", err)
	}
}

// TestPrimaryOfEither: a unit that the new run no longer calls primary still decides,
// or a change could take itself out of the gate.
func TestPrimaryOfEither(t *testing.T) {
	next := spec(3, day(2), 0.005, factors{"Hello process boot-first-ns": 1.2}).Data()
	next.Run.Units[0].Primary = false
	r, err := compare.New(spec(2, day(1), 0.005, nil).Data(), next, compare.Options{Rounds: 50})
	if err != nil || r.Outcome() != compare.Worse {
		t.Errorf("outcome %v, %v; want worse", r.Outcome(), err)
	}
}
