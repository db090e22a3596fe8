package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRun runs go test on a module with a test of each fate.
func TestRun(t *testing.T) {
	tests := []struct {
		name, body string
		status     int
		want       []string
		hidden     string
	}{
		{
			name:   "skip",
			body:   `func TestA(t *testing.T) { t.Log("quiet") }` + "\n" + `func TestB(t *testing.T) { t.Skip("no device here") }`,
			want:   []string{": 1 passed, 1 skipped\n", "skipped:\n  example TestB: a_test.go:6: no device here\n", "1 tests passed, 1 skipped, 0 failures\n"},
			hidden: "quiet",
		},
		{
			name:   "fail",
			body:   `func TestA(t *testing.T) { t.Error("broken") }`,
			status: 1,
			want:   []string{"broken", "FAIL ", "0 tests passed, 0 skipped, 2 failures\n"},
		},
		{
			name:   "crash",
			body:   `func TestA(t *testing.T) { go func() { panic("loose") }(); select {} }`,
			status: 1,
			want:   []string{"panic: loose", "FAIL "},
		},
		{
			name:   "no build",
			body:   `func TestA(t *testing.T) { undefined() }`,
			status: 1,
			want:   []string{"undefined: undefined", "FAIL "},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{
				"go.mod":    "module example\n\ngo 1.26\n",
				"a_test.go": "package a\n\nimport \"testing\"\n\n" + test.body + "\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			t.Chdir(dir)
			var stdout, stderr bytes.Buffer
			status := run(&stdout, &stderr, []string{"-vet=off", "./..."})
			if status != test.status {
				t.Errorf("run() = %d, want %d; standard error:\n%s", status, test.status, &stderr)
			}
			for _, want := range test.want {
				if !strings.Contains(stdout.String(), want) {
					t.Errorf("run() printed no %q but:\n%s", want, &stdout)
				}
			}
			if test.hidden != "" && strings.Contains(stdout.String(), test.hidden) {
				t.Errorf("run() printed %q:\n%s", test.hidden, &stdout)
			}
		})
	}
}

// TestReadForeign has lines that go test passes through as they are.
func TestReadForeign(t *testing.T) {
	var out bytes.Buffer
	w := bufio.NewWriter(&out)
	s := newSummary(w)
	in := "# some tool speaks\n" +
		`{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}` + "\n" +
		`{"Action":"skip","Package":"p","Test":"TestA","Elapsed":0}` + "\n" +
		`{"Action":"pass","Package":"p","Elapsed":1.25}`
	if err := s.read(strings.NewReader(in)); err != nil {
		t.Fatal(err)
	}
	s.finish()
	_ = w.Flush()
	want := "# some tool speaks\nok       1.2 s  p: 0 passed, 1 skipped\nskipped:\n  p TestA: no reason given\n0 tests passed, 1 skipped, 0 failures\n"
	if got := out.String(); got != want {
		t.Errorf("summary = %q, want %q", got, want)
	}
}
