package page

import (
	"fmt"
	"strconv"
	"strings"

	"unibench/harness/report"
)

// samples is a Trace with the places that numbers lead to.
type samples struct {
	report.Trace
	ID   string
	Rows []sampleRow
}

type sampleRow struct {
	ID     string
	Name   string
	Values []string // empty where a trial has none
}

// place is what a number is about.
type place struct {
	benchmark, target string
	kind              report.TraceKind
	load, name        string
}

// anchors knows the place of every sample.
type anchors struct {
	samples []samples
	at      map[place]string
}

func newAnchors(traces []report.Trace) *anchors {
	a := &anchors{at: make(map[place]string)}
	for i, t := range traces {
		s := samples{Trace: t, ID: fmt.Sprintf("samples-%d", i)}
		for k, row := range t.Rows {
			out := sampleRow{ID: fmt.Sprintf("%s-%d", s.ID, k), Name: row.Name}
			switch row.Kind {
			case report.TracePhase:
				out.Name = "at " + row.Name + " [ns]"
			case report.TraceStep:
				out.Name = row.Load + ": " + row.Name
			}
			for _, v := range row.Values {
				out.Values = append(out.Values, plain(v))
			}
			s.Rows = append(s.Rows, out)
			a.at[place{t.Benchmark, t.Target, row.Kind, row.Load, row.Name}] = out.ID
		}
		a.samples = append(a.samples, s)
	}
	return a
}

// plain is a value as recorded, without an exponent where that is readable.
func plain(n report.Number) string {
	if !n.OK() {
		return ""
	}
	if s := strconv.FormatFloat(float64(n), 'f', -1, 64); len(s) <= 18 {
		return s
	}
	return report.Plain(n)
}

// block is the rows of one benchmark in the main table.
type block struct {
	Benchmark string
	Rows      []mainRow
}

type mainRow struct {
	report.Row
	Cells []mainCell
}

// mainCell is one number with where it leads, and its ratio.
type mainCell struct {
	Value, Ratio, Anchor string
	Side                 report.Side
}

// blocks makes the main table; rows of details go to the second.
func blocks(r *report.Report, a *anchors) (main, more []block) {
	sides := make(map[report.Finding]report.Side)
	for _, f := range r.Summary().Findings {
		sides[report.Finding{Benchmark: f.Benchmark, Unit: f.Unit, Target: f.Target}] = f.Side
	}
	add := func(list []block, row mainRow) []block {
		if n := len(list); n == 0 || list[n-1].Benchmark != row.Benchmark {
			list = append(list, block{Benchmark: row.Benchmark})
		}
		last := &list[len(list)-1]
		last.Rows = append(last.Rows, row)
		return list
	}
	for _, row := range r.Rows {
		out := mainRow{Row: row}
		for _, c := range row.Cells {
			m := mainCell{Anchor: a.at[place{row.Benchmark, c.Target, report.TraceUnit, "", row.Unit}]}
			m.Value, m.Ratio = row.Texts(c)
			m.Side = sides[report.Finding{Benchmark: row.Benchmark, Unit: row.Unit, Target: c.Target}]
			out.Cells = append(out.Cells, m)
		}
		if row.Detail {
			more = add(more, out)
		} else {
			main = add(main, out)
		}
	}
	return main, more
}

// meanRow is the geometric means of one unit.
type meanRow struct {
	Unit  string
	Cells []string
}

func means(r *report.Report) []meanRow {
	var out []meanRow
	for _, m := range r.Means {
		if n := len(out); n == 0 || out[n-1].Unit != m.Unit {
			out = append(out, meanRow{Unit: m.Unit, Cells: make([]string, len(r.Targets))})
		}
		for col, t := range r.Targets {
			if t == m.Target {
				out[len(out)-1].Cells[col] = fmt.Sprintf("%s of %d", report.FormatRatio(float64(m.Ratio)), m.Count)
			}
		}
	}
	return out
}

// phaseTable is the events of all benchmarks.
type phaseTable struct {
	First  string
	Blocks []phaseBlock
}

type phaseBlock struct {
	Benchmark string
	Rows      []phaseRow
}

type phaseRow struct {
	Event string
	Cells []mainCell
}

func phases(r *report.Report, a *anchors) *phaseTable {
	if len(r.Phases) == 0 {
		return nil
	}
	out := &phaseTable{First: r.Phases[0].Event}
	for _, row := range r.Phases {
		if n := len(out.Blocks); n == 0 || out.Blocks[n-1].Benchmark != row.Benchmark {
			out.Blocks = append(out.Blocks, phaseBlock{Benchmark: row.Benchmark})
		}
		p := phaseRow{Event: row.Event}
		for _, c := range row.Cells {
			m := mainCell{Value: c.Text(), Anchor: a.at[place{row.Benchmark, c.Target, report.TracePhase, "", row.Event}]}
			if value, step, ok := strings.Cut(m.Value, " ("); ok {
				m.Value, m.Ratio = value, strings.TrimSuffix(step, ")")
			}
			p.Cells = append(p.Cells, m)
		}
		last := &out.Blocks[len(out.Blocks)-1]
		last.Rows = append(last.Rows, p)
	}
	return out
}

// sweepTable is one benchmark step by step.
type sweepTable struct {
	Benchmark string
	Units     []string
	Rows      []sweepRow
}

type sweepRow struct {
	Load, Target, Noted string
	Cells               []mainCell
}

func sweeps(r *report.Report, a *anchors) []sweepTable {
	var out []sweepTable
	for _, s := range r.Sweeps {
		t := sweepTable{Benchmark: s.Benchmark, Units: s.Units}
		for _, step := range s.Steps {
			row := sweepRow{Load: step.Load, Target: step.Target, Noted: step.Noted()}
			for i, c := range step.Cells {
				m := mainCell{Value: "-"}
				if c.N > 0 {
					m.Value = report.FormatValue(float64(c.Center), s.Units[i]) + " " + report.FormatInterval(c.Center, c.Lo, c.Hi)
					m.Anchor = a.at[place{s.Benchmark, step.Target, report.TraceStep, step.Load, s.Units[i]}]
				}
				row.Cells = append(row.Cells, m)
			}
			t.Rows = append(t.Rows, row)
		}
		out = append(out, t)
	}
	return out
}
