package plot

import (
	"fmt"
	"strings"

	"unibench/harness/record"
	"unibench/harness/report"
)

// subtitle says how many trials stand behind each row, and which way is better.
func subtitle(d *record.Data, cells []report.Cell, unit string) string {
	lo, hi := 0, 0
	for i, c := range cells {
		if i == 0 {
			lo, hi = c.N, c.N
		}
		lo, hi = min(lo, c.N), max(hi, c.N)
	}
	s := fmt.Sprintf("n = %d trials per target", hi)
	if lo != hi {
		s = fmt.Sprintf("n = %d to %d trials per target", lo, hi)
	}
	if u, ok := d.Run.Unit(unit); ok && u.Better != "" {
		s += ", " + u.Better + " is better"
	}
	return s
}

// axisText returns what the axis of a unit shows.
func axisText(d *record.Data, unit string) string {
	if u, ok := d.Run.Unit(unit); ok && u.Doc != "" {
		return strings.ToUpper(u.Doc[:1]) + u.Doc[1:]
	}
	return unit
}

// footer says what is drawn, how it was measured, what is missing and what the
// limits are.
func footer(d *record.Data, r *report.Report, benchmark, what string) []string {
	out := []string{fmt.Sprintf("%s Order %s within %d blocks, seed %d, warm-up blocks left out: %d.",
		what, r.Order, r.Blocks, r.Seed, d.Run.WarmUp)}
	host := []string{r.HostClass}
	for _, s := range []string{r.CPU, r.VMM, r.Go} {
		if s != "" {
			host = append(host, s)
		}
	}
	line := "Host: " + strings.Join(host, ", ") + "; " + r.Start[:min(10, len(r.Start))]
	if len(r.Commit) >= 12 {
		line += ", commit " + r.Commit[:12]
	}
	if r.Dirty {
		line += " with uncommitted changes"
	}
	line += "."
	if r.Estimate != "" {
		line += " Estimate: " + r.Estimate + "."
	}
	out = append(out, line)
	var gone []string
	for _, m := range r.Missing {
		switch {
		case m.Benchmark == "":
			gone = append(gone, m.Target+" "+m.What)
		case m.Benchmark == benchmark:
			gone = append(gone, fmt.Sprintf("%s %s (%d)", m.Target, m.What, m.Count))
		}
	}
	if len(gone) > 0 {
		out = append(out, "Not shown: "+strings.Join(gone, ", ")+".")
	}
	return out
}
