package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Format is an output format of Write.
type Format string

// The formats.
const (
	Text     Format = "text"
	Markdown Format = "md"
	CSV      Format = "csv"
	JSON     Format = "json"
	TeX      Format = "tex"
)

// Formats lists every format.
func Formats() []Format { return []Format{Text, Markdown, CSV, JSON, TeX} }

// Write renders r to w. An unknown format is an error that names the known ones.
func (r *Report) Write(w io.Writer, f Format) error {
	var buf bytes.Buffer
	var err error
	switch f {
	case Text:
		err = r.text(&buf)
	case Markdown:
		err = r.markdown(&buf)
	case CSV:
		err = r.csv(&buf)
	case JSON:
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		err = enc.Encode(r)
	case TeX:
		r.tex(&buf)
	default:
		return fmt.Errorf("report: format %q is not known: choose one of %v", string(f), Formats())
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if _, err := w.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("report: write %s: %w", f, err)
	}
	return nil
}

// csv writes one line per row and target. Values are in the units as recorded,
// with full precision; what is not known is empty.
func (r *Report) csv(w io.Writer) error {
	cw := csv.NewWriter(w)
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
				line = append(line, plainNumber(c.Center), plainNumber(c.Lo), plainNumber(c.Hi),
					plainNumber(Number(c.Confidence)), strconv.Itoa(c.Mild), strconv.Itoa(c.Extreme))
			}
			if v := c.Versus; v != nil {
				line = append(line, r.Base, plainNumber(v.Ratio), plainNumber(v.Lo), plainNumber(v.Hi),
					plainNumber(v.PU), plainNumber(v.PBlocked), plainNumber(v.PHolm))
			} else {
				line = append(line, "", "", "", "", "", "", "")
			}
			rows = append(rows, line)
		}
	}
	return cw.WriteAll(rows)
}

func plainNumber(n Number) string {
	if !n.ok() {
		return ""
	}
	return strconv.FormatFloat(float64(n), 'g', -1, 64)
}

// tex writes one tabular per table, for the booktabs package, and the notes as
// comments.
func (r *Report) tex(w io.Writer) {
	fmt.Fprintf(w, "%% %s\n", r.headline())
	for _, g := range r.grids() {
		fmt.Fprintf(w, "%% %s\n\\begin{tabular}{%s}\n\\toprule\n", g.title, strings.Repeat("l", len(g.head)))
		fmt.Fprintf(w, "%s \\\\\n\\midrule\n", texLine(g.head))
		for _, row := range g.rows {
			fmt.Fprintf(w, "%s \\\\\n", texLine(row))
		}
		fmt.Fprint(w, "\\bottomrule\n\\end{tabular}\n\n")
	}
	for _, n := range r.Notes {
		fmt.Fprintf(w, "%% %s: %s\n", n.Kind, firstLine(n.Text))
	}
}

func texLine(cells []string) string {
	esc := strings.NewReplacer(`\`, `\textbackslash{}`, "&", `\&`, "%", `\%`, "#", `\#`, "_", `\_`, "$", `\$`,
		"{", `\{`, "}", `\}`, "~", `\textasciitilde{}`, "^", `\textasciicircum{}`, "+-", `$\pm$`, "<", "$<$", ">", "$>$", "\n", "; ")
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = esc.Replace(c)
	}
	return strings.Join(out, " & ")
}
