package compare

import (
	"fmt"
	"slices"
	"strings"

	"unibench/harness/record"
)

// Rules whose mismatch Options.Allow may accept. Suite, host class and the machine
// monitor have no such rule: numbers across them say nothing about a change.
const (
	RuleVersion    = "version"    // of the suite or its workloads
	RuleBenchmarks = "benchmarks" // one run has others
	RuleTargets    = "targets"
	RuleUnits      = "units"      // one run has values of others
	RuleIncomplete = "incomplete" // a run was not finished
	RuleFailed     = "failed"     // a run has trials that do not count
)

// Rules lists what may be allowed.
func Rules() []string {
	return []string{RuleVersion, RuleBenchmarks, RuleTargets, RuleUnits, RuleIncomplete, RuleFailed}
}

// Mismatch means that two runs cannot be compared.
type Mismatch struct {
	Rule   string // empty: cannot be allowed
	Detail string
}

// Error names the difference and the next step.
func (m *Mismatch) Error() string {
	s := "the runs cannot be compared: " + m.Detail
	if m.Rule != "" {
		s += " (accept it with -allow " + m.Rule + ": the rest is compared)"
	}
	return s
}

// emulated reports whether the machine monitor emulates the processor.
func emulated(vmm string) bool { return vmm == "tcg" || strings.HasSuffix(vmm, "-tcg") }

// Check returns the *Mismatch of two runs whose numbers say nothing about a change:
// of another suite or on another kind of machine.
func Check(old, new *record.Data) error {
	a, b := &old.Run, &new.Run
	same := func(what, x, y string) error {
		if x == y {
			return nil
		}
		return &Mismatch{Detail: fmt.Sprintf("%s %s and %s", what, orNone(x), orNone(y))}
	}
	if err := same("suites", a.Suite, b.Suite); err != nil {
		return err
	}
	if emulated(a.Keys.VMM) != emulated(b.Keys.VMM) {
		return &Mismatch{Detail: fmt.Sprintf("machine monitors %s and %s: one emulates the processor, the other does not", orNone(a.Keys.VMM), orNone(b.Keys.VMM))}
	}
	for _, s := range [][3]string{
		{"host classes", a.HostClass, b.HostClass}, {"machine monitors", a.Keys.VMM, b.Keys.VMM},
		{"architectures", a.Keys.GOARCH, b.Keys.GOARCH}, {"processors", a.Keys.CPU, b.Keys.CPU},
	} {
		if err := same(s[0], s[1], s[2]); err != nil {
			return err
		}
	}
	return nil
}

// match returns the first mismatch that is not allowed, and the others as texts.
func match(old, new *record.Data, allow []string) (allowed []string, err error) {
	if err := Check(old, new); err != nil {
		return nil, err
	}
	if old.Run.Dir() == new.Run.Dir() {
		return nil, &Mismatch{Detail: "both are the same run"}
	}
	return permitted(old, new, allow)
}

// permitted is match without the differences that cannot be allowed.
func permitted(old, new *record.Data, allow []string) (allowed []string, err error) {
	for _, m := range differences(old, new) {
		if !slices.Contains(allow, m.Rule) {
			return nil, &m
		}
		allowed = append(allowed, m.Detail)
	}
	return allowed, nil
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

// differences returns every mismatch that may be allowed.
func differences(old, new *record.Data) []Mismatch {
	var out []Mismatch
	add := func(rule, format string, args ...any) {
		out = append(out, Mismatch{Rule: rule, Detail: fmt.Sprintf(format, args...)})
	}
	a, b := &old.Run, &new.Run
	if a.SuiteVersion != b.SuiteVersion {
		add(RuleVersion, "versions %s and %s of suite %s", orNone(a.SuiteVersion), orNone(b.SuiteVersion), a.Suite)
	}
	for _, name := range names(a.WorkloadVersions, b.WorkloadVersions) {
		if x, y := a.WorkloadVersions[name], b.WorkloadVersions[name]; x != y {
			add(RuleVersion, "versions %s and %s of workload %s", orNone(x), orNone(y), name)
		}
	}
	for _, side := range []struct {
		which string
		d     *record.Data
	}{{"old", old}, {"new", new}} {
		if n := len(side.d.Pending()); n > 0 {
			add(RuleIncomplete, "the %s run was interrupted: %d of %d trials are missing", side.which, n, len(side.d.Schedule))
		}
		for _, text := range failures(side.which, side.d) {
			add(RuleFailed, "%s", text)
		}
	}
	sets(benchmarkNames(a), benchmarkNames(b), func(which, list string) {
		add(RuleBenchmarks, "only the %s run has benchmarks %s", which, list)
	})
	sets(a.Targets, b.Targets, func(which, list string) {
		add(RuleTargets, "only the %s run has targets %s", which, list)
	})
	return append(out, unitDifferences(old, new)...)
}

// unitDifferences looks at the declarations, and at where there are values, within
// the benchmarks and targets that both runs have.
func unitDifferences(old, new *record.Data) []Mismatch {
	var out []Mismatch
	for _, u := range old.Run.Units {
		if v, ok := new.Run.Unit(u.Name); ok && (u.Better != v.Better || u.Exact != v.Exact) {
			out = append(out, Mismatch{Rule: RuleUnits, Detail: fmt.Sprintf("unit %s is declared in two ways", u.Name)})
		}
	}
	for _, c := range common(old, new) {
		sets(unitsOf(old, c), unitsOf(new, c), func(which, list string) {
			out = append(out, Mismatch{Rule: RuleUnits, Detail: fmt.Sprintf("only the %s run has values of %s on %s: %s", which, c.benchmark, c.target, list)})
		})
	}
	return out
}

// place is a benchmark on a target.
type place struct{ benchmark, target string }

// common lists the places that both runs have, in the order of the new one.
func common(old, new *record.Data) []place {
	var out []place
	mine := benchmarkNames(&old.Run)
	for _, b := range new.Run.Benchmarks {
		for _, t := range new.Run.Targets {
			if slices.Contains(mine, benchmarkName(&b)) && slices.Contains(old.Run.Targets, t) {
				out = append(out, place{b.Name, t})
			}
		}
	}
	return out
}

func benchmarkNames(r *record.Run) []string {
	var out []string
	for _, b := range r.Benchmarks {
		out = append(out, benchmarkName(&b))
	}
	return out
}

// benchmarkName tells benchmarks with other parameters apart.
func benchmarkName(b *record.Benchmark) string {
	s := b.Name
	for _, p := range b.Params {
		s += "/" + p.Key + "=" + p.Value
	}
	return fmt.Sprintf("%s-%d", s, b.Procs)
}

// unitsOf lists the units with a value.
func unitsOf(d *record.Data, p place) []string {
	var out []string
	trials := d.Measured(p.benchmark, p.target)
	for _, u := range d.Run.Units {
		if slices.ContainsFunc(trials, func(t *record.Trial) bool { _, ok := t.Values[u.Name]; return ok }) {
			out = append(out, u.Name)
		}
	}
	return out
}

// sets calls differ for what only one of two lists has.
func sets(old, new []string, differ func(which, list string)) {
	only := func(which string, a, b []string) {
		rest := slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
		if len(rest) > 0 {
			differ(which, strings.Join(rest, ", "))
		}
	}
	only("old", old, new)
	only("new", new, old)
}

func names(maps ...map[string]string) []string {
	var out []string
	for _, m := range maps {
		for k := range m {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
