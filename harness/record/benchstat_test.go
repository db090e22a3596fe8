package record_test

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"unibench/harness/record"
)

// TestBenchstatReads lets the stock command compare the targets of a folder
// that was written in two sessions: one table per unit, nothing split or
// skipped, and no complaint.
func TestBenchstatReads(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("benchstat is built from the module cache: %v", err)
	}
	w := newRun(t, t.TempDir(), 4)
	w.Close()
	w, err := record.Resume(w.Dir(), snap())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range w.Pending() {
		if err := w.Append(sampleTrial(s)); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	var out, stderr bytes.Buffer
	cmd := exec.Command("go", "run", "golang.org/x/perf/cmd/benchstat", "-format", "csv", "-col", "/target",
		filepath.Join(w.Dir(), "boot.bench"))
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("benchstat: %v\n%s", err, stderr.String())
	}
	text := out.String()
	for want, n := range map[string]int{
		"host-class: pvm-2c":               1,
		",unikernel,,process,":             2, // the head of each of two tables
		"boot-first-sec,CI,boot-first-sec": 1,
		"image-B,CI,image-B":               1,
		"\nHello-1,":                       2,
	} {
		if got := strings.Count(text, want); got != n {
			t.Errorf("benchstat prints %q %d times, want %d:\n%s%s", want, got, n, text, stderr.String())
		}
	}
	if strings.Contains(stderr.String(), "boot.bench") {
		t.Errorf("benchstat complains:\n%s", stderr.String())
	}
}
