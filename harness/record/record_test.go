package record_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/perf/benchfmt"

	"unibench/harness/record"
)

// start is the fixed start time of the runs in these tests.
func start() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// sampleRun is a small boot run of two targets and one benchmark.
func sampleRun() record.Run {
	return record.Run{
		Suite: "boot", HostClass: "pvm-2c", Start: start(),
		Commit: "0123456789abcdef0123456789abcdef01234567", Dirty: true,
		Argv: []string{"bench", "run", "--suite", "boot"}, Config: json.RawMessage(`{"count":2}`),
		Seed: 42, Order: "random", Count: 2, WarmUp: 1, SuiteVersion: "1",
		Targets: []string{"process", "unikernel"}, Base: "process",
		Skipped:    []record.Skip{{Target: "container", Reason: "crun is not installed: run scripts/setup"}},
		Benchmarks: []record.Benchmark{{Name: "Hello", Procs: 1}},
		Units: []record.Unit{
			{Name: "boot-first-ns", Better: "lower", Primary: true},
			{Name: "image-B", Better: "lower", Exact: true},
		},
		Phases: []string{"exec", "first-run", "end"},
		Keys:   record.Keys{GOOS: "linux", GOARCH: "amd64", CPU: "Some CPU @ 2.6GHz", VMM: "kvm-pvm", Go: "go1.26.8"},
	}
}

func sampleSchedule() []record.Slot {
	return []record.Slot{
		{Block: 0, Order: 0, Benchmark: "Hello", Target: "process", WarmUp: true},
		{Block: 0, Order: 1, Benchmark: "Hello", Target: "unikernel", WarmUp: true},
		{Block: 1, Order: 0, Benchmark: "Hello", Target: "unikernel"},
		{Block: 1, Order: 1, Benchmark: "Hello", Target: "process"},
		{Block: 2, Order: 0, Benchmark: "Hello", Target: "process"},
		{Block: 2, Order: 1, Benchmark: "Hello", Target: "unikernel"},
	}
}

func sampleTrial(s record.Slot) record.Trial {
	return record.Trial{
		Slot: s, Status: record.Complete, Start: start().Add(time.Duration(10*s.Block+s.Order) * time.Second),
		WallNS: 5_000_000, Iters: 1,
		Values: map[string]float64{"boot-first-ns": 1_000_000 + float64(100*s.Block+s.Order), "image-B": 1_200_000},
		Phases: []record.Phase{{Name: "exec"}, {Name: "end", AtNS: 4_000_000}},
	}
}

func snap() record.Snapshot {
	return record.Snapshot{Time: start(), Host: json.RawMessage(`{"load":0.1}`), Limits: []string{"KVM vendor: pvm"}}
}

