package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"
)

//go:embed expected.txt
var builtinExpected string

// expectations are the differences that are known, with their reasons.
type expectations struct {
	reasons map[string]string // by name
	order   []string
	rules   []rule
	outputs []outputRule
}

// An outputRule expects every test to differ that says so itself: its output
// matches.
type outputRule struct {
	reason string
	text   *regexp.Regexp
}

// A rule expects one test, or all that a pattern matches, to differ.
type rule struct {
	reason  string
	pkg     string
	pattern string // path.Match of a test and all of its subtests
	// leave keeps the test from being run as a unikernel: it would take the
	// tests after it along.
	leave bool
	used  bool
}

// parseExpected reads lines of these forms; # begins a comment.
//
//	reason NAME TEXT...       declares a reason
//	NAME PACKAGE PATTERN...   tests that differ for that reason
//	NAME PACKAGE !TEST...     the same, and not to be run
//	output NAME REGEXP        any test whose own output matches
//
// A pattern covers a test with its subtests. One of a subtest also covers the
// test that it is part of.
func parseExpected(r io.Reader) (*expectations, error) {
	x := &expectations{reasons: map[string]string{}}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 0 || strings.HasPrefix(words[0], "#"):
		case len(words) < 3:
			return nil, fmt.Errorf("expected differences, line %d: want a reason, a package and tests", n)
		case words[0] == "reason":
			if _, ok := x.reasons[words[1]]; ok {
				return nil, fmt.Errorf("expected differences, line %d: reason %s is there twice", n, words[1])
			}
			x.reasons[words[1]] = strings.Join(words[2:], " ")
			x.order = append(x.order, words[1])
		case words[0] == "output":
			if _, ok := x.reasons[words[1]]; !ok {
				return nil, fmt.Errorf("expected differences, line %d: no reason %s", n, words[1])
			}
			text, err := regexp.Compile(strings.Join(words[2:], " "))
			if err != nil {
				return nil, fmt.Errorf("expected differences, line %d: %w", n, err)
			}
			x.outputs = append(x.outputs, outputRule{words[1], text})
		default:
			if _, ok := x.reasons[words[0]]; !ok {
				return nil, fmt.Errorf("expected differences, line %d: no reason %s", n, words[0])
			}
			for _, pattern := range words[2:] {
				r := rule{reason: words[0], pkg: words[1]}
				r.pattern, r.leave = strings.CutPrefix(pattern, "!")
				if _, err := path.Match(r.pattern, ""); err != nil {
					return nil, fmt.Errorf("expected differences, line %d: %s: %w", n, pattern, err)
				}
				if r.leave && strings.ContainsAny(r.pattern, "*?[\\") {
					return nil, fmt.Errorf("expected differences, line %d: %s: a test that is not run has to be named", n, pattern)
				}
				x.rules = append(x.rules, r)
			}
		}
	}
	return x, lines.Err()
}

// reason returns why a test of a package may differ, or "". output is what it
// printed.
func (x *expectations) reason(pkg, test, output string) string {
	for i := range x.rules {
		r := &x.rules[i]
		if r.pkg == pkg && r.covers(test) {
			r.used = true
			return r.reason
		}
	}
	for _, r := range x.outputs {
		if r.text.MatchString(output) {
			return r.reason
		}
	}
	return ""
}

func (r *rule) covers(test string) bool {
	if strings.HasPrefix(r.pattern, test+"/") {
		return true
	}
	// The pattern's own number of levels, and all below them.
	parts := strings.Split(test, "/")
	n := strings.Count(r.pattern, "/") + 1
	if len(parts) < n {
		return false
	}
	ok, _ := path.Match(r.pattern, strings.Join(parts[:n], "/"))
	return ok
}

// leaves returns the pattern for -skip of what is not to be run in a package, or
// "".
func (x *expectations) leaves(pkg string) string {
	var names []string
	for _, r := range x.rules {
		if r.pkg != pkg || !r.leave {
			continue
		}
		parts := strings.Split(r.pattern, "/")
		for i, part := range parts {
			parts[i] = "^" + part + "$"
		}
		names = append(names, strings.Join(parts, "/"))
	}
	return strings.Join(names, "|")
}

// unused returns the rules that covered no difference, as text.
func (x *expectations) unused(ran func(pkg string) bool) (list []string) {
	for _, r := range x.rules {
		if !r.used && ran(r.pkg) {
			list = append(list, r.reason+" "+r.pkg+" "+r.pattern)
		}
	}
	return list
}
