package claims

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"unibench/harness/report"
	"unibench/harness/stats"
	"unibench/harness/table"
)

// Write renders verdicts: a line per claim and query, then what each claim says, where
// it was published, and the command that produces its data. CSV has the numbers, JSON
// everything.
func Write(w io.Writer, verdicts []Verdict, f table.Format) error {
	d := table.Document{Headline: Summary(verdicts), Grids: []table.Grid{grid(verdicts)}, Records: records(verdicts), Value: verdicts}
	var last *Claim
	for i := range verdicts {
		if c := verdicts[i].Claim; c != last {
			last = c
			d.Notes = append(d.Notes, table.Note{Label: "claim", Text: c.about()})
			if c.Needs != "" {
				d.Notes = append(d.Notes, table.Note{Label: "data", Text: c.Needs})
			}
		}
	}
	d.Notes = append(d.Notes, estimates(verdicts)...)
	d.Notes = append(d.Notes, table.Note{Label: string(report.Method), Text: fmt.Sprintf("measured is a median or a ratio of medians with its %g %% interval, "+
		"computed from the trials of the newest run of the host class that has the data; a claim is confirmed if each interval lies in the range that is wanted", 100*stats.Confidence)})
	if err := d.Write(w, f); err != nil {
		return fmt.Errorf("claims: %w", err)
	}
	return nil
}

// Summary counts the outcomes.
func Summary(verdicts []Verdict) string {
	count := make(map[Outcome]int)
	ids := make(map[string]bool)
	for _, v := range verdicts {
		count[v.Outcome]++
		ids[v.Claim.ID] = true
	}
	s := fmt.Sprintf("claims: %d", len(ids))
	for _, o := range Outcomes() {
		s += fmt.Sprintf("; %s: %d", o, count[o])
	}
	return s
}

// about is the line below the table.
func (c *Claim) about() string {
	s := fmt.Sprintf("%s: %s. Published: %s (%s).", c.ID, strings.TrimSuffix(c.Statement, "."), c.Published, c.Source)
	if c.Note != "" {
		s += " " + c.Note
	}
	return s
}

// estimates says which host classes give estimates only.
func estimates(verdicts []Verdict) []table.Note {
	var out []table.Note
	for _, v := range verdicts {
		for _, f := range v.Findings {
			n := table.Note{Label: string(report.HostFact), Text: fmt.Sprintf("numbers of %s are estimates: %s", v.HostClass, f.Estimate)}
			if f.Estimate != "" && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

func grid(verdicts []Verdict) table.Grid {
	g := table.Grid{Title: "Verdicts", Head: []string{"claim", "verdict", "query", "measured", "wanted", "run"}}
	for i := range verdicts {
		v := &verdicts[i]
		head := []string{v.Claim.ID, string(v.Outcome)}
		if v.Outcome == CannotTest || v.Outcome == NoBenchmark {
			head[1] += ": " + v.Why
		}
		head[1] = wrap(head[1], 34)
		if len(v.Findings) == 0 {
			g.Rows = append(g.Rows, append(head, "-", "-", "-", "-"))
		}
		for k := range v.Findings {
			f := &v.Findings[k]
			measured, run := "-", "-"
			if f.N > 0 {
				measured = f.Query.Show(float64(f.Value))
				if s := f.Interval(); s != "" {
					measured += "\n" + s
				}
				run = strings.ReplaceAll(f.Run, "/", "/\n")
			}
			g.Rows = append(g.Rows, append(head, strings.Replace(f.Query.String(), " ", "\n", 1), measured, f.Query.Wanted(), run))
			head = []string{"", ""}
		}
	}
	return g
}

// wrap breaks s at spaces into lines of at most width characters where it can.
func wrap(s string, width int) string {
	var b strings.Builder
	n := 0
	for i, w := range strings.Fields(s) {
		switch {
		case i == 0:
		case n+1+len(w) > width:
			b.WriteByte('\n')
			n = 0
		default:
			b.WriteByte(' ')
			n++
		}
		b.WriteString(w)
		n += len(w)
	}
	return b.String()
}

func records(verdicts []Verdict) [][]string {
	out := [][]string{{"claim", "host_class", "outcome", "query", "suite", "benchmark", "target", "base", "unit", "statistic",
		"value", "lo", "hi", "n", "at_least", "at_most", "tolerance", "query_outcome", "run"}}
	number := func(v float64) string {
		if !report.Number(v).OK() {
			return ""
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	for i := range verdicts {
		v := &verdicts[i]
		head := []string{v.Claim.ID, v.HostClass, string(v.Outcome)}
		if len(v.Findings) == 0 {
			out = append(out, append(head, make([]string, len(out[0])-len(head))...))
		}
		for _, f := range v.Findings {
			q := f.Query
			line := append(head[:3:3], q.Name, q.Suite, q.Benchmark, q.Target, q.Base, q.Unit, string(q.Statistic))
			if f.N > 0 {
				line = append(line, number(float64(f.Value)), number(float64(f.Lo)), number(float64(f.Hi)), strconv.Itoa(f.N))
			} else {
				line = append(line, "", "", "", "")
			}
			out = append(out, append(line, number(q.AtLeast), number(q.AtMost), number(q.Tolerance), string(f.Outcome), f.Run))
		}
	}
	return out
}
