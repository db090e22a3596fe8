package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"unibench/harness/record"
	"unibench/harness/report"
	"unibench/harness/table"
)

// copyClaims puts the claims of this repository beside a results root.
func copyClaims(t *testing.T, p *place, results string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(p.sourceRoot, paperDir, claimsName))
	if err != nil {
		t.Fatal(err)
	}
	put(t, besideResults(results, claimsName), data)
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// copyRun copies a published run below results and returns its folder there.
func copyRun(t *testing.T, p *place, suite, results string) string {
	t.Helper()
	from := published(t, p, suite)
	rel, err := filepath.Rel(filepath.Join(p.sourceRoot, "results"), from)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(results, rel)
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// flip changes one digit of the first trial of the program that was measured.
func flip(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	for i, line := range lines {
		at := bytes.Index(line, []byte(`"boot-first-ns":`))
		if at < 0 || bytes.Contains(line, []byte(`"warmup":true`)) || !bytes.Contains(line, []byte(`"benchmark":"Hello"`)) || !bytes.Contains(line, []byte("unikernel")) {
			continue
		}
		at += len(`"boot-first-ns":`)
		lines[i][at] = '0' + (line[at]-'0')%9 + 1
		put(t, path, bytes.Join(lines, nil))
		return
	}
	t.Fatalf("%s has no trial to change", path)
}

// seal makes SHA256SUMS anew, as who changes a file could do.
func seal(t *testing.T, dir string) {
	t.Helper()
	var out bytes.Buffer
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == record.SumsFile {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		fmt.Fprintf(&out, "%x  %s\n", sha256.Sum256(data), rel)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, record.SumsFile), out.Bytes())
}

// TestVerifyRepository verifies what is published, the numbers of the paper included.
func TestVerifyRepository(t *testing.T) {
	p := newPlace(t)
	p.compute()
	status, stdout, stderr := p.do("verify", filepath.Join(p.sourceRoot, "results"))
	if status != exitOK || stderr != "" || !strings.Contains(stdout, "ok  claims: ") || !strings.Contains(stdout, "ok  paper: ") {
		t.Errorf("status %d, want 0: if claims or the text of bench paper changed, make paper/values.tex anew with bench paper -o\n%s%s", status, stdout, stderr)
	}
}

// TestVerifyDigit changes one digit of one stored sample. Each step then also changes
// one file more so that it follows from the sample, as only a forger would: the next
// file gives it away.
func TestVerifyDigit(t *testing.T) {
	p := newPlace(t)
	p.compute()
	results := filepath.Join(p.out, "results")
	dir := copyRun(t, p, "boot", results)
	copyClaims(t, p, results)
	values := besideResults(results, valuesName)
	if status, _, stderr := p.do("paper", "-o", values, results); status != exitOK {
		t.Fatalf("paper: %s", stderr)
	}
	file := func(parts ...string) string { return filepath.Join(append([]string{dir}, parts...)...) }
	want := func(step, text string) {
		t.Helper()
		status, stdout, stderr := p.do("verify", results)
		if status != exitData || stdout != "" || !strings.Contains(stderr, text) {
			t.Errorf("%s: status %d, want %d with %q\n%s%s", step, status, exitData, text, stdout, stderr)
		}
	}
	if status, stdout, stderr := p.do("verify", results); status != exitOK || stderr != "" {
		t.Fatalf("before: status %d\n%s%s", status, stdout, stderr)
	}
	flip(t, file(record.TrialsFile))
	want("one digit", file(record.TrialsFile)+": changed since the run")
	seal(t, dir)
	want("digests", file("boot.bench")+":")

	// A .bench file that was cut short after its head can be completed.
	bench, err := os.ReadFile(file("boot.bench"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, file("boot.bench"), bench[:bytes.Index(bench, []byte("Benchmark"))])
	d, err := record.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if bench, err = d.Bench(); err != nil {
		t.Fatal(err)
	}
	put(t, file("boot.bench"), bench)
	seal(t, dir)
	want("benchmark lines", file(record.TablesDir, "boot.json")+": does not follow from trials.jsonl")

	r, err := report.New(d, report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []table.Format{table.JSON, table.CSV} {
		var b bytes.Buffer
		if err := r.Write(&b, f); err != nil {
			t.Fatal(err)
		}
		if f == table.CSV {
			want("JSON", file(record.TablesDir, "boot.csv")+": does not follow from trials.jsonl")
		}
		put(t, file(record.TablesDir, "boot."+string(f)), b.Bytes())
		seal(t, dir)
	}
	want("tables", "the paper is not what stored runs say: "+shown(values)+":")

	if status, stdout, stderr := p.do("verify", "-values", filepath.Join(p.out, "none"), results); status != exitFailed || !strings.Contains(stderr, "bench paper -o") {
		t.Errorf("no values: status %d\n%s%s", status, stdout, stderr)
	}
	put(t, besideResults(results, claimsName), []byte("version = 2\n"))
	want("claims", "invalid claims file: line 1")
}

// TestVerifyOther verifies digests of a folder that is no run, whatever is in it.
func TestVerifyOther(t *testing.T) {
	p := newPlace(t)
	results := filepath.Join(p.out, "results")
	dir := filepath.Join(results, "conformance", "some-class", "some-run")
	put(t, filepath.Join(dir, "a", "list.txt"), []byte("a\n"))
	put(t, filepath.Join(dir, record.RunFile), []byte("{}\n"))
	seal(t, dir)
	put(t, filepath.Join(dir, "state", "kept"), nil)
	if status, stdout, stderr := p.ask("verify", results); status != exitOK || !strings.Contains(stdout, "some-run: 2 files") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	put(t, filepath.Join(dir, "a", "list.txt"), []byte("b\n"))
	if status, _, stderr := p.ask("verify", results); status != exitData || !strings.Contains(stderr, "list.txt: changed since") {
		t.Errorf("changed: status %d, %s", status, stderr)
	}
	put(t, filepath.Join(results, "noise", "x.json"), []byte("{}"))
	status, stdout, stderr := p.ask("verify", "-json", results)
	if status != exitData || !strings.Contains(stderr, "x.json: invalid noise floor") || !strings.Contains(stderr, "list.txt") {
		t.Errorf("noise: status %d, %s", status, stderr)
	}
	var v struct{ Errors []string }
	if err := json.Unmarshal([]byte(stdout), &v); err != nil || len(v.Errors) != 2 || !strings.Contains(v.Errors[0], "list.txt") {
		t.Errorf("-json: %v, %q", err, v.Errors)
	}
}
