package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Outcomes of a test, as test2json names them, and of a package that was not
// built.
const (
	pass    = "pass"
	fail    = "fail"
	skip    = "skip"
	noBuild = "build-fail"
)

// A packageOutcome is what became of one package on one side.
type packageOutcome struct {
	Package string
	// Action is pass, fail, skip (no tests) or build-fail.
	Action  string
	Seconds float64
	// Tests has the outcome of each test, subtest and example by name, without the
	// addresses in it. A test that was running when the program ended has none.
	Tests map[string]string
	// Took has their seconds, with those of their subtests.
	Took map[string]float64
	// Reasons has what tests that did not pass printed, cut short.
	Reasons map[string]string `json:",omitempty"`
}

// event is one line of go test -json (go doc test2json, and build events).
type event struct {
	Action      string
	Package     string
	ImportPath  string
	Test        string
	Output      string
	Elapsed     float64
	FailedBuild string
}

// addresses are where %v or %#v has put a pointer's value into the name of a test:
// it differs from run to run.
var addresses = regexp.MustCompile(`([(_])0x[0-9a-f]{4,}\)`)

// maxReason is how much of a test's output is kept, in bytes.
const maxReason = 2000

// readEvents calls done with each package's outcome as soon as it is complete.
func readEvents(r io.Reader, done func(packageOutcome) error) error {
	open := map[string]*packageOutcome{}
	output := map[[2]string]*strings.Builder{} // by package and test
	in := bufio.NewReaderSize(r, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 && line[0] == '{' {
			var e event
			if err := json.Unmarshal(line, &e); err != nil {
				return fmt.Errorf("read events of go test: %w", err)
			}
			if err := take(open, output, e, done); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read events of go test: %w", err)
		}
	}
}

func take(open map[string]*packageOutcome, output map[[2]string]*strings.Builder, e event, done func(packageOutcome) error) error {
	if e.Package == "" {
		return nil // of the build
	}
	p := open[e.Package]
	if p == nil {
		p = &packageOutcome{Package: e.Package, Tests: map[string]string{}, Took: map[string]float64{}, Reasons: map[string]string{}}
		open[e.Package] = p
	}
	key := [2]string{e.Package, e.Test}
	switch e.Action {
	case "output":
		b := output[key]
		if b == nil {
			b = &strings.Builder{}
			output[key] = b
		}
		if b.Len() < maxReason && !strings.HasPrefix(e.Output, "=== ") {
			b.WriteString(e.Output)
		}
	case pass, fail, skip:
		text := ""
		if b := output[key]; b != nil {
			text = b.String()
		}
		delete(output, key)
		if e.Test != "" {
			name := addresses.ReplaceAllString(e.Test, "${1}0x*)")
			if p.Tests[name] != fail { // of two with the same name
				p.Tests[name] = e.Action
			}
			p.Took[name] = max(p.Took[name], e.Elapsed)
			if e.Action != pass {
				p.Reasons[name] = text
			}
			return nil
		}
		p.Action, p.Seconds = e.Action, e.Elapsed
		if e.FailedBuild != "" {
			p.Action = noBuild
		}
		if p.Action == fail || p.Action == noBuild {
			p.Reasons[""] = text
			for k, b := range output { // of tests that never ended
				if k[0] == e.Package {
					p.Reasons[k[1]] = b.String()
				}
			}
		}
		delete(open, e.Package)
		return done(*p)
	}
	return nil
}
