package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"unibench/harness/record"
	"unibench/harness/table"
	"unibench/harness/table/tabletest"
)

// netSample is a made-up run with a sweep, a unit that one target could not
// measure and another that is 0 on the base.
func netSample() *record.Data {
	d := &record.Data{Run: record.Run{
		Schema: record.SchemaVersion, Suite: "net", HostClass: "pvm-2c", Start: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Seed: 42, Order: "random", Count: 8, Targets: []string{"unikernel", "process", "container"}, Base: "process",
		Benchmarks: []record.Benchmark{{Name: "Get", Procs: 1}, {Name: "Load", Procs: 1}},
		Units: []record.Unit{
			{Name: "req/s", Better: "higher", Primary: true, Doc: "answers a second"}, {Name: "p99-lat-ns", Better: "lower"},
			{Name: "max-lat-ns", Better: "lower", Detail: true}, {Name: "copied-B/op", Better: "lower"}, {Name: "vmexits/op", Better: "lower"},
		},
		Remarks: []string{"closed loop: throughput only"},
		Keys:    record.Keys{CPU: "Some CPU", VMM: "kvm-pvm", Go: "go1.26.8"},
	}}
	for block := range 8 {
		for i, target := range d.Run.Targets {
			f := 1 + 0.01*float64(block)
			get := record.Trial{Values: map[string]float64{
				"req/s": []float64{4e4, 9e4, 9e4}[i] * (f + 0.001*float64((block*7+i*5)%8)), "p99-lat-ns": 1e6 * f, "max-lat-ns": 2e6, "vmexits/op": []float64{0.02, 0, 0}[i],
			}}
			if i == 0 {
				get.Values["copied-B/op"] = 128
			} else {
				get.Gaps = map[string]string{"copied-B/op": "the kernel does not count it"}
			}
			load := record.Trial{Values: map[string]float64{"p99-lat-ns": 1}}
			// The first step is missing in the first trials: its place is
			// before the others all the same.
			for step := 1; step <= 3; step++ {
				if step == 1 && block < 2 {
					continue
				}
				p := record.Point{
					Params: []record.Param{{Key: "rate", Value: fmt.Sprintf("%d0k", step)}}, Offered: 1e4 * float64(step), Iters: 5,
					Values: map[string]float64{"req/s": 1e4 * float64(step), "p99-lat-ns": 1e5 * float64(step) * f},
				}
				if step == 3 && (i == 0 || block == 4) {
					p.Note = "saturated"
				}
				load.Points = append(load.Points, p)
			}
			for k, t := range []record.Trial{get, load} {
				t.Slot = record.Slot{Block: block, Order: 2*i + k, Benchmark: d.Run.Benchmarks[k].Name, Target: target}
				t.Status, t.Iters = record.Complete, 10
				d.Trials = append(d.Trials, t)
				d.Schedule = append(d.Schedule, t.Slot)
			}
		}
	}
	return d
}

func TestNetGolden(t *testing.T) {
	r := build(t, netSample())
	for _, f := range []table.Format{table.Text, table.JSON} {
		var b bytes.Buffer
		if err := r.Write(&b, f); err != nil {
			t.Fatal(err)
		}
		tabletest.Golden(t, *update, "net."+string(f), b.Bytes())
	}
}

// TestBrief: only the rows of details are left out, and that is said.
func TestBrief(t *testing.T) {
	r := build(t, netSample())
	var whole, brief bytes.Buffer
	if err := r.Write(&whole, table.Text); err != nil {
		t.Fatal(err)
	}
	if err := r.Brief().Write(&brief, table.Text); err != nil {
		t.Fatal(err)
	}
	if len(r.Brief().Rows) >= len(r.Rows) || strings.Contains(brief.String(), "max-lat-ns  ") || !strings.Contains(brief.String(), "in the stored tables: max-lat-ns") {
		t.Errorf("brief table:\n%s", brief.String())
	}
	var again bytes.Buffer
	if err := r.Write(&again, table.Text); err != nil || again.String() != whole.String() {
		t.Errorf("Brief changed the report it was made from: %v", err)
	}
	if b := build(t, sample()); b.Brief() != b {
		t.Error("a report without details is not its own brief")
	}
}
