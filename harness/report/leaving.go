package report

import (
	"fmt"
	"math"
	"strings"
)

// Units of suites of single operations, which leaving looks at.
const (
	timeUnit = "ns/op"
	exitUnit = "vmexits/op"
)

// Bounds of what leaving calls staying in the virtual machine, and leaving it each
// time. Between two operations anything may happen that has nothing to do with them,
// such as a tick of the monitor, so that few exits are none.
const (
	staysBelow  = 1e-2
	leavesAbove = 0.5
)

// leaving says for each target with a virtual machine which operations are function
// calls in it and which still leave it, by the exits that were counted. Suites whose
// operations are whole starts or requests have no such sentence.
func leaving(r *Report) []string {
	var out []string
	for col, target := range r.Targets {
		var stays, some, leaves []string
		for _, row := range r.Rows {
			c := row.Cells[col]
			if row.Unit != exitUnit || c.N == 0 || !hasUnit(r, row.Benchmark, timeUnit) {
				continue
			}
			switch v := float64(c.Center); {
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

func hasUnit(r *Report, benchmark, unit string) bool {
	for _, row := range r.Rows {
		if row.Benchmark == benchmark && row.Unit == unit {
			return true
		}
	}
	return false
}
