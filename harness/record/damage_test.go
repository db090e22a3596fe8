package record_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"unibench/harness/record"
)

// copyRun copies the flat files of a results folder.
func copyRun(t testing.TB, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// finish resumes dir, runs what is pending, and checks the result.
func finish(t *testing.T, dir string) *record.Data {
	t.Helper()
	w, err := record.Resume(dir, snap())
	if err != nil {
		t.Fatalf("Resume: %v", err)
	}
	for _, s := range w.Pending() {
		if err := w.Append(sampleTrial(s)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Seal(), w.Close()); err != nil {
		t.Fatal(err)
	}
	d, err := record.Load(dir)
	if err != nil {
		t.Fatalf("Load after Resume: %v", err)
	}
	if len(d.Pending()) != 0 || len(d.Warnings) != 0 || len(d.Trials) != len(sampleSchedule()) {
		t.Fatalf("after Resume: %d trials, pending %v, warnings %v", len(d.Trials), d.Pending(), d.Warnings)
	}
	if ok, err := record.VerifySums(dir); !ok || err != nil {
		t.Fatalf("VerifySums = %v, %v", ok, err)
	}
	return d
}

// TestCutAnywhere cuts each growing file at every length, as an interruption
// may, and continues: nothing but the last line is ever lost.
func TestCutAnywhere(t *testing.T) {
	root := t.TempDir()
	w := newRun(t, root, 4)
	w.Close()
	trials, err := os.ReadFile(filepath.Join(w.Dir(), record.TrialsFile))
	if err != nil {
		t.Fatal(err)
	}
	bench, err := os.ReadFile(filepath.Join(w.Dir(), "boot.bench"))
	if err != nil {
		t.Fatal(err)
	}
	lastTrial := bytes.LastIndexByte(trials[:len(trials)-1], '\n') + 1
	lastBench := bytes.LastIndexByte(bench[:len(bench)-1], '\n') + 1
	type cut struct {
		trials, bench int
		done          int
	}
	cuts := []cut{{len(trials), len(bench), 4}}
	for n := lastTrial; n < len(trials); n += 7 {
		cuts = append(cuts, cut{n, lastBench, 3})
	}
	for n := lastBench; n < len(bench); n += 7 {
		cuts = append(cuts, cut{len(trials), n, 4})
	}
	cuts = append(cuts, cut{len(trials), 0, 4}) // .bench emptied: all derived again
	for _, c := range cuts {
		dir := filepath.Join(t.TempDir(), "run")
		copyRun(t, w.Dir(), dir)
		if err := os.Truncate(filepath.Join(dir, record.TrialsFile), int64(c.trials)); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(dir, "boot.bench"), int64(c.bench)); err != nil {
			t.Fatal(err)
		}
		d, err := record.Load(dir)
		if err != nil {
			t.Fatalf("Load(cut %+v): %v", c, err)
		}
		if len(d.Trials) != c.done {
			t.Errorf("Load(cut %+v): %d trials, want %d", c, len(d.Trials), c.done)
		}
		damaged := c.trials != len(trials) && c.trials != lastTrial || c.bench != len(bench) && c.done == 4
		if damaged != (len(d.Warnings) > 0) {
			t.Errorf("Load(cut %+v): warnings %q", c, d.Warnings)
		}
		finish(t, dir)
	}
}

func TestInconsistent(t *testing.T) {
	root := t.TempDir()
	w := newRun(t, root, 4)
	w.Close()
	edit := func(old, new string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, new, 1) }
	}
	for name, c := range map[string]struct {
		file string
		edit func(string) string
		want string
	}{
		"schema":           {record.RunFile, edit(`"schema": 1`, `"schema": 9`), "version 9"},
		"run cut":          {record.RunFile, func(s string) string { return s[:len(s)/2] }, "run.json"},
		"unknown field":    {record.RunFile, edit(`"suite"`, `"suit"`), "unknown field"},
		"schedule cut":     {record.ScheduleFile, func(s string) string { return s[:len(s)-3] }, "cut short"},
		"schedule empty":   {record.ScheduleFile, func(string) string { return "" }, "empty"},
		"middle line":      {record.TrialsFile, edit("}\n{", "}\n{{"), "trials.jsonl:2"},
		"trial twice":      {record.TrialsFile, func(s string) string { l, _, _ := strings.Cut(s, "\n"); return s + l + "\n" }, "trials.jsonl:5"},
		"other target":     {record.TrialsFile, edit(`"target":"process"`, `"target":"unikernel"`), "trials.jsonl:1"},
		"bad status":       {record.TrialsFile, edit(`"status":"C"`, `"status":"Q"`), "trials.jsonl:1"},
		"value changed":    {"boot.bench", edit("1.0001e+06", "1"), "differs"},
		"bench line extra": {"boot.bench", func(s string) string { return s + "BenchmarkX 1 1 y\n" }, "more trials"},
		"host":             {record.HostFile, func(string) string { return "{}{}" }, "more than one"},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		copyRun(t, w.Dir(), dir)
		path := filepath.Join(dir, c.file)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(c.edit(string(data))), 0o644); err != nil {
			t.Fatal(err)
		}
		_, loadErr := record.Load(dir)
		_, resumeErr := record.Resume(dir, snap())
		for _, err := range []error{loadErr, resumeErr} {
			var de *record.DataError
			if !errors.As(err, &de) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error = %v, want a DataError with %q", name, err, c.want)
			}
		}
		after, err := os.ReadFile(path)
		if err != nil || string(after) != c.edit(string(data)) {
			t.Errorf("%s: a refused folder was changed (%v)", name, err)
		}
	}
}

func TestSealedFolderThatChanged(t *testing.T) {
	w := newRun(t, t.TempDir(), 4)
	if err := w.WriteFile("raw/t1.log", []byte("boot\n")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Seal(), w.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.Dir(), "raw/t1.log"), []byte("hoot\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var de *record.DataError
	if _, err := record.Resume(w.Dir(), snap()); !errors.As(err, &de) {
		t.Errorf("Resume of a changed folder = %v, want a DataError", err)
	}
	if err := os.WriteFile(filepath.Join(w.Dir(), "raw/t1.log"), []byte("boot\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	d := finish(t, w.Dir())
	if got := d.Trials[5].Session; got != 1 {
		t.Errorf("session of a resumed trial = %d, want 1", got)
	}
}

func TestNotAFolder(t *testing.T) {
	var de *record.DataError
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if _, err := record.Load(dir); !errors.As(err, &de) {
			t.Errorf("Load = %v, want a DataError", err)
		}
		if _, err := record.Resume(dir, snap()); !errors.As(err, &de) {
			t.Errorf("Resume = %v, want a DataError", err)
		}
	}
}

func TestLockedAndTaken(t *testing.T) {
	root := t.TempDir()
	w := newRun(t, root, 2)
	if _, err := record.Resume(w.Dir(), snap()); !errors.Is(err, record.ErrLocked) {
		t.Errorf("Resume of an open folder = %v, want ErrLocked", err)
	}
	if _, err := record.Create(root, sampleRun(), snap(), sampleSchedule()); !errors.Is(err, record.ErrExists) {
		t.Errorf("Create of an existing folder = %v, want ErrExists", err)
	}
	w.Close()
	finish(t, w.Dir())
}

func TestUnwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := record.Create(file, sampleRun(), snap(), sampleSchedule())
	var we *record.WriteError
	if !errors.As(err, &we) || !strings.Contains(err.Error(), "-out") {
		t.Errorf("Create below a file = %v, want a WriteError with the next step", err)
	}
}
