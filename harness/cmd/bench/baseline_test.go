package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unibench/harness/compare"
	"unibench/harness/record"
	"unibench/harness/suite"
)

func TestPublishedArguments(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct{ in, want string }{
		{"-suite boot -out " + dir + " -count 3", "-suite boot -count 3"},
		{"-out=" + dir, ""},
		{"-baseline " + dir + " -x", "-baseline FOLDER -x"},
		{"--baseline=" + dir, "-baseline FOLDER"},
		{"-baseline HEAD~1", "-baseline HEAD~1"},
		{"-baseline", "-baseline"},
	} {
		if got := strings.Join((&runFlags{}).published(strings.Fields(tt.in)), " "); got != tt.want {
			t.Errorf("published(%s) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestSecondSession: the second session is not longer, is about what regressed, and
// has another layout and another schedule.
func TestSecondSession(t *testing.T) {
	for _, tt := range []struct{ count, want int }{{3, 3}, {10, 10}, {16, 10}, {40, 20}} {
		c := suite.Config{Suite: "boot", Run: "", Count: tt.count, Seed: 42}
		got := secondSession(c, []string{"Hello"})
		if got.Count != tt.want || got.Run != "^(Hello)$" || got.Layout == 0 || got.Layout > 1<<31-1 || got.Seed == c.Seed {
			t.Errorf("second session of %+v: %+v", c, got)
		}
	}
}

// TestConfirmed: the exit status after both sessions.
func TestConfirmed(t *testing.T) {
	for outcome, want := range map[compare.Outcome]int{
		compare.Fine: exitOK, compare.Worse: exitRegressed, compare.Insufficient: exitData, compare.TooNoisy: exitNoisy,
	} {
		if got := exitStatus(confirmed(compare.Confirmation{Outcome: outcome}, &compare.Result{})); got != want {
			t.Errorf("outcome %d gives status %d, want %d", outcome, got, want)
		}
	}
}

// TestBaselineOfProcess runs two builds of a program as processes: this source, and
// the last revision of it.
func TestBaselineOfProcess(t *testing.T) {
	p := newPlace(t)
	if !inRepository(p) {
		t.Skip("the source is not a repository")
	}
	// A host that is busy must not fail the test: nothing under tenfold counts.
	status, stdout, stderr := p.do("run", "-suite", "boot", "-run", "^Hello$", "-targets", "process", "-baseline", "HEAD",
		"-count", "6", "-warmup", "0", "-min", "900%", "-force", "-out", "$OUT")
	if status != exitOK || !strings.Contains(stdout, "against baseline ") || !strings.Contains(stdout, "p by signed ranks") {
		t.Fatalf("status %d, want 0\n%s\n%s", status, stdout, stderr)
	}
	d, err := record.Load(p.run())
	if err != nil {
		t.Fatal(err)
	}
	if d.Run.Baseline == nil || d.Run.Baseline.Kind != record.BaselineRevision || len(d.Run.Baseline.Commit) != 40 {
		t.Errorf("baseline %+v", d.Run.Baseline)
	}
	if diff := cmp.Diff([]string{"process", "process@baseline"}, d.Run.Targets); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
	for _, name := range d.Run.Targets {
		if !slices.ContainsFunc(d.Run.Artefacts, func(a record.Artefact) bool { return a.Target == name && len(a.SHA256) == 64 }) {
			t.Errorf("no digest of %s in %+v", name, d.Run.Artefacts)
		}
	}
	if _, err := os.Stat(filepath.Join(p.run(), record.TablesDir, "baseline.txt")); err != nil {
		t.Error(err)
	}
}
