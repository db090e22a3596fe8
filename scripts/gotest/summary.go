package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// event is one line of go test -json.
type event struct {
	Action     string
	Package    string
	ImportPath string // of build output, in place of Package
	Test       string
	Elapsed    float64 // seconds
	Output     string
}

// summary prints what happened while it happens, and counts it.
type summary struct {
	w       *bufio.Writer
	output  map[[2]string]*strings.Builder // by package and test, until it ends
	tests   map[string]int                 // tests passed, by package
	skipped map[string]int
	skips   []string
	passed  int
	failed  int // tests and packages
}

func newSummary(w *bufio.Writer) *summary {
	return &summary{w: w, output: map[[2]string]*strings.Builder{}, tests: map[string]int{}, skipped: map[string]int{}}
}

// read consumes the stream to its end. A line that is no event is shown as it is.
func (s *summary) read(r io.Reader) error {
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil && e.Action != "" {
				s.add(e)
			} else {
				_, _ = s.w.Write(line)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) add(e event) {
	key := [2]string{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(s.w, e.Output)
	case "output":
		if s.output[key] == nil {
			s.output[key] = &strings.Builder{}
		}
		s.output[key].WriteString(e.Output)
	case "pass", "fail", "skip":
		text := ""
		if b := s.output[key]; b != nil {
			text = b.String()
		}
		delete(s.output, key)
		if e.Test == "" {
			s.endPackage(e, text)
		} else {
			s.endTest(e, text)
		}
	}
}

func (s *summary) endTest(e event, text string) {
	switch e.Action {
	case "pass":
		s.passed++
		s.tests[e.Package]++
	case "fail":
		s.failed++
		fmt.Fprintf(s.w, "--- %s\n%s", e.Package, text)
	case "skip":
		s.skipped[e.Package]++
		s.skips = append(s.skips, fmt.Sprintf("%s %s: %s", e.Package, e.Test, reason(text)))
	}
}

func (s *summary) endPackage(e event, text string) {
	n, skipped := s.tests[e.Package], s.skipped[e.Package]
	switch {
	case e.Action == "fail":
		s.failed++
		s.unfinished(e.Package)
		fmt.Fprintf(s.w, "%sFAIL  %6.1f s  %s\n", text, e.Elapsed, e.Package)
	case e.Action == "skip" && n+skipped == 0:
		// No test files.
	case skipped > 0:
		fmt.Fprintf(s.w, "ok    %6.1f s  %s: %d passed, %d skipped\n", e.Elapsed, e.Package, n, skipped)
	default:
		fmt.Fprintf(s.w, "ok    %6.1f s  %s: %d passed\n", e.Elapsed, e.Package, n)
	}
	_ = s.w.Flush()
}

// unfinished prints what the tests of a package printed that have not ended: the
// one that ended the process is among them.
func (s *summary) unfinished(pkg string) {
	for _, key := range slices.SortedFunc(maps.Keys(s.output), func(a, b [2]string) int { return strings.Compare(a[1], b[1]) }) {
		if key[0] == pkg {
			fmt.Fprintf(s.w, "--- %s, unfinished\n%s", pkg, s.output[key])
			delete(s.output, key)
		}
	}
}

// finish prints the skips, each with its reason, and the sums.
func (s *summary) finish() {
	if len(s.skips) > 0 {
		fmt.Fprintf(s.w, "skipped:\n")
		for _, line := range s.skips {
			fmt.Fprintf(s.w, "  %s\n", line)
		}
	}
	fmt.Fprintf(s.w, "%d tests passed, %d skipped, %d failures\n", s.passed, len(s.skips), s.failed)
}

// reason is what a skipped test logged: its output without the lines that the
// test framework writes.
func reason(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return "no reason given"
	}
	return strings.Join(lines, "; ")
}
