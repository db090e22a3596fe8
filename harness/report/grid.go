package report

import (
	"fmt"
	"strings"
)

// grid is a table of strings, ready for a renderer. A cell may have two lines.
type grid struct {
	title string
	head  []string
	rows  [][]string
}

// grids returns the tables of r in print order.
func (r *Report) grids() []grid {
	var out []grid
	if len(r.Rows) > 0 {
		out = append(out, r.mainGrid())
	}
	for _, s := range r.Sweeps {
		out = append(out, s.grid())
	}
	if len(r.Phases) > 0 {
		out = append(out, r.phaseGrid())
	}
	if len(r.Missing) > 0 {
		out = append(out, r.missingGrid())
	}
	return out
}

func (r *Report) mainGrid() grid {
	g := grid{
		title: "Median and interval; ratio to " + r.Base,
		head:  append([]string{"benchmark", "unit"}, r.Targets...),
	}
	last := ""
	for _, row := range r.Rows {
		name := row.Benchmark
		if name == last {
			name = ""
		}
		last = row.Benchmark
		unit := row.Unit
		if row.Primary {
			unit += " *"
		}
		line := []string{name, unit}
		n := usualN(row)
		for _, c := range row.Cells {
			line = append(line, cellText(row, c, n))
		}
		g.rows = append(g.rows, line)
	}
	for i, m := range r.Means {
		if i == 0 || r.Means[i-1].Unit != m.Unit {
			line := make([]string, len(g.head))
			line[0], line[1] = "geomean", m.Unit
			for j := 2; j < len(line); j++ {
				line[j] = "-"
			}
			g.rows = append(g.rows, line)
		}
		for col, t := range r.Targets {
			if t == m.Target {
				g.rows[len(g.rows)-1][2+col] = fmt.Sprintf("%s of %d", FormatRatio(float64(m.Ratio)), m.Count)
			}
		}
	}
	return g
}

// usualN returns the greatest n of a row; cells that differ say so.
func usualN(row Row) int {
	n := 0
	for _, c := range row.Cells {
		n = max(n, c.N)
	}
	return n
}

func cellText(row Row, c Cell, n int) string {
	switch {
	case c.Gap:
		return "n/a"
	case c.N == 0:
		return "-"
	}
	s := FormatValue(float64(c.Center), row.Unit)
	switch {
	case !row.Exact:
		s += " " + percent(c)
	case c.Lo != c.Hi:
		s += " (varies)"
	}
	if c.N != n {
		s += fmt.Sprintf(" n=%d", c.N)
	}
	if c.Versus != nil && c.Versus.Ratio.ok() {
		s += "\n" + c.Versus.text(row.Primary)
	}
	return s
}

// text returns the ratio with what is known about its certainty.
func (v *Comparison) text(primary bool) string {
	s := FormatRatio(float64(v.Ratio))
	if v.Lo.ok() && v.Hi.ok() {
		s += fmt.Sprintf(" [%s, %s]", significant(float64(v.Lo)), significant(float64(v.Hi)))
	}
	p := v.PU
	if primary {
		p = v.PHolm
	}
	return strings.TrimSpace(s + " " + formatP(p))
}

func (r *Report) phaseGrid() grid {
	g := grid{
		title: "Phases: median time since " + r.Phases[0].Event + " (and since the event before)",
		head:  append([]string{"benchmark", "event"}, r.Targets...),
	}
	last := ""
	for _, row := range r.Phases {
		name := row.Benchmark
		if name == last {
			name = ""
		}
		last = row.Benchmark
		line := []string{name, row.Event}
		for _, c := range row.Cells {
			line = append(line, c.text())
		}
		g.rows = append(g.rows, line)
	}
	return g
}

func (c PhaseCell) text() string {
	if c.N == 0 {
		return "-"
	}
	s := FormatValue(float64(c.AtNS), "ns")
	if c.StepNS.ok() {
		s += " (+" + FormatValue(float64(c.StepNS), "ns") + ")"
	}
	return s
}

func (r *Report) missingGrid() grid {
	g := grid{title: "Not in the table", head: []string{"target", "benchmark", "what", "trials", "reason"}}
	for _, m := range r.Missing {
		target, benchmark, count := m.Target, m.Benchmark, "-"
		if target == "" {
			target = "all"
		}
		if benchmark == "" {
			benchmark = "all"
		}
		if m.Count > 0 {
			count = fmt.Sprint(m.Count)
		}
		g.rows = append(g.rows, []string{target, benchmark, m.What, count, m.Reason})
	}
	return g
}

// headline names the run in one line.
func (r *Report) headline() string {
	commit := r.Commit
	if len(commit) > 12 {
		commit = commit[:12]
	}
	if commit == "" {
		commit = "no commit"
	}
	if r.Dirty {
		commit += " with uncommitted changes"
	}
	parts := []string{r.Suite + " on " + r.HostClass}
	for _, s := range []string{r.VMM, r.CPU, r.Go} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(append(parts, r.Start, commit), ", ")
}
