// Package report turns the content of one results folder into tables: the
// comparison of targets, the phases of a boot, what is missing and why, and the
// notes that every table carries (fairness, host limits, method, warnings).
//
// New computes everything once, by the rules of the harness contract (section
// 7), into a Report of plain values; Write renders it as text, Markdown, CSV,
// JSON or TeX (package table), and Page as the REPORT.md of the folder. CSV holds
// the numbers only; every other format carries the notes too.
//
// Rows are benchmark and unit, columns are targets. A cell is the median with
// its interval; beside the base stand the ratio to the base with its bootstrap
// interval and a p-value. Failed trials are never in a median: they are counted
// in a table of their own, together with the targets that were skipped.
//
// The package reads no folder, writes no file and prints nothing.
package report
