package plot_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"unibench/harness/plot"
	"unibench/harness/record"
	"unibench/harness/table"
)

// TestFromFolder goes the whole way: trials into a folder, the folder read back,
// tables, figures and page into the folder, sealed and verified. Figures of the
// folder read back equal those of the run that wrote it.
func TestFromFolder(t *testing.T) {
	made := sample(6, 1)
	w, err := record.Create(t.TempDir(), made.Run, record.Snapshot{Host: json.RawMessage("{}")}, made.Schedule)
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range made.Trials {
		if err := w.Append(tr); err != nil {
			t.Fatal(err)
		}
	}
	publish := func(d *record.Data, put func(rel string, data []byte)) {
		r := reportOf(t, d)
		var names []string
		figures, err := plot.All(d, r, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range figures {
			for _, format := range plot.Formats() {
				names = append(names, record.PlotsDir+"/"+f.Name+"."+string(format))
				put(names[len(names)-1], write(t, f, format))
			}
		}
		for _, format := range table.Formats() {
			var b bytes.Buffer
			if err := r.Write(&b, format); err != nil {
				t.Fatal(err)
			}
			put(record.TablesDir+"/boot."+string(format), b.Bytes())
		}
		page, err := r.Page(d, names)
		if err != nil {
			t.Fatal(err)
		}
		put(record.ReportFile, page)
	}
	publish(w.Data(), func(rel string, data []byte) {
		if err := w.WriteFile(rel, data); err != nil {
			t.Fatal(err)
		}
	})
	if err := w.Seal(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if sealed, err := record.VerifySums(w.Dir()); !sealed || err != nil {
		t.Fatalf("VerifySums = %v, %v", sealed, err)
	}
	d, err := record.Load(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	publish(d, func(rel string, data []byte) {
		count++
		stored, err := os.ReadFile(filepath.Join(w.Dir(), rel))
		if err != nil || !bytes.Equal(stored, data) {
			t.Errorf("%s made again from the folder differs (%v)", rel, err)
		}
	})
	if count != 3*2+5+1 {
		t.Errorf("%d files, want three figures in two formats, five tables and the page", count)
	}
}