// newRun creates a folder and appends the first n slots of the schedule.
func newRun(t *testing.T, root string, n int) *record.Writer {
	t.Helper()
	w, err := record.Create(root, sampleRun(), snap(), sampleSchedule())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sampleSchedule()[:n] {
		if err := w.Append(sampleTrial(s)); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func TestRoundTrip(t *testing.T) {
	root := t.TempDir()
	w := newRun(t, root, 5)
	failed := record.Trial{Slot: sampleSchedule()[5], Status: record.TimedOut, Start: start(), Error: "no output\nafter 10 s"}
	if err := w.Append(failed); err != nil {
		t.Fatal(err)
	}
	if err := w.SnapshotHost("after", record.Snapshot{Time: start(), Limits: []string{"KVM vendor: pvm", "steal 1 %"}}); err != nil {
		t.Fatal(err)
	}
	if p := w.Pending(); len(p) != 0 {
		t.Errorf("Pending = %v, want none", p)
	}
	want := w.Data()
	if err := errors.Join(w.Seal(), w.Close()); err != nil {
		t.Fatal(err)
	}
	wantDir := filepath.Join(root, "boot", "pvm-2c", "20260102T030405Z-0123456789ab-dirty")
	if w.Dir() != wantDir {
		t.Errorf("Dir = %s, want %s", w.Dir(), wantDir)
	}
	got, err := record.Load(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	// JSON re-indents opaque values; compare them as values.
	got.Run.Config, want.Run.Config = nil, nil
	for _, d := range []*record.Data{got, want} {
		for i := range d.Host.Snapshots {
			d.Host.Snapshots[i].Host = nil
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Load differs from what was written (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"KVM vendor: pvm", "steal 1 %"}, got.Host.Limits()); diff != "" {
		t.Errorf("Limits:\n%s", diff)
	}
	if sealed, err := record.VerifySums(w.Dir()); !sealed || err != nil {
		t.Errorf("VerifySums = %v, %v, want true, nil", sealed, err)
	}
}

// TestBenchFile checks the exact .bench file, and that the stock reader sees
// file keys, units and one result per complete, measured trial.
func TestBenchFile(t *testing.T) {
	w := newRun(t, t.TempDir(), 3)
	defer w.Close()
	if err := w.Append(record.Trial{Slot: sampleSchedule()[3], Status: record.Errored, Error: "panic: index out of range\ngoos: evil"}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(w.Dir(), "boot.bench"))
	if err != nil {
		t.Fatal(err)
	}
	want := `# unibench suite boot: one result line is one trial, a fresh start of the target.
# start 2026-01-02T03:04:05Z commit 0123456789abcdef0123456789abcdef01234567 dirty true seed 42 order random count 2
Unit boot-first-ns better=lower
Unit image-B better=lower
Unit image-B assume=exact

format: unibench-1
suite: boot
goos: linux
goarch: amd64
cpu: Some CPU @ 2.6GHz
host-class: pvm-2c
vmm: kvm-pvm
go: go1.26.8

BenchmarkHello/target=unikernel-1 1 1.0001e+06 boot-first-ns 1.2e+06 image-B
# block 1: Hello/target=process-1: error
`
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Errorf("boot.bench (-want +got):\n%s", diff)
	}
	r := benchfmt.NewReader(strings.NewReader(string(data)), "boot.bench")
	results := 0
	for r.Scan() {
		switch rec := r.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Error(rec)
		case *benchfmt.Result:
			results++
			if got := rec.GetConfig("host-class"); got != "pvm-2c" {
				t.Errorf("host-class = %q, want pvm-2c", got)
			}
			if v, ok := rec.Value("boot-first-sec"); !ok || v != 0.0010001 {
				t.Errorf("boot-first-sec = %v, %v", v, ok)
			}
		}
	}
	if r.Err() != nil || results != 1 {
		t.Errorf("results = %d, %v, want 1, nil", results, r.Err())
	}
}

func TestAppendRefuses(t *testing.T) {
	w := newRun(t, t.TempDir(), 1)
	defer w.Close()
	slot := sampleSchedule()[1]
	for name, change := range map[string]func(*record.Trial){
		"done slot":      func(tr *record.Trial) { tr.Slot = sampleSchedule()[0] },
		"unplanned slot": func(tr *record.Trial) { tr.Block = 77 },
		"status":         func(tr *record.Trial) { tr.Status = "X" },
		"unit":           func(tr *record.Trial) { tr.Values["nope"] = 1 },
		"nan":            func(tr *record.Trial) { v := tr.Values["image-B"]; tr.Values["image-B"] = (v - v) / (v - v) },
		"phase":          func(tr *record.Trial) { tr.Phases = []record.Phase{{Name: "lunch"}} },
		"no values":      func(tr *record.Trial) { tr.Values = nil },
	} {
		tr := sampleTrial(slot)
		change(&tr)
		if err := w.Append(tr); err == nil {
			t.Errorf("%s: Append succeeded", name)
		}
	}
	if err := w.Append(sampleTrial(slot)); err != nil {
		t.Errorf("Append after refused ones: %v", err)
	}
}

func TestValidateRun(t *testing.T) {
	for name, change := range map[string]func(*record.Run){
		"suite":        func(r *record.Run) { r.Suite = "../x" },
		"class":        func(r *record.Run) { r.HostClass = "My Host" },
		"commit":       func(r *record.Run) { r.Commit = "a/b" },
		"no start":     func(r *record.Run) { r.Start = time.Time{} },
		"base":         func(r *record.Run) { r.Base = "gvisor" },
		"target":       func(r *record.Run) { r.Targets = []string{"process", "process"} },
		"target name":  func(r *record.Run) { r.Targets = []string{"process", "a b"} },
		"bench name":   func(r *record.Run) { r.Benchmarks[0].Name = "Hello/x" },
		"procs":        func(r *record.Run) { r.Benchmarks[0].Procs = 0 },
		"unit":         func(r *record.Run) { r.Units[0].Name = "boot time" },
		"same unit":    func(r *record.Run) { r.Units[0].Name, r.Units[1].Name = "x-ns", "x-sec" },
		"better":       func(r *record.Run) { r.Units[0].Better = "smaller" },
		"key newline":  func(r *record.Run) { r.Keys.CPU = "x\ngoos: plan9" },
		"phases twice": func(r *record.Run) { r.Phases = []string{"exec", "exec"} },
	} {
		run := sampleRun()
		change(&run)
		if w, err := record.Create(t.TempDir(), run, snap(), sampleSchedule()); err == nil {
			w.Close()
			t.Errorf("%s: Create succeeded", name)
		}
	}
	bad := sampleSchedule()
	bad[1], bad[2] = bad[2], bad[1]
	if w, err := record.Create(t.TempDir(), sampleRun(), snap(), bad); err == nil {
		w.Close()
		t.Error("Create with a schedule out of order succeeded")
	}
}

func TestWriteFileStaysInside(t *testing.T) {
	w := newRun(t, t.TempDir(), 0)
	defer w.Close()
	for _, rel := range []string{"../x", "/etc/x", "tables/../../x", ""} {
		if err := w.WriteFile(rel, nil); err == nil {
			t.Errorf("WriteFile(%q) succeeded", rel)
		}
	}
	if err := w.WriteFile("tables/boot.md", []byte("x")); err != nil {
		t.Error(err)
	}
}

func ExampleBenchmark_Line() {
	b := record.Benchmark{Name: "Echo", Params: []record.Param{{Key: "load", Value: "open"}, {Key: "rate", Value: "50k"}}, Procs: 2}
	fmt.Println(b.Line("unikernel"))
	// Output: Echo/target=unikernel/load=open/rate=50k-2
}
