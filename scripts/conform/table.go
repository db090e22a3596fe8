package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// markdown is the table with what it was measured on.
func (c comparison) markdown(i info) []byte {
	var b bytes.Buffer
	subject, short := "Go's standard library tests", "Both sides with -short, without cgo. "
	if len(i.Modules) > 0 {
		subject, short = "the tests of other modules", "Both sides with the same flags (modules.txt), without cgo. "
	}
	fmt.Fprintf(&b, "# Conformance: %s\n\n%s.\n\n", subject, c.summary())
	fmt.Fprintf(&b, "%s, commit %s, %s; %s, %s, %d CPUs; unikernels with %s and as many vCPUs. "+short+
		"Tests, subtests and examples that pass as a process are matched by name; [differences](differences.md) has the others with their reasons.\n\n",
		i.GoVersion, i.Commit, i.Start.Format("2006-01-02"), i.Kernel, i.CPU, i.CPUs, i.Memory)
	if len(i.Modules) > 0 {
		fmt.Fprintf(&b, "Modules: %s.\n\n", strings.Join(i.Modules, ", "))
	}
	fmt.Fprintln(&b, "| package | process: passed | failed | skipped | unikernel: passed | failed | skipped | not ended | pass on both |")
	fmt.Fprintln(&b, "|:--|--:|--:|--:|--:|--:|--:|--:|--:|")
	for _, r := range append(slices.Clone(c.Rows), c.total()) {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d | %d | %.1f %% |\n", r.Package,
			r.Process.Pass, r.Process.Fail, r.Process.Skip+r.Process.Missing,
			r.Unikernel.Pass, r.Unikernel.Fail, r.Unikernel.Skip, r.Unikernel.Missing, 100*r.share())
	}
	if slow := c.total().Slower; len(slow) > 0 {
		fmt.Fprintf(&b, "\nTests that take more than %d times as long as a unikernel, and more than %v s:\n\n", slowRatio, slowSeconds)
		for _, t := range slow {
			fmt.Fprintf(&b, "- %s\n", t)
		}
	}
	return b.Bytes()
}

func (c comparison) csv() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{
		"package", "process-pass", "process-fail", "process-skip", "unikernel-pass", "unikernel-fail", "unikernel-skip",
		"unikernel-missing", "both-pass", "process-s", "unikernel-s",
	})
	for _, r := range c.Rows {
		var line []string
		for _, n := range []int{
			r.Process.Pass, r.Process.Fail, r.Process.Skip, r.Unikernel.Pass, r.Unikernel.Fail, r.Unikernel.Skip,
			r.Unikernel.Missing, r.Both,
		} {
			line = append(line, strconv.Itoa(n))
		}
		seconds := func(s float64) string { return strconv.FormatFloat(s, 'f', 2, 64) }
		line = append([]string{r.Package}, append(line, seconds(r.ProcessSeconds), seconds(r.UnikernelSeconds))...)
		_ = w.Write(line)
	}
	w.Flush() // to memory: no error
	return b.Bytes()
}

// differences lists each test that differs, by reason.
func (c comparison) differences(x *expectations) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Tests that pass as a process and not as a unikernel\n\n%s.\n", c.summary())
	all := c.total().Differences
	for _, reason := range append(slices.Clone(x.order), "") {
		var list []difference
		for _, d := range all {
			if d.Expected == reason {
				list = append(list, d)
			}
		}
		if len(list) == 0 {
			continue
		}
		title := "Not expected"
		if reason != "" {
			title = x.reasons[reason]
		}
		fmt.Fprintf(&b, "\n## %s: %d\n\n", title, len(list))
		for _, d := range list {
			fmt.Fprintf(&b, "- %s %s: %s\n", d.Package, d.Test, outcomeText(d.Outcome))
		}
	}
	return b.Bytes()
}

// text is the expectations as a file that parseExpected reads.
func (x *expectations) text() []byte {
	var b bytes.Buffer
	for _, name := range x.order {
		fmt.Fprintf(&b, "reason %s %s\n", name, x.reasons[name])
		for _, r := range x.outputs {
			if r.reason == name {
				fmt.Fprintf(&b, "output %s %s\n", name, r.text)
			}
		}
		for _, r := range x.rules {
			if r.reason != name {
				continue
			}
			mark := ""
			if r.leave {
				mark = "!"
			}
			fmt.Fprintf(&b, "%s %s %s%s\n", name, r.pkg, mark, r.pattern)
		}
	}
	return b.Bytes()
}

// writeTests writes every test's outcome on both sides.
func writeTests(w io.Writer, process, unikernel map[string]packageOutcome) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"package", "test", "process", "unikernel", "process-s", "unikernel-s"}); err != nil {
		return err
	}
	took := func(p packageOutcome, test string) string {
		if s, ok := p.Took[test]; ok {
			return strconv.FormatFloat(s, 'f', -1, 64)
		}
		return ""
	}
	for _, pkg := range slices.Sorted(maps.Keys(process)) {
		names := map[string]bool{}
		for test := range process[pkg].Tests {
			names[test] = true
		}
		for test := range unikernel[pkg].Tests {
			names[test] = true
		}
		for _, test := range slices.Sorted(maps.Keys(names)) {
			line := []string{
				pkg, strings.ToValidUTF8(test, "?"), process[pkg].Tests[test], unikernel[pkg].Tests[test],
				took(process[pkg], test), took(unikernel[pkg], test),
			}
			if err := out.Write(line); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}
