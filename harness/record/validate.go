package record

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/perf/benchunit"
)

var (
	// pathPart is what a suite, host class or commit may look like: it
	// becomes part of a path and of a .bench file key.
	pathPart = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)
	// namePart is what a benchmark's name, a target or a parameter may look
	// like: the .bench format splits names at '/', '=', '-' and spaces.
	// A target may end with BaselineSuffix.
	namePart  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:+-]*$`)
	benchName = regexp.MustCompile(`^[A-Z0-9][A-Za-z0-9_.+]*$`)
	unitName  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9/_.*-]*$`)
)

// Validate reports the first thing in r that the layout cannot hold.
func (r *Run) Validate() error {
	for _, p := range [][2]string{{"suite", r.Suite}, {"host class", r.HostClass}} {
		if !pathPart.MatchString(p[1]) {
			return fmt.Errorf("%s %q: want lower-case letters, digits, dots, dashes", p[0], p[1])
		}
	}
	if r.Commit != "" && !pathPart.MatchString(r.Commit) {
		return fmt.Errorf("commit %q: want hex digits", r.Commit)
	}
	if r.Start.IsZero() {
		return fmt.Errorf("start time is not set")
	}
	if err := r.validateMatrix(); err != nil {
		return err
	}
	if err := r.validateUnits(); err != nil {
		return err
	}
	for i, p := range r.Phases {
		if p == "" || slices.Contains(r.Phases[:i], p) {
			return fmt.Errorf("phase %q: empty or listed twice", p)
		}
	}
	for _, v := range r.FileKeys() {
		if strings.ContainsAny(v[1], "\r\n") || !plain(v[1]) {
			return fmt.Errorf("file key %s: %q has control characters", v[0], v[1])
		}
	}
	return nil
}

func (r *Run) validateMatrix() error {
	if len(r.Targets) == 0 || len(r.Benchmarks) == 0 {
		return fmt.Errorf("no targets or no benchmarks to run")
	}
	for i, t := range r.Targets {
		if name, _ := SplitArm(t); !namePart.MatchString(name) || slices.Contains(r.Targets[:i], t) {
			return fmt.Errorf("target %q: not a plain name, or listed twice", t)
		}
	}
	if !slices.Contains(r.Targets, r.Base) {
		return fmt.Errorf("base %q is not one of the targets %v", r.Base, r.Targets)
	}
	if err := r.validateArms(); err != nil {
		return err
	}
	for i, b := range r.Benchmarks {
		if !benchName.MatchString(b.Name) {
			return fmt.Errorf("benchmark %q: want a name such as Hello", b.Name)
		}
		if b.Procs < 1 {
			return fmt.Errorf("benchmark %s: %d vCPUs", b.Name, b.Procs)
		}
		for _, o := range r.Benchmarks[:i] {
			if o.Name == b.Name {
				return fmt.Errorf("benchmark %s: listed twice", b.Name)
			}
		}
		for _, p := range b.Params {
			if !p.plain() {
				return fmt.Errorf("benchmark %s: parameter %s=%s is not plain", b.Name, p.Key, p.Value)
			}
		}
	}
	return nil
}

// validateArms checks that targets of the other build have one to compare with.
func (r *Run) validateArms() error {
	for _, t := range r.Targets {
		name, other := SplitArm(t)
		switch {
		case other && r.Baseline == nil:
			return fmt.Errorf("target %s: the run does not say what its baseline is", t)
		case other && !slices.Contains(r.Targets, name):
			return fmt.Errorf("target %s: there is no %s beside it", t, name)
		case !other && r.Baseline != nil && !slices.Contains(r.Targets, t+BaselineSuffix):
			return fmt.Errorf("target %s: there is no %s beside it", t, t+BaselineSuffix)
		}
	}
	return nil
}

