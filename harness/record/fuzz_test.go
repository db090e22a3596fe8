package record_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"unibench/harness/record"
)

// FuzzFolder puts arbitrary bytes in place of each file of a good folder. Load
// must answer with data or a *DataError; a folder that Resume accepts must be
// whole afterwards.
func FuzzFolder(f *testing.F) {
	root := f.TempDir()
	w, err := record.Create(root, sampleRun(), snap(), sampleSchedule())
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range sampleSchedule()[:3] {
		if err := w.Append(sampleTrial(s)); err != nil {
			f.Fatal(err)
		}
	}
	w.Close()
	files := []string{record.RunFile, record.HostFile, record.ScheduleFile, record.TrialsFile, "boot.bench", record.SumsFile}
	for i, name := range files {
		data, err := os.ReadFile(filepath.Join(w.Dir(), name))
		if err != nil {
			data = []byte("0  run.json\n")
		}
		f.Add(uint8(i), data)
		f.Add(uint8(i), data[:len(data)*2/3])
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		dir := filepath.Join(t.TempDir(), "run")
		copyRun(t, w.Dir(), dir)
		name := files[int(which)%len(files)]
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
		var de *record.DataError
		_, err := record.Load(dir)
		if err != nil && !errors.As(err, &de) {
			t.Fatalf("Load = %v, want a DataError", err)
		}
		r, resumeErr := record.Resume(dir, snap())
		if resumeErr != nil {
			if !errors.As(resumeErr, &de) {
				t.Fatalf("Resume = %v, want a DataError", resumeErr)
			}
			return
		}
		r.Close()
		if err != nil {
			t.Fatalf("Resume accepted what Load refuses: %v", err)
		}
		d, err := record.Load(dir)
		if err != nil || len(d.Warnings) != 0 {
			t.Fatalf("Load after Resume = %v, warnings %v", err, d.Warnings)
		}
	})
}
