package report

import (
	"fmt"
	"strings"

	"unibench/harness/table"
)

// grids returns the tables of r in print order.
func (r *Report) grids() []table.Grid {
	var out []table.Grid
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
		out = append(out, r.MissingGrid())
	}
	return out
}

// once returns a function that returns its argument, or nothing where the one before
// was the same: what is common to successive rows stands in the first of them.
func once() func(string) string {
	last := ""
	return func(s string) string {
		if s == last {
			return ""
		}
		last = s
		return s
	}
}

func (r *Report) mainGrid() table.Grid {
	g := table.Grid{
		Title: "Median and interval; ratio to " + r.Base,
		Head:  append([]string{"benchmark", "unit"}, r.Targets...),
	}
	name := once()
	for _, row := range r.Rows {
		unit := row.Unit
		if row.Primary {
			unit += " *"
		}
		line := []string{name(row.Benchmark), unit}
		for _, c := range row.Cells {
			line = append(line, cellText(row, c))
		}
		g.Rows = append(g.Rows, line)
	}
	for i, m := range r.Means {
		if i == 0 || r.Means[i-1].Unit != m.Unit {
			line := make([]string, len(g.Head))
			line[0], line[1] = "geomean", m.Unit
			for j := 2; j < len(line); j++ {
				line[j] = "-"
			}
			g.Rows = append(g.Rows, line)
		}
		for col, t := range r.Targets {
			if t == m.Target {
				g.Rows[len(g.Rows)-1][2+col] = fmt.Sprintf("%s of %d", FormatRatio(float64(m.Ratio)), m.Count)
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

// cellText is what the main table has in a cell: the value, and the ratio below it.
func cellText(row Row, c Cell) string {
	value, ratio := row.Texts(c)
	if ratio != "" {
		value += "\n" + ratio
	}
	return value
}

// Texts returns what the main table says about a cell of the row: the median with its
// interval, and the ratio to the base with what is known about its certainty.
func (row Row) Texts(c Cell) (value, ratio string) {
	switch {
	case c.Gap:
		return "n/a", ""
	case c.N == 0:
		return "-", ""
	}
	s := FormatValue(float64(c.Center), row.Unit)
	switch {
	case !row.Exact:
		s += " " + FormatInterval(c.Center, c.Lo, c.Hi)
	case c.Lo != c.Hi:
		s += " (varies)"
	}
	if c.N != usualN(row) {
		s += fmt.Sprintf(" n=%d", c.N)
	}
	if c.Versus != nil && c.Versus.Ratio.OK() {
		ratio = c.Versus.text(row.Primary)
	}
	return s, ratio
}

// text returns the ratio with what is known about its certainty.
func (v *Comparison) text(primary bool) string {
	s := FormatRatio(float64(v.Ratio))
	if v.Lo.OK() && v.Hi.OK() {
		s += fmt.Sprintf(" [%s, %s]", Significant(float64(v.Lo)), Significant(float64(v.Hi)))
	}
	p := v.PU
	if primary {
		p = v.PHolm
	}
	return strings.TrimSpace(s + " " + FormatP(p))
}

func (r *Report) phaseGrid() table.Grid {
	g := table.Grid{
		Title: "Phases: median time since " + r.Phases[0].Event + " (and since the event before)",
		Head:  append([]string{"benchmark", "event"}, r.Targets...),
	}
	name := once()
	for _, row := range r.Phases {
		line := []string{name(row.Benchmark), row.Event}
		for _, c := range row.Cells {
			line = append(line, c.Text())
		}
		g.Rows = append(g.Rows, line)
	}
	return g
}

// Text is what the table of phases has in a cell.
func (c PhaseCell) Text() string {
	if c.N == 0 {
		return "-"
	}
	s := FormatValue(float64(c.AtNS), "ns")
	if c.StepNS.OK() {
		s += " (+" + FormatValue(float64(c.StepNS), "ns") + ")"
	}
	return s
}

// MissingGrid lists what is not in the tables, and why.
func (r *Report) MissingGrid() table.Grid {
	g := table.Grid{Title: "Not in the table", Head: []string{"target", "benchmark", "what", "trials", "reason"}}
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
		g.Rows = append(g.Rows, []string{target, benchmark, m.What, count, m.Reason})
	}
	return g
}

// Headline names the run in one line.
func (r *Report) Headline() string {
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
