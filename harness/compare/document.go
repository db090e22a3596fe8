package compare

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"unibench/harness/record"
	"unibench/harness/report"
	"unibench/harness/table"
)

// Write renders r, as Document has it.
func (r *Result) Write(w io.Writer, f table.Format, all bool) error {
	if err := r.Document(all).Write(w, f); err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	return nil
}

// Document is r as tables and notes. Text, Markdown and TeX leave out exploratory rows
// that show no difference, and count them, unless all is set; CSV and JSON have every
// row.
func (r *Result) Document(all bool) *table.Document {
	d := &table.Document{Headline: r.headline(), Grids: r.grids(all), Records: r.records(), Value: r}
	for _, n := range r.Notes {
		d.Notes = append(d.Notes, table.Note{Label: string(n.Kind), Text: n.Text})
	}
	if left := r.leftOut(); left != "" && !all {
		d.Notes = append(d.Notes, table.Note{Label: string(report.Method), Text: left})
	}
	return d
}

func (r *Result) headline() string {
	return fmt.Sprintf("%s on %s: %s against %s", r.Suite, r.HostClass, r.New, r.Old)
}

// String names the run: 0123456789ab of 2026-01-02T03:04:05Z.
func (f Ref) String() string {
	if f.Build != "" {
		return f.Build + " in the same session"
	}
	return record.ShortCommit(f.Commit, f.Dirty) + " of " + f.Start
}

func (r *Result) grids(all bool) []table.Grid {
	head := []string{"benchmark", "target", "unit", "old", "new", "new/old", "p", "counts from", "verdict"}
	primary := table.Grid{Title: "Primary metrics", Head: head}
	other := table.Grid{Title: "Exploratory: what differs", Head: head}
	if all {
		other.Title = "Exploratory"
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		switch {
		case row.Primary:
			primary.Rows = append(primary.Rows, r.cells(row))
		case all || row.Differs():
			other.Rows = append(other.Rows, r.cells(row))
		}
	}
	var out []table.Grid
	for _, g := range []table.Grid{primary, other} {
		if len(g.Rows) > 0 {
			g.Blank(2)
			out = append(out, g)
		}
	}
	return out
}

func (r *Result) cells(row *Row) []string {
	unit, p := row.Unit, r.P(row)
	if row.Primary {
		unit, p = unit+" *", row.PAdjusted
	}
	ratio := report.FormatRatio(float64(row.Ratio))
	if row.Lo.OK() && row.Hi.OK() {
		ratio += fmt.Sprintf(" [%s, %s]", report.Significant(float64(row.Lo)), report.Significant(float64(row.Hi)))
	}
	test, threshold := "-", "any"
	if p.OK() {
		test = report.FormatP(p)
	}
	if row.Threshold.OK() {
		threshold = fmt.Sprintf("%.3g%%", 100*float64(row.Threshold))
	}
	if row.Exact && row.New.Median != row.Old.Median { // however small
		ratio = report.FormatDifference(float64(row.New.Median-row.Old.Median), row.Unit)
	}
	return []string{row.Benchmark, row.Target, unit, row.side(row.Old), row.side(row.New), ratio, test, threshold, string(row.Verdict)}
}

func (row *Row) side(s Side) string {
	text := report.FormatValue(float64(s.Median), row.Unit)
	switch {
	case !row.Exact:
		text += " " + report.FormatInterval(s.Median, s.Lo, s.Hi)
	case s.Lo != s.Hi:
		text += " (varies)"
	}
	if row.Old.N != row.New.N {
		text += fmt.Sprintf(" n=%d", s.N)
	}
	return text
}

// leftOut counts the exploratory rows without a difference.
func (r *Result) leftOut() string {
	var order []Verdict
	count := make(map[Verdict]int)
	for i := range r.Rows {
		row := &r.Rows[i]
		if row.Primary || row.Differs() {
			continue
		}
		if !slices.Contains(order, row.Verdict) {
			order = append(order, row.Verdict)
		}
		count[row.Verdict]++
	}
	slices.Sort(order)
	var parts []string
	for _, v := range order {
		parts = append(parts, fmt.Sprintf("%s %d", v, count[v]))
	}
	if len(parts) == 0 {
		return ""
	}
	return "exploratory rows that are not shown here (-all shows them): " + strings.Join(parts, ", ")
}

// records has one line per row. Values are in the units as recorded, with full
// precision; what is not known is empty.
func (r *Result) records() [][]string {
	out := [][]string{{
		"benchmark", "target", "unit", "better", "primary", "exact", "old_n", "old_median", "old_lo", "old_hi",
		"new_n", "new_median", "new_lo", "new_hi", "ratio", "ratio_lo", "ratio_hi", "p_u", "p_blocked", "p_adjusted",
		"threshold", "floor", "verdict",
	}}
	for i := range r.Rows {
		row := &r.Rows[i]
		line := []string{row.Benchmark, row.Target, row.Unit, row.Better, strconv.FormatBool(row.Primary), strconv.FormatBool(row.Exact)}
		for _, s := range []Side{row.Old, row.New} {
			line = append(line, strconv.Itoa(s.N), report.Plain(s.Median), report.Plain(s.Lo), report.Plain(s.Hi))
		}
		for _, n := range []Number{row.Ratio, row.Lo, row.Hi, row.PU, row.PBlocked, row.PAdjusted, row.Threshold, row.Floor} {
			line = append(line, report.Plain(n))
		}
		out = append(out, append(line, string(row.Verdict)))
	}
	return out
}
