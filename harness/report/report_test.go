package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"unibench/harness/record"
	"unibench/harness/report"
	"unibench/harness/table"
	"unibench/harness/table/tabletest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is a made-up run with every kind of row: two benchmarks, three
// targets, a skipped one, failures, an exact unit, a unit that only one target
// has, and slots that an interruption left open.
func sample() *record.Data {
	d := &record.Data{Run: record.Run{
		Schema: record.SchemaVersion, Suite: "boot", HostClass: "pvm-2c",
		Start:  time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Commit: "0123456789abcdef0123456789abcdef01234567",
		Argv:   []string{"bin/bench", "run", "--suite", "boot", "-run", "Hello|Fmt", "-out", "elsewhere"}, Seed: 42, Order: "random", Count: 10, WarmUp: 1,
		Targets: []string{"unikernel", "process", "container"}, Base: "process",
		Skipped:    []record.Skip{{Target: "firecracker", Reason: "firecracker is not installed: see scripts/setup"}},
		Benchmarks: []record.Benchmark{{Name: "Hello", Procs: 1}, {Name: "HelloFmt", Procs: 1}},
		Units: []record.Unit{
			{Name: "rss-B", Better: "lower", Doc: "most memory resident at once"},
			{Name: "boot-first-ns", Better: "lower", Primary: true, Doc: "start of exec to first output byte"},
			{Name: "image-B", Better: "lower", Exact: true, Doc: "size of the file that is started"},
			{Name: "vmexits/op", Better: "lower"},
		},
		Phases:    []string{"exec", "first-run", "main", "first-output", "end"},
		Artefacts: []record.Artefact{{Name: "hello.img", Target: "unikernel", Bytes: 1234567, SHA256: strings.Repeat("ab", 32)}},
		Fairness: record.Fairness{Inequalities: []record.Inequality{
			{Rule: "memory limit", Targets: []string{"process"}, Detail: "the process has no limit, the unikernel has 64 MiB"},
		}},
		Keys:     record.Keys{GOOS: "linux", GOARCH: "amd64", CPU: "Some CPU", VMM: "kvm-pvm", Go: "go1.26.8"},
		Estimate: "nested virtualisation",
	}}
	d.Host.Snapshots = []record.Snapshot{{When: "before", Limits: []string{"KVM vendor pvm", "2 shared cores, steal 0.1 %"}}}
	rng := rand.New(rand.NewPCG(1, 1))
	base := map[string]float64{"process": 1.0e6, "unikernel": 3.1e6, "container": 5.3e6}
	for block := range 11 {
		order := 0
		for bi, b := range d.Run.Benchmarks {
			for _, target := range d.Run.Targets {
				slot := record.Slot{Block: block, Order: order, Benchmark: b.Name, Target: target, WarmUp: block == 0}
				order++
				d.Schedule = append(d.Schedule, slot)
				if block == 10 && bi == 1 {
					continue // interrupted
				}
				d.Trials = append(d.Trials, sampleTrial(slot, base[target]*(1+0.2*float64(bi)), rng))
			}
		}
	}
	return d
}

func sampleTrial(slot record.Slot, ns float64, rng *rand.Rand) record.Trial {
	ns = math.Round(ns * (1 + 0.05*rng.ExpFloat64()))
	t := record.Trial{Slot: slot, Status: record.Complete, Iters: 1, Values: map[string]float64{
		"boot-first-ns": ns,
		"rss-B":         math.Round(ns) * 2,
		"image-B":       1_200_000,
	}}
	t.Phases = []record.Phase{{Name: "exec"}, {Name: "first-output", AtNS: int64(ns)}, {Name: "end", AtNS: int64(ns) + 50_000}}
	if slot.Target == "unikernel" {
		t.Values["vmexits/op"] = 7
		t.Values["image-B"] = 1_300_000
		t.Phases = append(t.Phases, record.Phase{Name: "first-run", AtNS: int64(ns / 3)}, record.Phase{Name: "main", AtNS: int64(ns) - 100_000})
	}
	if slot.Target == "container" && slot.Block == 4 {
		return record.Trial{Slot: slot, Status: record.Errored, Error: "crun: exit status 1\nmore | text"}
	}
	if slot.Target == "container" && slot.Block == 5 {
		t.Warnings = []string{"clean-up took 2 s"}
	}
	return t
}

