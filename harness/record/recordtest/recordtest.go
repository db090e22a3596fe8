// Package recordtest makes up runs for the tests of packages that read results: in
// memory or as a folder, with values that the test decides. Only tests import it.
package recordtest

import (
	"math/rand/v2"
	"testing"
	"time"

	"unibench/harness/record"
)

// Spec describes a run. Zero fields have a plain default; Value has none.
type Spec struct {
	Suite      string // boot
	HostClass  string // pvm-2c
	VMM        string // kvm-pvm
	Version    string // of the suite
	Start      time.Time
	Commit     string
	Seed       uint64
	Count      int           // blocks: 10
	Every      time.Duration // from block to block: as long as the trials take
	Targets    []string      // process, unikernel; the first is the base
	Benchmarks []string      // Hello
	Units      []record.Unit // boot-first-ns, primary
	Config     string
	Baseline   *record.Baseline
	Canary     func(block int) time.Duration // nil: none is stored

	// Value is what a trial measures of a unit; without ok it has no value.
	Value func(s record.Slot, unit string, rng *rand.Rand) (v float64, ok bool)
	// Status is how a trial ended; nil: complete.
	Status func(s record.Slot) record.Status
}

// trialTime is how long every made-up trial takes.
const trialTime = 10 * time.Millisecond

func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// Data returns the run as Load would.
func (s Spec) Data() *record.Data {
	run := record.Run{
		Schema: record.SchemaVersion, Suite: or(s.Suite, "boot"), HostClass: or(s.HostClass, "pvm-2c"),
		SuiteVersion: or(s.Version, "1"), Commit: or(s.Commit, "0123456789abcdef0123456789abcdef01234567"),
		Start: or(s.Start, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), Argv: []string{"bench", "run"},
		Seed: or(s.Seed, 42), Order: "random", Count: or(s.Count, 10), Targets: s.Targets, Units: s.Units,
		Keys: record.Keys{GOOS: "linux", GOARCH: "amd64", CPU: "Some CPU", VMM: or(s.VMM, "kvm-pvm"), Go: "go1.26.8"},
	}
	run.Baseline = s.Baseline
	if s.Config != "" {
		run.Config = []byte(s.Config)
	}
	if run.Targets == nil {
		run.Targets = []string{"process", "unikernel"}
	}
	run.Base = run.Targets[0]
	if run.Units == nil {
		run.Units = []record.Unit{{Name: "boot-first-ns", Better: "lower", Primary: true}}
	}
	names := s.Benchmarks
	if names == nil {
		names = []string{"Hello"}
	}
	for _, name := range names {
		run.Benchmarks = append(run.Benchmarks, record.Benchmark{Name: name, Procs: 1})
	}
	d := &record.Data{Run: run}
	d.Host.Snapshots = []record.Snapshot{{When: "before", Host: []byte(`{}`)}}
	rng := rand.New(rand.NewPCG(run.Seed, 1))
	trials := time.Duration(len(names) * len(run.Targets))
	for block := range run.Count {
		at := run.Start.Add(time.Second + time.Duration(block)*or(s.Every, trials*trialTime))
		order := 0
		for _, b := range names {
			for _, target := range run.Targets {
				slot := record.Slot{Block: block, Order: order, Benchmark: b, Target: target}
				d.Schedule = append(d.Schedule, slot)
				t := s.trial(run.Units, slot, at.Add(time.Duration(order)*trialTime), rng)
				if s.Canary != nil && order == 0 {
					t.CanaryNS = s.Canary(block).Nanoseconds()
				}
				d.Trials = append(d.Trials, t)
				order++
			}
		}
	}
	return d
}

func (s Spec) trial(units []record.Unit, slot record.Slot, at time.Time, rng *rand.Rand) record.Trial {
	t := record.Trial{Slot: slot, Status: record.Complete, Start: at, WallNS: int64(trialTime), Iters: 1, Values: make(map[string]float64)}
	for _, u := range units {
		if v, ok := s.Value(slot, u.Name, rng); ok {
			t.Values[u.Name] = v
		}
	}
	if s.Status != nil {
		if status := s.Status(slot); status != record.Complete {
			t.Status, t.Error, t.Values = status, "made up", nil
		}
	}
	return t
}

// Store writes the run below root and returns its folder. Only trials before
// block stop are written, as if the run had been interrupted there; a negative
// stop means all, and seals the folder.
func (s Spec) Store(t testing.TB, root string, stop int) string {
	t.Helper()
	d := s.Data()
	w, err := record.Create(root, d.Run, d.Host.Snapshots[0], d.Schedule)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, trial := range d.Trials {
		if stop >= 0 && trial.Block >= stop {
			continue
		}
		if err := w.Append(trial); err != nil {
			t.Fatal(err)
		}
	}
	if stop < 0 {
		if err := w.Seal(); err != nil {
			t.Fatal(err)
		}
	}
	return w.Dir()
}
