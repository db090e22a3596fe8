package process_test

import (
	"os"
	"path/filepath"
	"testing"

	"unibench/baselines/process"
)

func TestRun(t *testing.T) {
	t.Setenv("LEAKED", "yes")
	script := filepath.Join(t.TempDir(), "app")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho \"args $*; leaked ${LEAKED-no}\"\ncat\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	r, err := process.Run(t.Context(), process.Config{Binary: script, Args: []string{"a", "b c"}, Stdin: []byte("in\n")})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(r.Stdout), "args a b c; leaked no\nin\n"; got != want || r.ExitStatus != 3 {
		t.Errorf("Run = %q, status %d; want %q, 3", got, r.ExitStatus, want)
	}
}
