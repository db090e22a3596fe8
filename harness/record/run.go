package record

import (
	"encoding/json"
	"strings"
	"time"
)

// Run is run.json: everything that was decided before the first trial. It is
// written once and never changed, also not by a resumed run.
type Run struct {
	Schema    int       `json:"schema"` // set by Create
	Suite     string    `json:"suite"`
	HostClass string    `json:"host_class"` // a label, not a host name
	Start     time.Time `json:"start"`      // stored in UTC
	Commit    string    `json:"commit"`     // full hex digits, or "" outside a repository
	Dirty     bool      `json:"dirty,omitempty"`
	DirtyHash string    `json:"dirty_sha256,omitempty"` // digest of the uncommitted difference

	Argv   []string        `json:"argv"`
	Config json.RawMessage `json:"config,omitempty"` // the full resolved configuration
	Seed   uint64          `json:"seed"`
	Order  string          `json:"order"`  // how targets are ordered in a block: random, abba
	Count  int             `json:"count"`  // measured trials planned per benchmark and target
	WarmUp int             `json:"warmup"` // blocks before them, not in the statistics

	SuiteVersion     string            `json:"suite_version"`
	WorkloadVersions map[string]string `json:"workload_versions,omitempty"`

	// Targets are those that are measured, in table order; Base, one of
	// them, is what the others are compared with. Skipped are those that
	// were asked for and cannot run here.
	Targets    []string    `json:"targets"`
	Base       string      `json:"base"`
	Skipped    []Skip      `json:"skipped,omitempty"`
	Benchmarks []Benchmark `json:"benchmarks"`
	Units      []Unit      `json:"units"`

	// Phases are the names of the events that a trial may report, in the
	// order in which they happen: for the boot suite exec, first-run, ...
	Phases []string `json:"phases,omitempty"`

	Artefacts []Artefact `json:"artefacts,omitempty"`
	Fairness  Fairness   `json:"fairness"`
	Keys      Keys       `json:"keys"`

	// Remarks say how the suite measures, for readers of its tables.
	Remarks []string `json:"remarks,omitempty"`

	// Aims are what the suite's targets are built for, to be compared with what
	// they did.
	Aims []Aim `json:"aims,omitempty"`

	// Baseline is set in a run that compares two builds: every target then has
	// one beside it with BaselineSuffix.
	Baseline *Baseline `json:"baseline,omitempty"`
	// Layout is the seed by which the linker ordered the functions of what was
	// built; 0: its own order.
	Layout uint64 `json:"layout,omitempty"`
	// Confirms is the folder, as Dir has it, of the run whose regressions this
	// one looks at again.
	Confirms string `json:"confirms,omitempty"`
	// Planted is set where a slowdown was put in on purpose.
	Planted *Planted `json:"planted,omitempty"`

	// Estimate says why the numbers are estimates (a nested or shared
	// host), and is empty where they are not.
	Estimate string `json:"estimate,omitempty"`
}

// Skip is a target that was asked for and that this host cannot run, or a benchmark
// that it cannot run on any target.
type Skip struct {
	Target    string `json:"target,omitempty"`
	Benchmark string `json:"benchmark,omitempty"`
	Reason    string `json:"reason"` // with the next step
}

// What returns what is skipped.
func (s Skip) What() string {
	if s.Target != "" {
		return s.Target
	}
	return s.Benchmark
}

// Benchmark is one row of the benchmark matrix.
type Benchmark struct {
	Name   string  `json:"name"`             // as in the .bench file, without "Benchmark": Hello
	Params []Param `json:"params,omitempty"` // further key=value parts of the name
	Procs  int     `json:"procs"`            // vCPUs of the system under test, the -N suffix
}

// Param is one key=value part of a benchmark's name.
type Param struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Unit describes one measured quantity. Names follow the benchfmt conventions:
// base units only, times in ns, such as boot-serve-ns, rss-B, vmexits/op.
type Unit struct {
	Name    string `json:"name"`
	Better  string `json:"better,omitempty"` // lower, higher or "" for neither
	Exact   bool   `json:"exact,omitempty"`  // the value has no distribution: assume=exact
	Primary bool   `json:"primary,omitempty"`
	Detail  bool   `json:"detail,omitempty"` // left out where a table must be short
	Doc     string `json:"doc,omitempty"`    // what is measured, from where to where
}

// Aim is a limit that a target should keep in one benchmark and unit.
type Aim struct {
	Benchmark string  `json:"benchmark"`
	Unit      string  `json:"unit"`
	Target    string  `json:"target"`
	Ratio     bool    `json:"ratio,omitempty"` // the limit is one of the ratio to the base
	AtMost    float64 `json:"at_most"`
	Doc       string  `json:"doc,omitempty"`
}

// Artefact is one built input of the run.
type Artefact struct {
	Name    string `json:"name"` // relative or base name, never an absolute path
	Target  string `json:"target,omitempty"`
	SHA256  string `json:"sha256"`
	Bytes   int64  `json:"bytes"`
	BuildID string `json:"build_id,omitempty"`
}

// Fairness is the report of the fairness contract: the rules that held for all
// targets and each inequality that remains.
type Fairness struct {
	Held         []string     `json:"held,omitempty"`
	Inequalities []Inequality `json:"inequalities,omitempty"`
}

// Inequality is one way in which the targets were not treated alike.
type Inequality struct {
	Rule    string   `json:"rule"`
	Targets []string `json:"targets,omitempty"`
	Detail  string   `json:"detail"`
}

// Keys are the file keys of the .bench file beside format and suite. Only facts
// that stay the same over the runs to be compared belong here, because a key
// that differs splits the tables of benchstat; everything volatile is a comment.
type Keys struct {
	GOOS   string `json:"goos"`
	GOARCH string `json:"goarch"`
	CPU    string `json:"cpu"`
	VMM    string `json:"vmm"` // for example kvm-pvm, kvm-amd, tcg
	Go     string `json:"go"`  // for example go1.26.8
}

// Unit returns the description of the unit called name.
func (r *Run) Unit(name string) (Unit, bool) {
	for _, u := range r.Units {
		if u.Name == name {
			return u, true
		}
	}
	return Unit{}, false
}

// Benchmark returns the benchmark called name.
func (r *Run) Benchmark(name string) (Benchmark, bool) {
	for _, b := range r.Benchmarks {
		if b.Name == name {
			return b, true
		}
	}
	return Benchmark{}, false
}

// Dir returns the folder of the run relative to the results root, with forward
// slashes: boot/pvm-2c/20260102T030405Z-0123456789ab-dirty.
func (r *Run) Dir() string {
	commit := r.Commit
	if len(commit) > 12 {
		commit = commit[:12]
	}
	if commit == "" {
		commit = "nocommit"
	}
	name := r.Start.UTC().Format("20060102T150405Z") + "-" + commit
	if r.Dirty {
		name += "-dirty"
	}
	return strings.Join([]string{r.Suite, r.HostClass, name}, "/")
}