func (r *Run) validateUnits() error {
	tidy := make(map[string]string)
	for _, u := range r.Units {
		if !unitName.MatchString(u.Name) {
			return fmt.Errorf("unit %q: want a name such as boot-serve-ns", u.Name)
		}
		if u.Better != "" && u.Better != "lower" && u.Better != "higher" {
			return fmt.Errorf("unit %s: better=%q, want lower or higher", u.Name, u.Better)
		}
		_, t := benchunit.Tidy(1, u.Name)
		if o, dup := tidy[t]; dup {
			return fmt.Errorf("units %s and %s are the same quantity", o, u.Name)
		}
		tidy[t] = u.Name
	}
	if len(r.Units) == 0 {
		return fmt.Errorf("no units to record")
	}
	return nil
}

// validate reports the first thing in t that run cannot hold.
func (t *Trial) validate(run *Run) error {
	if !t.Status.valid() {
		return fmt.Errorf("status %q is not one of C, E, T, G, W", string(t.Status))
	}
	if t.Status == Complete && (t.Iters < 1 || len(t.Values) == 0) {
		return fmt.Errorf("complete trial without iterations or values")
	}
	if err := validateValues(run, t.Values); err != nil {
		return err
	}
	for name, reason := range t.Gaps {
		if _, ok := run.Unit(name); !ok || reason == "" {
			return fmt.Errorf("gap %q: not a unit of the run, or without a reason", name)
		}
		if _, ok := t.Values[name]; ok {
			return fmt.Errorf("gap %q: the trial has a value", name)
		}
	}
	for i, p := range t.Points {
		if err := p.validate(run); err != nil {
			return fmt.Errorf("point %d: %w", i+1, err)
		}
	}
	seen := make(map[string]bool)
	for _, p := range t.Phases {
		if !slices.Contains(run.Phases, p.Name) || seen[p.Name] {
			return fmt.Errorf("phase %q is not one of the run, or comes twice", p.Name)
		}
		seen[p.Name] = true
	}
	return nil
}

func validateValues(run *Run, values map[string]float64) error {
	for name, v := range values {
		if _, ok := run.Unit(name); !ok {
			return fmt.Errorf("unit %q is not one of the run", name)
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("unit %s: %v is not a number", name, v)
		}
	}
	return nil
}

func (p *Point) validate(run *Run) error {
	if p.Iters < 1 || len(p.Values) == 0 || len(p.Params) == 0 {
		return fmt.Errorf("without parameters, iterations or values")
	}
	for _, q := range p.Params {
		if !q.plain() {
			return fmt.Errorf("parameter %s=%s is not plain", q.Key, q.Value)
		}
	}
	return validateValues(run, p.Values)
}

func (p Param) plain() bool { return pathPart.MatchString(p.Key) && namePart.MatchString(p.Value) }

// validateSchedule checks that the slots are in order, distinct and of the run.
func validateSchedule(run *Run, slots []Slot) error {
	if len(slots) == 0 {
		return fmt.Errorf("schedule is empty")
	}
	for i, s := range slots {
		if err := validateSlot(run, s); err != nil {
			return fmt.Errorf("slot %d: %w", i+1, err)
		}
		if i == 0 {
			continue
		}
		p := slots[i-1]
		if s.Block < p.Block || s.Block == p.Block && s.Order <= p.Order {
			return fmt.Errorf("slot %d: block %d order %d comes after block %d order %d",
				i+1, s.Block, s.Order, p.Block, p.Order)
		}
	}
	return nil
}

func validateSlot(run *Run, s Slot) error {
	if _, ok := run.Benchmark(s.Benchmark); !ok {
		return fmt.Errorf("benchmark %q is not one of the run", s.Benchmark)
	}
	if !slices.Contains(run.Targets, s.Target) {
		return fmt.Errorf("target %q is not one of the run", s.Target)
	}
	if s.Block < 0 || s.Order < 0 {
		return fmt.Errorf("block %d order %d is negative", s.Block, s.Order)
	}
	return nil
}

// plain reports whether s has no control characters.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
