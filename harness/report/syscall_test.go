package report_test

import (
	"strings"
	"testing"

	"unibench/harness/record"
	"unibench/harness/report"
)

// operations is a run of single operations: calls that stay in the virtual machine,
// calls that sometimes leave it, and calls that always do.
func operations() *record.Data {
	d := &record.Data{Run: record.Run{
		Suite: "syscall", HostClass: "c", Targets: []string{"unikernel", "process"}, Base: "process", Count: 8,
		Benchmarks: []record.Benchmark{{Name: "Call", Procs: 1}, {Name: "Some", Procs: 1}, {Name: "Leaves", Procs: 1}},
		Units:      []record.Unit{{Name: "ns/op", Better: "lower", Primary: true}, {Name: "vmexits/op", Better: "lower"}, {Name: "ticks/op"}},
		Aims: []record.Aim{
			{Benchmark: "Call", Unit: "ns/op", Target: "unikernel", AtMost: 10, Doc: "why"},
			{Benchmark: "Call", Unit: "ns/op", Target: "unikernel", Ratio: true, AtMost: 0.05},
			{Benchmark: "Some", Unit: "ns/op", Target: "unikernel", AtMost: 9.05},
			{Benchmark: "Nothing", Unit: "ns/op", Target: "unikernel", AtMost: 1},
			{Benchmark: "Call", Unit: "ns/op", Target: "container", AtMost: 1},
		},
	}}
	for block := range 8 {
		for i, b := range d.Run.Benchmarks {
			jitter := float64(block) / 10
			exits, ticks := []float64{3, 0.25, 2.5}[i], []float64{3, 0, 0.5}[i]
			d.Trials = append(d.Trials,
				record.Trial{Slot: record.Slot{Block: block, Benchmark: b.Name, Target: "process"}, Status: record.Complete, Iters: 1,
					Values: map[string]float64{"ns/op": 100 + jitter}},
				record.Trial{Slot: record.Slot{Block: block, Order: 1, Benchmark: b.Name, Target: "unikernel"}, Status: record.Complete, Iters: 1,
					Values: map[string]float64{"ns/op": 9 + jitter/10, "vmexits/op": exits, "ticks/op": ticks}})
		}
	}
	return d
}

func TestOperationsNotes(t *testing.T) {
	r, err := report.New(operations(), report.Options{Rounds: 200})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, n := range r.Notes {
		text.WriteString(string(n.Kind) + ": " + n.Text + "\n")
	}
	for _, want := range []string{
		"reading: virtual machine of unikernel, by VM exits counted: function calls that stay in it: Call; some operations leave it: Some (1 of 4); left at each operation: Leaves (2)\n",
		"aim: met: Call ns/op of unikernel is 9.04ns, at most 10.0ns wanted (why)\n",
		"aim: missed: Call ns/op of unikernel to process is 0.0900x, at most 0.0500x wanted\n",
		"aim: met: Some ns/op of unikernel is 9.04ns, at most 9.05ns wanted; not certain, ",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("notes lack %q:\n%s", want, text.String())
		}
	}
	if n := strings.Count(text.String(), "aim: "); n != 3 {
		t.Errorf("%d aims, want 3: what was not measured has none", n)
	}
}

// TestOtherSuitesHaveNoLeaving: exits of a whole start are no calls.
func TestOtherSuitesHaveNoLeaving(t *testing.T) {
	d := operations()
	d.Run.Units[0].Name = "boot-first-ns"
	for i := range d.Trials {
		d.Trials[i].Values["boot-first-ns"] = d.Trials[i].Values["ns/op"]
		delete(d.Trials[i].Values, "ns/op")
	}
	r, err := report.New(d, report.Options{Rounds: 200})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range r.Notes {
		if strings.Contains(n.Text, "virtual machine of") {
			t.Errorf("note %q", n.Text)
		}
	}
}