func build(t *testing.T, d *record.Data) *report.Report {
	t.Helper()
	r, err := report.New(d, report.Options{Rounds: 500})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestGolden(t *testing.T) {
	for _, f := range table.Formats() {
		var b bytes.Buffer
		if err := build(t, sample()).Write(&b, f); err != nil {
			t.Fatal(err)
		}
		tabletest.Golden(t, *update, "boot."+string(f), b.Bytes())
		for i, c := range b.Bytes() {
			if c >= 0x80 {
				t.Errorf("%s: byte %d is not ASCII", f, i)
				break
			}
		}
	}
}

func TestGoldenPage(t *testing.T) {
	d := sample()
	page, err := build(t, d).Page(d, []string{"plots/boot-hello.svg"})
	if err != nil {
		t.Fatal(err)
	}
	tabletest.Golden(t, *update, "REPORT.md", page)
}

// TestEmpty renders a run that was interrupted before its first trial, and one
// with a single trial: no format may fail, and what is missing is said.
func TestEmpty(t *testing.T) {
	for _, n := range []int{0, 7} {
		d := sample()
		d.Trials = d.Trials[:n]
		r := build(t, d)
		for _, f := range table.Formats() {
			var b bytes.Buffer
			if err := r.Write(&b, f); err != nil {
				t.Errorf("%d trials, %s: %v", n, f, err)
			}
			if f == table.Text && !strings.Contains(b.String(), "interrupted") {
				t.Errorf("%d trials: text does not say what is missing:\n%s", n, b.String())
			}
		}
	}
}

func TestUnknown(t *testing.T) {
	if _, err := report.New(sample(), report.Options{Base: "gvisor"}); err == nil || !strings.Contains(err.Error(), "unikernel") {
		t.Errorf("New with an unknown base = %v, want an error that names the targets", err)
	}
	if err := build(t, sample()).Write(&bytes.Buffer{}, "xml"); err == nil || !strings.Contains(err.Error(), "json") {
		t.Errorf("Write(xml) = %v, want an error that names the formats", err)
	}
}

// TestOtherBase turns the comparison round: ratios are inverse, p stays.
func TestOtherBase(t *testing.T) {
	a := build(t, sample())
	b, err := report.New(sample(), report.Options{Base: "unikernel", Rounds: 500})
	if err != nil {
		t.Fatal(err)
	}
	find := func(r *report.Report, target string) *report.Comparison {
		for i, name := range r.Targets {
			if name == target {
				return r.Rows[0].Cells[i].Versus
			}
		}
		return nil
	}
	x, y := find(a, "unikernel"), find(b, "process")
	if x == nil || y == nil {
		t.Fatal("a comparison is missing")
	}
	if d := math.Abs(float64(x.Ratio*y.Ratio) - 1); d > 1e-9 {
		t.Errorf("ratio %v and inverse %v do not fit", x.Ratio, y.Ratio)
	}
	if math.Abs(float64(x.PU-y.PU)) > 1e-12 || math.Abs(float64(x.PBlocked-y.PBlocked)) > 1e-12 {
		t.Errorf("p changed with the base: %+v and %+v", x, y)
	}
}

// TestHolmFamily checks that only primary rows are corrected, over all of them.
func TestHolmFamily(t *testing.T) {
	for _, row := range build(t, sample()).Rows {
		for _, c := range row.Cells {
			if c.Versus == nil {
				continue
			}
			corrected := !math.IsNaN(float64(c.Versus.PHolm))
			if corrected != row.Primary {
				t.Errorf("%s %s: corrected %v, primary %v", row.Benchmark, row.Unit, corrected, row.Primary)
			}
			if corrected && c.Versus.PHolm < c.Versus.PU {
				t.Errorf("%s %s: corrected p %v is under the plain p %v", row.Benchmark, row.Unit, c.Versus.PHolm, c.Versus.PU)
			}
		}
	}
}

// TestMachineFormats parses CSV and JSON back.
func TestMachineFormats(t *testing.T) {
	r := build(t, sample())
	var b bytes.Buffer
	if err := r.Write(&b, table.CSV); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll() // refuses rows of unequal length
	if want := 1 + len(r.Rows)*len(r.Targets); err != nil || len(rows) != want {
		t.Errorf("CSV: %d rows, %v, want %d", len(rows), err, want)
	}
	b.Reset()
	if err := r.Write(&b, table.JSON); err != nil {
		t.Fatal(err)
	}
	var back report.Report
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(back.Rows[0].Cells[0].Center), fmt.Sprint(r.Rows[0].Cells[0].Center); got != want {
		t.Errorf("JSON: median %s, want %s", got, want)
	}
}
