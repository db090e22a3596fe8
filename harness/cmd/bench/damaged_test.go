package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"unibench/harness/noise"
	"unibench/harness/record"
)

// readers are the commands that read stored runs.
func readers(results, run string) map[string][]string {
	return map[string][]string{
		"stat":          {"stat", run},
		"compare":       {"compare", run, run},
		"trend":         {"trend", results},
		"report":        {"report", "-o", "-", run},
		"export":        {"export", run},
		"export series": {"export", "-series", run},
		"export hdr":    {"export", "-hdr", "-out", filepath.Join(results, "..", "hdr"), run},
		"verify":        {"verify", results},
		"reproduce":     {"reproduce", "-results", results},
		"paper":         {"paper", results},
	}
}

// refused wants one line on standard error, which has every text, and status 4.
func refused(t *testing.T, p *place, name string, args []string, texts ...string) {
	t.Helper()
	status, stdout, stderr := p.ask(args...)
	if status != exitData || stdout != "" || strings.Count(stderr, "\n") != 1 {
		t.Errorf("%s: status %d, want %d and one line\n%s%s", name, status, exitData, stdout, stderr)
	}
	for _, text := range texts {
		if !strings.Contains(stderr, text) {
			t.Errorf("%s: no %q in %s", name, text, stderr)
		}
	}
}

// half cuts a file in the middle of a line.
func half(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := len(data) / 2
	for data[n-1] == '\n' {
		n--
	}
	put(t, path, data[:n])
}

// lineLess cuts the last line of a file off.
func lineLess(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	put(t, path, data[:bytes.LastIndexByte(data[:len(data)-1], '\n')+1])
}

func empty(t *testing.T, path string) {
	t.Helper()
	put(t, path, nil)
}

// TestDamagedRun damages each kind of file of a published run. Every command that reads
// runs, and the page of bench serve, names the file.
func TestDamagedRun(t *testing.T) {
	p := newPlace(t)
	whole := filepath.Join(p.out, "whole")
	from := copyRun(t, p, "boot", whole)
	rel, err := filepath.Rel(whole, from)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, file string
		damage     func(*testing.T, string)
		says       string
		unsealed   bool // also without the digests that a run in the making does not have
	}{
		{"run cut", record.RunFile, half, "cut short", true},
		{"run empty", record.RunFile, empty, "cut short", true},
		{"host cut", record.HostFile, half, "cut short", true},
		{"schedule cut", record.ScheduleFile, half, "cut short", true},
		{"trials cut", record.TrialsFile, half, "cut short", true},
		{"trials a line less", record.TrialsFile, lineLess, "changed since the run", false},
		{"lines cut", "boot.bench", half, "cut short", false},
		{"raw cut", "raw/session0/observations.jsonl", half, "cut short", false},
		{"log cut", "raw/session0/build-Hello.log", half, "changed since the run", false},
		{"table cut", "tables/boot.csv", half, "changed since the run", false},
		{"digests cut", record.SumsFile, half, "cut short", false},
		{"digests a line less", record.SumsFile, lineLess, "cut short: it does not list trials.jsonl", false},
		{"digests empty", record.SumsFile, empty, "cut short", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			results := filepath.Join(t.TempDir(), "results")
			run := filepath.Join(results, rel)
			if err := os.CopyFS(run, os.DirFS(from)); err != nil {
				t.Fatal(err)
			}
			copyClaims(t, p, results)
			tt.damage(t, filepath.Join(run, filepath.FromSlash(tt.file)))
			for name, args := range readers(results, run) {
				refused(t, p, name, args, tt.file, tt.says)
			}
			if !tt.unsealed {
				return
			}
			if err := os.Remove(filepath.Join(run, record.SumsFile)); err != nil {
				t.Fatal(err)
			}
			for name, args := range readers(results, run) {
				refused(t, p, name+" without digests", args, tt.file, tt.says)
			}
		})
	}
}

// newer makes a run of what a later version of this program might write.
func newer(t *testing.T, run string) {
	t.Helper()
	path := filepath.Join(run, record.RunFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.Replace(data, []byte(`"schema": 1,`), []byte(`"schema": 7, "invented_later": [1, {}],`), 1)
	put(t, path, data)
	seal(t, run)
}

func TestNewerRun(t *testing.T) {
	p := newPlace(t)
	results := filepath.Join(p.out, "results")
	run := copyRun(t, p, "boot", results)
	copyClaims(t, p, results)
	newer(t, run)
	says := []string{record.RunFile, "schema version 7", "knows version 1", "update the source and build bench again", "the run is of commit 474a8580b7bb"}
	for name, args := range readers(results, run) {
		refused(t, p, name, args, says...)
	}
	refused(t, p, "resume", []string{"run", "-resume", run, "-force"}, says...)

	// In the browser it is one of the runs, with the reason on its page.
	status, _, stderr := p.until([]string{"serve", results}, func(line string) {
		rel, err := filepath.Rel(results, run)
		if err != nil {
			t.Error(err)
			return
		}
		answer, err := http.Get(address.FindString(line) + "run/" + filepath.ToSlash(rel))
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusInternalServerError {
			t.Errorf("%s, %v", answer.Status, err)
		}
		for _, text := range says {
			if !bytes.Contains(body, []byte(text)) {
				t.Errorf("no %q in\n%s", text, body)
			}
		}
	})
	if status != exitOK || stderr != "" {
		t.Errorf("serve: status %d, %s", status, stderr)
	}
}

// TestDamagedNoise: the commands that use the noise floor name the file; the others do
// not need it.
func TestDamagedNoise(t *testing.T) {
	p := newPlace(t)
	results := filepath.Join(p.out, "results")
	old, run := history(0, 1, 0.005).Store(t, results, -1), history(1, 1, 0.005).Store(t, results, -1)
	path := noise.Path(results, "pvm-2c")
	good := []byte(`{"schema": 2, "host_class": "pvm-2c", "measured": "2026-01-01T00:00:00Z", "expires": "2099-01-01T00:00:00Z", "floors": []}` + "\n")
	for _, tt := range []struct {
		name, content string
		says          []string
	}{
		{"cut", string(good[:len(good)/2]), []string{"cut short", "remove it and measure it anew with bench selftest"}},
		{"empty", "", []string{"cut short"}},
		{"newer", strings.Replace(string(good), `"schema": 2`, `"schema": 3, "later": 1`, 1), []string{"schema version 3", "knows version 2", "update the source"}},
		{"of another class", strings.Replace(string(good), "pvm-2c", "amd-8c", 1), []string{"amd-8c"}},
	} {
		put(t, path, []byte(tt.content))
		says := append(tt.says, path)
		if tt.name != "of another class" { // verify looks at each file alone
			refused(t, p, tt.name+": verify", []string{"verify", results}, says...)
		}
		refused(t, p, tt.name+": compare", []string{"compare", old, run}, says...)
		refused(t, p, tt.name+": trend", []string{"trend", results}, says...)
		for _, args := range [][]string{{"stat", run}, {"report", "-o", "-", run}, {"export", run}} {
			if status, _, stderr := p.ask(args...); status != exitOK || stderr != "" {
				t.Errorf("%s: %s: status %d, %s", tt.name, args[0], status, stderr)
			}
		}
	}
	put(t, path, good)
	if status, _, stderr := p.ask("compare", old, run); status != exitOK {
		t.Errorf("a whole one: status %d, %s", status, stderr)
	}
}
