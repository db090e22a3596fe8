package verify_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"unibench/harness/record"
	"unibench/harness/record/recordtest"
	"unibench/harness/report"
	"unibench/harness/table"
	"unibench/harness/verify"
)

func of(d *record.Data) (*report.Report, error) { return report.New(d, report.Options{Rounds: 100}) }

// store makes a sealed run with tables, changed by edit before it is sealed.
func store(t *testing.T, edit func(name string, data []byte) []byte) string {
	t.Helper()
	s := recordtest.Spec{Value: func(s record.Slot, unit string, rng *rand.Rand) (float64, bool) { return 1e6 + 1e5*rng.Float64(), true }}
	root := t.TempDir()
	d := s.Data()
	w, err := record.Create(root, d.Run, d.Host.Snapshots[0], d.Schedule)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, trial := range d.Trials {
		if err := w.Append(trial); err != nil {
			t.Fatal(err)
		}
	}
	r, err := of(w.Data())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []table.Format{table.JSON, table.CSV} {
		var b bytes.Buffer
		if err := r.Write(&b, f); err != nil {
			t.Fatal(err)
		}
		name := record.TablesDir + "/boot." + string(f)
		data := b.Bytes()
		if edit != nil {
			data = edit(string(f), data)
		}
		if err := w.WriteFile(name, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Seal(); err != nil {
		t.Fatal(err)
	}
	return w.Dir()
}

// TestTables stores tables that differ from what the trials lead to.
func TestTables(t *testing.T) {
	replace := func(format, old, new string) func(string, []byte) []byte {
		return func(f string, data []byte) []byte {
			if f != format {
				return data
			}
			out := bytes.Replace(data, []byte(old), []byte(new), 1)
			if bytes.Equal(out, data) {
				t.Fatalf("%s has no %q", format, old)
			}
			return out
		}
	}
	for _, c := range []struct {
		name string
		edit func(string, []byte) []byte
		want string // empty: fine
	}{
		{"as made", nil, ""},
		{"wording of a note", replace("json", "one value is one fresh start", "each value is a start"), ""},
		{"a count", replace("json", `"n": 10`, `"n": 11`), "tables/boot.json: does not follow from trials.jsonl: .rows[0].cells[0].n is 11, computed again it is 10"},
		{"digits", replace("json", `"median": 10`, `"median": 20`), "computed again it is 10"},
		{"a key", replace("json", `"seed":`, `"sad":`), ".sad is stored and not computed again"},
		{"not JSON", replace("json", "{", "["), "not valid JSON"},
		{"a row less", replace("json", `"targets": [`, `"targets": [ "x",`), ".targets has 3 entries"},
		{"CSV", replace("csv", "Hello,boot-first-ns,lower", "Hello,boot-first-ns,higher"), `tables/boot.csv: does not follow from trials.jsonl: line 2, better is "higher", computed again it is "lower"`},
		{"CSV head", replace("csv", "benchmark,unit", "benchmark,units"), "column units is stored and not computed again"},
		{"CSV line", func(f string, data []byte) []byte {
			if f == "csv" {
				return data[:bytes.LastIndexByte(data[:len(data)-1], '\n')+1]
			}
			return data
		}, "lines, computed again"},
	} {
		got, err := verify.Run(store(t, c.edit), of)
		var bad *record.DataError
		switch {
		case c.want == "" && (err != nil || got.Tables != 2 || got.Trials != 20 || got.Files == 0):
			t.Errorf("%s: %+v, %v; want no error", c.name, got, err)
		case c.want != "" && (!errors.As(err, &bad) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestFolder changes the folder of a sealed run.
func TestFolder(t *testing.T) {
	at := func(dir, name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	for _, c := range []struct {
		name   string
		change func(dir string) error
		want   string
	}{
		{"a file more", func(dir string) error { return os.WriteFile(at(dir, "raw.txt"), nil, 0o644) }, "raw.txt: not listed in SHA256SUMS"},
		{"a hidden file", func(dir string) error { return os.WriteFile(at(dir, ".nfs1"), nil, 0o644) }, ""},
		{"no digests", func(dir string) error { return os.Remove(at(dir, record.SumsFile)) }, "SHA256SUMS: is missing"},
		{"empty digests", func(dir string) error { return os.WriteFile(at(dir, record.SumsFile), nil, 0o644) }, "SHA256SUMS: cut short"},
		{"a file less", func(dir string) error { return os.Remove(at(dir, "tables/boot.csv")) }, "boot.csv: listed in SHA256SUMS but cannot be read"},
		{"a changed file", func(dir string) error { return os.WriteFile(at(dir, "tables/boot.csv"), []byte("x"), 0o644) }, "boot.csv: changed since the run"},
		{"a newer layout", func(dir string) error {
			os.Remove(at(dir, record.SumsFile))
			data, err := os.ReadFile(at(dir, record.RunFile))
			if err != nil {
				return err
			}
			return os.WriteFile(at(dir, record.RunFile), bytes.Replace(data, []byte(`"schema": 1`), []byte(`"schema": 9`), 1), 0o644)
		}, "schema version 9"},
	} {
		dir := store(t, nil)
		if err := c.change(dir); err != nil {
			t.Fatal(err)
		}
		_, err := verify.Run(dir, of)
		var bad *record.DataError
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &bad) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestTree finds an interrupted run beside a whole one, and a folder that is no run.
func TestTree(t *testing.T) {
	root := t.TempDir()
	s := recordtest.Spec{Value: func(s record.Slot, unit string, rng *rand.Rand) (float64, bool) { return 1e6, true }}
	s.Store(t, root, -1)
	s.HostClass = "other-2c"
	begun := s.Store(t, root, 5)
	got, err := verify.Tree(root, of)
	if len(got) != 1 || err == nil || !strings.Contains(err.Error(), "10 of 20 planned trials have not ended; continue with bench run -resume "+begun) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := verify.Tree(filepath.Join(root, "none"), of); err == nil {
		t.Error("a root that does not exist is fine")
	}
}
