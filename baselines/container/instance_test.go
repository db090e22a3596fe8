package container_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"unibench/baselines/container"
)

// TestInstances runs two containers of one bundle at the same time: each has a control
// group of its own, and the end of one leaves the other alone.
func TestInstances(t *testing.T) {
	app := buildProgram(t)
	runtimes(t, func(t *testing.T, runtime string) {
		b, err := container.NewBundle(t.Context(), newScratch(t), container.Config{
			Runtime: runtime, Binary: app, Name: "many", Args: []string{"wait"}, ProbeArgs: []string{"look"}, MemoryBytes: 64 << 20,
		})
		if err != nil {
			t.Fatal(err)
		}
		var running [2]*container.Running
		var inputs [2]*os.File
		for i := range running {
			in, to, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			defer to.Close()
			one, err := b.Instance(i)
			if err != nil {
				t.Fatal(err)
			}
			if running[i], err = one.Start(t.Context(), container.StartOptions{Input: in, Bare: true}); err != nil {
				t.Fatal(err)
			}
			inputs[i] = to
		}
		for i, r := range running {
			if _, err := r.Line(t.Context(), "waiting"); err != nil {
				t.Fatalf("container %d: %v", i, err)
			}
		}
		groups, _ := filepath.Glob("/sys/fs/cgroup/memory/*/many/[01]")
		for _, g := range groups {
			if limit, err := os.ReadFile(filepath.Join(g, "memory.limit_in_bytes")); err != nil || strings.TrimSpace(string(limit)) != "67108864" {
				t.Errorf("memory limit of %s: %q, %v", g, limit, err)
			}
		}
		if len(groups) != 2 {
			t.Logf("control groups of memory: %v", groups) // elsewhere where there is no version 1
		}
		for i, r := range running {
			select {
			case <-r.Ended():
				t.Fatalf("container %d ended before its input did", i)
			default:
			}
			inputs[i].Close()
			if res, err := r.Wait(); err != nil || res.ExitStatus != 0 {
				t.Errorf("container %d: %+v, %v", i, res, err)
			}
		}
	})
}
