package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Units of suites of single operations, which leaving looks at.
const (
	timeUnit = "ns/op"
	exitUnit = "vmexits/op"
	tickUnit = "ticks/op" // exits that the monitor asked for
)

// Bounds of what leaving calls staying in the virtual machine, and leaving it each
// time. Few exits are none: between two operations things happen that have nothing to
// do with them.
const (
	staysBelow  = 1e-2
	leavesAbove = 0.5
)

// leaving says for each target with a virtual machine which operations are function
// calls in it and which still leave it, by the exits that were counted, less those
// that the monitor asked for, which belong to the clock on the wall. Suites whose
// operations are whole starts or requests have no such sentence.
func leaving(r *Report) []string {
	var out []string
	for col, target := range r.Targets {
		var stays, some, leaves []string
		for _, row := range r.Rows {
			c := row.Cells[col]
			if row.Unit != exitUnit || c.N == 0 || !r.has(row.Benchmark, timeUnit) {
				continue
			}
			switch v := float64(c.Center) - r.center(row.Benchmark, tickUnit, col); {
			case v < staysBelow:
				stays = append(stays, row.Benchmark)
			case v < leavesAbove:
				some = append(some, fmt.Sprintf("%s (1 of %.0f)", row.Benchmark, math.Round(1/v)))
			default:
				leaves = append(leaves, fmt.Sprintf("%s (%s)", row.Benchmark, FormatValue(v, exitUnit)))
			}
		}
		var parts []string
		for _, p := range []struct {
			what string
			list []string
		}{{"function calls that stay in it", stays}, {"some operations leave it", some}, {"left at each operation", leaves}} {
			if len(p.list) > 0 {
				parts = append(parts, p.what+": "+strings.Join(p.list, ", "))
			}
		}
		if len(parts) > 0 {
			out = append(out, fmt.Sprintf("virtual machine of %s, by VM exits counted: %s", target, strings.Join(parts, "; ")))
		}
	}
	return out
}

// has reports whether there is a row.
func (r *Report) has(benchmark, unit string) bool {
	return slices.ContainsFunc(r.Rows, func(row Row) bool { return row.Benchmark == benchmark && row.Unit == unit })
}

// center is the median of a cell, or 0 if there is none.
func (r *Report) center(benchmark, unit string, col int) float64 {
	for _, row := range r.Rows {
		if row.Benchmark == benchmark && row.Unit == unit && row.Cells[col].N > 0 {
			return float64(row.Cells[col].Center)
		}
	}
	return 0
}
