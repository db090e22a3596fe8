package record

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestFullDisk lets both growing files be /dev/full in turn, which answers every
// write with ENOSPC: one clear error, nothing stored is lost, no later writes.
func TestFullDisk(t *testing.T) {
	for _, which := range []string{TrialsFile, "boot.bench"} {
		t.Run(which, func(t *testing.T) {
			w, err := Create(t.TempDir(), tinyRun(), Snapshot{Host: json.RawMessage("{}")}, tinySchedule())
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Append(tinyTrial(0)); err != nil {
				t.Fatal(err)
			}
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				t.Skipf("no /dev/full here: %v", err)
			}
			log := w.trialLog
			done := 1
			if which == "boot.bench" {
				log = w.benchLog
				done = 2 // the trial itself is stored, its .bench line is rebuilt
			}
			log.f.Close()
			log.f = full
			err = w.Append(tinyTrial(1))
			var we *WriteError
			if !errors.As(err, &we) || !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("Append on a full disk = %v, want a WriteError with ENOSPC", err)
			}
			if msg := err.Error(); !strings.Contains(msg, "no space left") || !strings.Contains(msg, "-resume") {
				t.Errorf("message %q lacks the cause or the next step", msg)
			}
			if again := w.Append(tinyTrial(2)); !errors.Is(again, err) {
				t.Errorf("Append after a failed one = %v, want the same error", again)
			}
			w.Close()
			r, err := Resume(w.Dir(), Snapshot{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if got := len(r.Data().Trials); got != done {
				t.Errorf("trials after a full disk = %d, want %d", got, done)
			}
		})
	}
}

func tinyRun() Run {
	return Run{
		Suite: "boot", HostClass: "test", Start: time.Unix(1e9, 0), Seed: 1,
		Targets: []string{"process"}, Base: "process",
		Benchmarks: []Benchmark{{Name: "Hello", Procs: 1}},
		Units:      []Unit{{Name: "boot-first-ns", Better: "lower"}},
	}
}

func tinySchedule() []Slot {
	var out []Slot
	for i := range 3 {
		out = append(out, Slot{Block: i, Benchmark: "Hello", Target: "process"})
	}
	return out
}

func tinyTrial(i int) Trial {
	return Trial{Slot: tinySchedule()[i], Status: Complete, Iters: 1, Values: map[string]float64{"boot-first-ns": 1}}
}
