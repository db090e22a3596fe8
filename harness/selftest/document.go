package selftest

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"unibench/harness/report"
	"unibench/harness/table"
)

// Write renders s. Text, Markdown and TeX leave out exploratory rows unless all is set.
func (s *Summary) Write(w io.Writer, f table.Format, all bool) error {
	d := table.Document{Headline: s.headline(), Grids: s.grids(all), Records: s.records(), Value: s}
	for _, n := range s.notes(all) {
		d.Notes = append(d.Notes, table.Note{Label: n[0], Text: n[1]})
	}
	if err := d.Write(w, f); err != nil {
		return fmt.Errorf("selftest: %w", err)
	}
	return nil
}

func (s *Summary) headline() string {
	if s.Planted != nil {
		return fmt.Sprintf("self-test on %s: a slowdown of %.3g %% planted in %s", s.HostClass, 100*s.Planted.Share, s.Planted.Target)
	}
	return "self-test on " + s.HostClass + ": the same build twice"
}

func (s *Summary) grids(all bool) []table.Grid {
	gate := table.Grid{Title: "The gate", Head: []string{"suite", "noise floor", "sessions", "red", "fine", "too noisy", "too few trials"}}
	for _, c := range s.Suites {
		known := "none"
		if s.Planted != nil && c.Floor {
			known = "as stored"
		}
		gate.Rows = append(gate.Rows, c.Gate.cells(c.Suite, known, c.Repetitions))
		if c.Floored != nil {
			gate.Rows = append(gate.Rows, c.Floored.cells(c.Suite, "of the others", c.Repetitions))
		}
	}
	said := "false positives"
	if s.Planted != nil {
		said = "regression"
	}
	rows := table.Grid{Title: "Metrics", Head: []string{"suite", "benchmark", "target", "unit", "trials", "new/old", fmt.Sprintf("|new/old-1| p%.0f", 100*Quantile), "of two sessions", said}}
	for i := range s.Rows {
		r := &s.Rows[i]
		if !r.Primary && !all {
			continue
		}
		unit, n := r.Unit, r.Differ
		if r.Primary {
			unit += " *"
		}
		if s.Planted != nil {
			n = r.Worse
		}
		floor, apart, ratio := "-", "-", "-"
		if r.Floor.OK() {
			floor, ratio = percent(float64(r.Floor)), report.FormatRatio(float64(r.Median))
		}
		if r.Apart.OK() {
			apart = percent(float64(r.Apart))
		}
		rows.Rows = append(rows.Rows, []string{r.Suite, r.Benchmark, r.Target, unit, strconv.Itoa(r.Trials), ratio, floor, apart, fmt.Sprintf("%d of %d", n, r.Comparisons)})
	}
	rows.Blank(2)
	return []table.Grid{gate, rows}
}

// cells are the row of a suite.
func (o Outcomes) cells(suite, floor string, sessions int) []string {
	out := []string{suite, floor}
	for _, n := range []int{sessions, o.Red, o.Fine, o.Noisy, o.Few} {
		out = append(out, strconv.Itoa(n))
	}
	return out
}

func rate(differ, comparisons int) string {
	text := fmt.Sprintf("%d of %d comparisons", differ, comparisons)
	if comparisons > 0 {
		text += " (" + percent(float64(differ)/float64(comparisons)) + ")"
	}
	return text
}

func percent(share float64) string { return fmt.Sprintf("%.2g%%", 100*share) }

// notes are pairs of a label and a text.
func (s *Summary) notes(all bool) [][2]string {
	var out [][2]string
	add := func(label, format string, args ...any) {
		out = append(out, [2]string{label, fmt.Sprintf(format, args...)})
	}
	red, sessions := s.Repetitions()
	if n := s.Failed(); n > 0 {
		add("warning", "%d trials failed: the sessions were judged without them", n)
	}
	if s.Planted != nil {
		add("result", "the gate was red in %d of %d sessions", red, sessions)
		if named := s.Named(); len(named) > 0 {
			add("result", "it named %s", strings.Join(named, ", "))
		}
		add("method", "planted %s", s.Planted.Where)
	} else {
		differ, comparisons := s.FalsePositives(true)
		add("result", "identical builds differ in %s of primary metrics, and the gate is red in %d of %d sessions", rate(differ, comparisons), red, sessions)
		if differ, comparisons := s.FalsePositives(false); comparisons > 0 {
			add("result", "exploratory rows, whose p is not corrected: %s", rate(differ, comparisons))
		}
		add("method", "the second arm is built and copied anew from the same source and tools, and runs in the same blocks; differences are counted with no noise floor")
		if slices.ContainsFunc(s.Suites, func(c Suite) bool { return c.Floored != nil }) {
			add("method", "noise floor of the others: each session is judged with the noise floor that the other sessions of its suite give, as the gate does where one is stored")
		}
	}
	add("method", "a difference has p < %.3g and is %.3g %% or more; * primary metric: p Holm-corrected over its session; no regression is looked at again here", s.Alpha, 100*s.Min)
	add("method", "|new/old-1| p%.0f is the %.0fth percentile over the sessions of how far the ratio, the median over blocks of that of neighbouring trials, is from 1; in A/A that is the noise floor", 100*Quantile, 100*Quantile)
	add("method", "of two sessions: the same of the baseline's medians in any two sessions; the noise floor for runs that are compared with bench compare and bench trend")
	if left := s.exploratory(); left > 0 && !all {
		add("method", "%d exploratory rows are not shown (-all shows them), and are counted", left)
	}
	return out
}

func (s *Summary) exploratory() int {
	n := 0
	for i := range s.Rows {
		if !s.Rows[i].Primary {
			n++
		}
	}
	return n
}

// records has one line per row, with full precision.
func (s *Summary) records() [][]string {
	out := [][]string{{"suite", "benchmark", "target", "unit", "primary", "trials", "comparisons", "differ", "worse", "floor", "apart", "ratio"}}
	for i := range s.Rows {
		r := &s.Rows[i]
		out = append(out, []string{
			r.Suite, r.Benchmark, r.Target, r.Unit, strconv.FormatBool(r.Primary), strconv.Itoa(r.Trials), strconv.Itoa(r.Comparisons),
			strconv.Itoa(r.Differ), strconv.Itoa(r.Worse), report.Plain(r.Floor), report.Plain(r.Apart), report.Plain(r.Median),
		})
	}
	return out
}
