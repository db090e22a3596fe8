package record_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"unibench/harness/record"
)

// crashEnv makes the test binary a writer that never stops by itself.
const crashEnv = "UNIBENCH_RECORD_CRASH_ROOT"

const crashBlocks = 100_000

// TestKill9 kills a writer in the middle of its work and checks that each trial
// that it had reported as stored is there.
func TestKill9(t *testing.T) {
	if root := os.Getenv(crashEnv); root != "" {
		writeForever(root)
		return
	}
	root := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKill9$")
	cmd.Env = append(os.Environ(), crashEnv+"="+root)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stored := 0
	sc := bufio.NewScanner(out)
	for stored < 20 && sc.Scan() {
		stored++
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	for sc.Scan() { // what it reported before the signal arrived
		stored++
	}
	_ = cmd.Wait() // "signal: killed"
	dirs, err := filepath.Glob(filepath.Join(root, "boot", "*", "2*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("folders = %v, %v, want one", dirs, err)
	}
	w, err := record.Resume(dirs[0], snap())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if n := len(w.Data().Trials); n < stored || n > stored+1 || stored < 20 {
		t.Errorf("trials after kill -9 = %d, reported as stored: %d", n, stored)
	}
	if got, want := w.Pending()[0].Block, len(w.Data().Trials); got != want {
		t.Errorf("first pending block = %d, want %d", got, want)
	}
}

func writeForever(root string) {
	run := sampleRun()
	schedule := make([]record.Slot, crashBlocks)
	for i := range schedule {
		schedule[i] = record.Slot{Block: i, Benchmark: "Hello", Target: "process"}
	}
	w, err := record.Create(root, run, snap(), schedule)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, s := range schedule {
		if err := w.Append(sampleTrial(s)); err != nil {
			os.Exit(1)
		}
		fmt.Println("stored", s.Block)
	}
}

// TestSweep checks that a folder that was never finished making is removed by
// the next run, and that a fresh or locked one is left alone.
func TestSweep(t *testing.T) {
	root := t.TempDir()
	parent := filepath.Join(root, "boot", "pvm-2c")
	stale := filepath.Join(parent, ".new-123")
	fresh := filepath.Join(parent, ".new-456")
	for _, d := range []string{stale, fresh} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	old := start().Add(-time.Hour)
	if err := os.Chtimes(stale, old, old); err != nil {
		t.Fatal(err)
	}
	newRun(t, root, 0).Close()
	if _, err := os.Stat(stale); !os.IsNotExist(err) {
		t.Errorf("stale folder is still there (%v)", err)
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Errorf("fresh folder: %v", err)
	}
}
