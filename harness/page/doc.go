// Package page renders what the harness found as HTML pages: the report of one run,
// the list of stored runs, the comparison of two, the history of many, and errors.
//
// A page is one file that needs nothing else: style and figures are in it, it has no
// script, and its content security policy forbids every request. It follows the
// reader's light or dark preference, prints, can be used with the keyboard, and on a
// phone only tables and figures scroll sideways, each in a box of its own. All text that
// comes from files passes through html/template; figures are rebuilt from the few
// elements that they need (svg.go).
//
// Numbers are those of package report, and figures those of package plot, so that page,
// tables and files cannot disagree. In a report each number leads to the trials behind
// it. The package reads no folder and computes no statistics.
package page
