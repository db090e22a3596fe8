package record_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"unibench/harness/record"
	"unibench/harness/record/recordtest"
)

func TestFind(t *testing.T) {
	root := t.TempDir()
	var want []string
	for n, class := range []string{"amd-16c", "pvm-2c", "pvm-2c"} {
		s := recordtest.Spec{
			HostClass: class, Start: time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC), Count: 1,
			Value: func(record.Slot, string, *rand.Rand) (float64, bool) { return 1, true },
		}
		want = append(want, s.Store(t, root, -1))
	}
	staged := filepath.Join(filepath.Dir(want[0]), ".new-123")
	other := filepath.Join(root, "conformance", "20260101T000000Z-0123456789ab")
	for _, dir := range []string{staged, other, filepath.Join(root, "noise")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{record.RunFile, record.HostFile} {
		if err := os.WriteFile(filepath.Join(staged, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(other, record.RunFile), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(want[2], record.ScheduleFile)); err != nil {
		t.Fatal(err) // a damaged run still is one
	}
	if got, err := record.Find(root); err != nil || !slices.Equal(got, want) {
		t.Errorf("Find(root) = %v, %v; want %v", got, err, want)
	}
	if got, err := record.Find(want[1]); err != nil || !slices.Equal(got, want[1:2]) {
		t.Errorf("Find(run) = %v, %v; want that run", got, err)
	}
	var data *record.DataError
	if _, err := record.Find(filepath.Join(root, "none")); !errors.As(err, &data) {
		t.Errorf("Find(none): %v, want a *DataError", err)
	}
}

func TestShortCommit(t *testing.T) {
	for _, c := range []struct {
		commit string
		dirty  bool
		want   string
	}{
		{"0123456789abcdef", false, "0123456789ab"}, {"0123", true, "0123 with uncommitted changes"}, {"", false, "no commit"},
	} {
		if got := record.ShortCommit(c.commit, c.dirty); got != c.want {
			t.Errorf("ShortCommit(%q, %v) = %q, want %q", c.commit, c.dirty, got, c.want)
		}
	}
}
