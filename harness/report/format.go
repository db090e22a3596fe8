package report

import (
	"fmt"
	"io"
	"strconv"

	"unibench/harness/table"
)

// Write renders r to w. An unknown format is an error that names the known ones.
func (r *Report) Write(w io.Writer, f table.Format) error {
	d := table.Document{Headline: r.Headline(), Grids: r.grids(), Records: r.records(), Value: r}
	for _, n := range r.Notes {
		d.Notes = append(d.Notes, table.Note{Label: string(n.Kind), Text: n.Text})
	}
	if err := d.Write(w, f); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// records has one line per row and target. Values are in the units as recorded,
// with full precision; what is not known is empty.
func (r *Report) records() [][]string {
	rows := [][]string{{
		"benchmark", "unit", "better", "primary", "exact", "target", "n", "median", "lo", "hi", "confidence",
		"outliers_mild", "outliers_extreme", "base", "ratio", "ratio_lo", "ratio_hi", "p_u", "p_blocked", "p_holm",
	}}
	for _, row := range r.Rows {
		for _, c := range row.Cells {
			line := []string{
				row.Benchmark, row.Unit, row.Better, strconv.FormatBool(row.Primary), strconv.FormatBool(row.Exact),
				c.Target, strconv.Itoa(c.N),
			}
			if c.N == 0 {
				line = append(line, "", "", "", "", "", "")
			} else {
				line = append(line, Plain(c.Center), Plain(c.Lo), Plain(c.Hi),
					Plain(Number(c.Confidence)), strconv.Itoa(c.Mild), strconv.Itoa(c.Extreme))
			}
			if v := c.Versus; v != nil {
				line = append(line, r.Base, Plain(v.Ratio), Plain(v.Lo), Plain(v.Hi),
					Plain(v.PU), Plain(v.PBlocked), Plain(v.PHolm))
			} else {
				line = append(line, "", "", "", "", "", "", "")
			}
			rows = append(rows, line)
		}
	}
	return rows
}

// Plain writes n with full precision; what is not a finite number is empty.
func Plain(n Number) string {
	if !n.OK() {
		return ""
	}
	return strconv.FormatFloat(float64(n), 'g', -1, 64)
}
