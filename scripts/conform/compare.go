package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// counts are numbers of tests by outcome.
type counts struct{ Pass, Fail, Skip, Missing int }

func (c *counts) add(outcome string) {
	switch outcome {
	case pass:
		c.Pass++
	case fail:
		c.Fail++
	case skip:
		c.Skip++
	default:
		c.Missing++
	}
}

// A row is one package in the table.
type row struct {
	Package            string
	Process, Unikernel counts
	// Both is the number of tests that pass on both sides.
	Both int
	// Seconds that the tests took, with the start of the VM.
	ProcessSeconds, UnikernelSeconds float64
	Differences                      []difference
	Slower                           []slower
}

// From here on a test is slower as a unikernel: so many times, and so long. Below
// a second it is the host's other work that decides.
const (
	slowRatio   = 3
	slowSeconds = 1.0
)

// A slower test passes on both sides, as a unikernel in much more time.
type slower struct {
	Package, Test      string
	Process, Unikernel float64 // seconds
}

func (s slower) String() string {
	return fmt.Sprintf("%s %s: %.2f s as a process, %.2f s as a unikernel", s.Package, s.Test, s.Process, s.Unikernel)
}

// A difference is a test that passes as a process and not as a unikernel.
type difference struct {
	Package, Test string
	Outcome       string // as a unikernel; "" if it did not end
	Expected      string // name of the reason, or ""
	Output        string
}

// A comparison is the result of a run.
type comparison struct {
	Rows  []row
	Stale []string // expectations that nothing needed
}

// compare matches the outcomes of both sides.
func compare(process, unikernel map[string]packageOutcome, x *expectations) comparison {
	var c comparison
	for _, pkg := range slices.Sorted(maps.Keys(process)) {
		p, u := process[pkg], unikernel[pkg]
		r := row{Package: pkg, ProcessSeconds: p.Seconds, UnikernelSeconds: u.Seconds}
		for _, test := range slices.Sorted(maps.Keys(p.Tests)) {
			was, is := p.Tests[test], u.Tests[test]
			r.Process.add(was)
			r.Unikernel.add(is)
			if was != pass {
				continue
			}
			if is == pass {
				r.Both++
				if t := (slower{pkg, test, p.Took[test], u.Took[test]}); t.Unikernel > slowSeconds &&
					t.Unikernel > slowRatio*t.Process && !strings.Contains(test, "/") {
					r.Slower = append(r.Slower, t)
				}
				continue
			}
			d := difference{Package: pkg, Test: test, Outcome: is, Output: u.Reasons[test]}
			d.Expected = x.reason(pkg, test, d.Output)
			if is == "" && d.Output == "" {
				d.Output = u.Reasons[""]
			}
			r.Differences = append(r.Differences, d)
		}
		inherit(r.Differences)
		// Tests that only the unikernel has are names that depend on the run.
		c.Rows = append(c.Rows, r)
	}
	c.Stale = x.unused(func(pkg string) bool { _, ok := process[pkg]; return ok })
	return c
}

// inherit gives a test the reason of its subtests if it failed because they did:
// all of those that differ are expected to. And it gives subtests that never began
// the reason of their test.
func inherit(list []difference) {
	reasons := map[string]string{}
	for i := range list {
		d := &list[i]
		for name := d.Test; d.Expected == "" && d.Outcome == ""; {
			at := strings.LastIndexByte(name, '/')
			if at < 0 {
				break
			}
			name = name[:at]
			d.Expected = reasons[name]
		}
		reasons[d.Test] = d.Expected
	}
	for i := len(list) - 1; i >= 0; i-- { // sorted: subtests come behind their test
		d := &list[i]
		if d.Expected != "" || d.Outcome == "" {
			continue
		}
		reason := ""
		for _, child := range list[i+1:] {
			if !strings.HasPrefix(child.Test, d.Test+"/") {
				continue
			}
			if reason = child.Expected; reason == "" {
				break
			}
		}
		d.Expected = reason
	}
}

// total sums the rows up.
func (c comparison) total() (t row) {
	t.Package = "all"
	for _, r := range c.Rows {
		t.Process.sum(r.Process)
		t.Unikernel.sum(r.Unikernel)
		t.Both += r.Both
		t.ProcessSeconds += r.ProcessSeconds
		t.UnikernelSeconds += r.UnikernelSeconds
		t.Differences = append(t.Differences, r.Differences...)
		t.Slower = append(t.Slower, r.Slower...)
	}
	return t
}

func (c *counts) sum(o counts) {
	c.Pass += o.Pass
	c.Fail += o.Fail
	c.Skip += o.Skip
	c.Missing += o.Missing
}

func (c comparison) unexpected() (n int) {
	for _, d := range c.total().Differences {
		if d.Expected == "" {
			n++
		}
	}
	return n
}

// share is the part of the tests passing as a process that pass as a unikernel.
func (r row) share() float64 {
	if r.Process.Pass == 0 {
		return 1
	}
	return float64(r.Both) / float64(r.Process.Pass)
}

// summary is the result in a sentence.
func (c comparison) summary() string {
	t := c.total()
	return fmt.Sprintf("%d packages: %d of the %d tests that pass as a process pass as a unikernel (%.2f %%), %d differ as expected, %d unexpectedly",
		len(c.Rows), t.Both, t.Process.Pass, 100*t.share(), len(t.Differences)-c.unexpected(), c.unexpected())
}

// print says what differs unexpectedly, what is slower, and the summary.
func (c comparison) print(w io.Writer) {
	for _, d := range c.total().Differences {
		if d.Expected != "" {
			continue
		}
		fmt.Fprintf(w, "differs: %s %s: passes as a process, as a unikernel: %s\n", d.Package, d.Test, outcomeText(d.Outcome))
		for line := range strings.Lines(d.Output) {
			fmt.Fprintf(w, "\t%s\n", strings.TrimRight(line, "\n"))
		}
	}
	for _, s := range c.Stale {
		fmt.Fprintf(w, "expected, and no difference: %s\n", s)
	}
	for _, t := range c.total().Slower {
		fmt.Fprintf(w, "slower: %s\n", t)
	}
	fmt.Fprintln(w, c.summary())
}

func outcomeText(outcome string) string {
	if outcome == "" {
		return "did not end"
	}
	return outcome
}
