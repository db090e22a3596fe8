package paper

import (
	"fmt"
	"regexp"
	"strings"

	"unibench/harness/claims"
	"unibench/harness/report"
)

var escapes = strings.NewReplacer(`\`, `\textbackslash{}`, "&", `\&`, "%", `\%`, "#", `\#`, "_", `\_`, "$", `\$`,
	"{", `\{`, "}", `\}`, "~", `\textasciitilde{}`, "^", `\textasciicircum{}`, "<", `\textless{}`, ">", `\textgreater{}`, "\n", " ")

// escape makes plain text safe for TeX.
func escape(s string) string { return escapes.Replace(s) }

// amount is a number as package report writes it, with its unit.
var amount = regexp.MustCompile(`^([+-]?[0-9.]+)(x|([kMGTu]|[munpKMGT]i?)?(s|B|B/s)?)$`)

// quantity sets numbers apart from their units: 4.21ms, <= 40us, 1.03x to 2x.
func quantity(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		switch m := amount.FindStringSubmatch(w); {
		case w == "<=":
			words[i] = `$\leq$`
		case w == ">=":
			words[i] = `$\geq$`
		case strings.HasPrefix(w, "+-"):
			words[i] = `$\pm$` + escape(strings.TrimPrefix(w, "+-"))
		case m == nil:
			words[i] = escape(w)
		case m[2] == "":
			words[i] = m[1]
		case m[2] == "x":
			words[i] = m[1] + `$\times$`
		default:
			unit := m[2]
			if strings.HasPrefix(unit, "u") {
				unit = `\textmu{}` + unit[1:]
			}
			words[i] = m[1] + `\,` + unit
		}
	}
	return strings.Join(words, "~")
}

// interval is [lo, hi] with units set apart.
func interval(f *claims.Finding) string {
	return fmt.Sprintf("[%s,~%s]", quantity(f.Query.Show(float64(f.Lo))), quantity(f.Query.Show(float64(f.Hi))))
}

// lines joins the lines of a table. Lines end with % in the file, so that a definition
// has no blanks between them.
func lines(rows [][]string) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString("%\n  " + strings.Join(r, " & ") + ` \\ \addlinespace[2pt]`)
	}
	return b.String() + "%\n"
}

// code sets a name in type of code that may break after its separators.
func code(s string) string {
	return `\ubcode{` + strings.NewReplacer("/", `/\allowbreak{}`, "-", `-\allowbreak{}`).Replace(escape(s)) + "}"
}

// verdictRows has a line per claim and query: id, query, wanted, measured, verdict.
func verdictRows(verdicts []claims.Verdict) string {
	var rows [][]string
	for i := range verdicts {
		v := &verdicts[i]
		id, outcome := code(v.Claim.ID), escape(string(v.Outcome))
		if len(v.Findings) == 0 {
			rows = append(rows, []string{id, "", "", "", outcome})
		}
		for k := range v.Findings {
			f := &v.Findings[k]
			measured := "--"
			if f.N > 0 {
				measured = quantity(f.Query.Show(float64(f.Value))) + ` \newline ` + interval(f)
				if f.Lo == f.Hi {
					measured = quantity(f.Query.Show(float64(f.Value)))
				}
			}
			rows = append(rows, []string{id, code(f.Query.String()), quantity(f.Query.Wanted()), measured, outcome})
			id, outcome = "", ""
		}
	}
	return lines(rows)
}

// relatedRows has a line per claim: id, statement, published number with its source.
func relatedRows(list []claims.Claim) string {
	var rows [][]string
	for i := range list {
		c := &list[i]
		note := c.Note
		if c.Untested != "" {
			note = "Not tested: " + c.Untested + "."
		}
		statement := escape(c.Statement + ".")
		if note != "" {
			statement += ` \emph{` + escape(note) + "}"
		}
		rows = append(rows, []string{code(c.ID), statement, escape(c.Published + " (" + c.Source + ")")})
	}
	return lines(rows)
}

// runRows has a line per benchmark and primary unit: the base, then each other target
// with its ratio.
func runRows(r *report.Report) string {
	var rows [][]string
	for _, row := range r.Rows {
		if !row.Primary {
			continue
		}
		line := []string{code(row.Benchmark), code(row.Unit)}
		for _, c := range row.Cells {
			if c.N == 0 {
				line = append(line, "--")
				continue
			}
			s := quantity(report.FormatValue(float64(c.Center), row.Unit))
			if v := c.Versus; v != nil {
				s += fmt.Sprintf(` \newline %s [%s,~%s]`, quantity(report.FormatRatio(float64(v.Ratio))),
					report.Significant(float64(v.Lo)), report.Significant(float64(v.Hi)))
			}
			line = append(line, s)
		}
		rows = append(rows, line)
	}
	return lines(rows)
}
