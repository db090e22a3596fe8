package trend

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"unibench/harness/record"
	"unibench/harness/report"
	"unibench/harness/table"
)

// Write renders h, as Document has it.
func (h *History) Write(w io.Writer, f table.Format, all bool) error {
	if err := h.Document(all).Write(w, f); err != nil {
		return fmt.Errorf("trend: %w", err)
	}
	return nil
}

// Document is h as tables and notes. Text, Markdown and TeX list the changes, then the
// series: primary ones and those with a change, or every one if all is set, and each run
// of series that were asked for by name. CSV has a line per point, JSON has everything.
func (h *History) Document(all bool) *table.Document {
	d := &table.Document{Headline: h.headline(), Grids: h.grids(all), Records: h.records(), Value: h}
	for _, n := range h.Notes {
		d.Notes = append(d.Notes, table.Note{Label: string(n.Kind), Text: n.Text})
	}
	if left := len(h.Series) - len(h.Shown(all)); left > 0 {
		d.Notes = append(d.Notes, table.Note{Label: string(report.Method), Text: fmt.Sprintf(
			"exploratory series without a change that are not shown here (-all shows them): %d", left)})
	}
	return d
}

func (h *History) headline() string {
	changes := 0
	for i := range h.Series {
		changes += len(h.Series[i].Changes)
	}
	return fmt.Sprintf("history: runs %d, series %d, changes %d", h.Runs, len(h.Series), changes)
}

// Shown lists the series that Write shows to readers.
func (h *History) Shown(all bool) []*Series {
	var out []*Series
	for i := range h.Series {
		if s := &h.Series[i]; all || h.each || s.Primary || len(s.Changes) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// place names what a series belongs to.
func (s *Series) place() string {
	return fmt.Sprintf("%s (version %s) on %s", s.Suite, s.Version, s.HostClass)
}

func (h *History) grids(all bool) []table.Grid {
	var changes, series, each []table.Grid
	for _, s := range h.Shown(all) {
		if title := "Changes of " + s.place(); len(s.Changes) > 0 {
			changes = grow(changes, title, []string{"benchmark", "target", "unit", "came in with", "measured", "before", "now", "now/before", "p", "verdict"}, s.changeRows())
		}
		series = grow(series, "Series of "+s.place(), []string{"benchmark", "target", "unit", "runs", "first", "last", "last/first", "changes"}, [][]string{s.summary()})
		if h.each {
			each = append(each, s.grid())
		}
	}
	var out []table.Grid
	for _, list := range [][]table.Grid{changes, series} {
		for _, g := range list {
			g.Blank(2)
			out = append(out, g)
		}
	}
	return append(out, each...)
}

// grow adds rows to the last grid if it has the title, else begins one.
func grow(grids []table.Grid, title string, head []string, rows [][]string) []table.Grid {
	if n := len(grids); n == 0 || grids[n-1].Title != title {
		grids = append(grids, table.Grid{Title: title, Head: head})
	}
	last := &grids[len(grids)-1]
	last.Rows = append(last.Rows, rows...)
	return grids
}

func (s *Series) unit() string {
	if s.Primary {
		return s.Unit + " *"
	}
	return s.Unit
}

func (s *Series) changeRows() [][]string {
	var out [][]string
	for _, c := range s.Changes {
		p := s.Points[c.At]
		with := record.ShortCommit(p.Commit, p.Dirty)
		if c.SameCommit {
			with = "no other commit"
		}
		test := "-"
		if c.P.OK() {
			test = report.FormatP(c.P)
		}
		ratio := report.FormatRatio(float64(c.Ratio))
		if s.Exact { // however small
			ratio = report.FormatDifference(float64(c.Now-c.Before), s.Unit)
		}
		out = append(out, []string{
			s.Benchmark, s.Of(), s.unit(), with, p.Start.Format(time.DateOnly),
			s.Format(c.Before), s.Format(c.Now),
			ratio, test, string(c.Verdict),
		})
	}
	return out
}

func (s *Series) summary() []string {
	first, last := s.Points[0], s.Points[len(s.Points)-1]
	ratio := "-"
	if len(s.Points) > 1 && first.Median != 0 {
		ratio = report.FormatRatio(float64(last.Median / first.Median))
	}
	return []string{
		s.Benchmark, s.Of(), s.unit(), strconv.Itoa(len(s.Points)), s.value(first), s.value(last), ratio, strconv.Itoa(len(s.Changes)),
	}
}

func (s *Series) value(p Point) string {
	text := s.Format(p.Median)
	if !s.Exact {
		text += " " + report.FormatInterval(p.Median, p.Lo, p.Hi)
	}
	return text
}

// grid has a row per run.
func (s *Series) grid() table.Grid {
	g := table.Grid{
		Title: s.Name() + ", " + s.place() + ", run by run",
		Head:  []string{"measured", "commit", "n", "median", "change"},
	}
	for i, p := range s.Points {
		mark := ""
		for _, c := range s.Changes {
			if c.At == i {
				mark = string(c.Verdict)
			}
		}
		g.Rows = append(g.Rows, []string{
			p.Start.Format("2006-01-02 15:04"), record.ShortCommit(p.Commit, p.Dirty), strconv.Itoa(p.N), s.value(p), mark,
		})
	}
	return g
}

// records has one line per point.
func (h *History) records() [][]string {
	out := [][]string{{
		"suite", "version", "host_class", "line", "benchmark", "target", "unit", "better", "primary", "exact",
		"start", "commit", "dirty", "n", "median", "lo", "hi", "change", "before", "now", "ratio", "p", "base",
	}}
	for k := range h.Series {
		s := &h.Series[k]
		for i, p := range s.Points {
			line := []string{
				s.Suite, s.Version, s.HostClass, s.Line, s.Benchmark, s.Target, s.Unit, s.Better, strconv.FormatBool(s.Primary), strconv.FormatBool(s.Exact),
				p.Start.Format(time.RFC3339), p.Commit, strconv.FormatBool(p.Dirty), strconv.Itoa(p.N), report.Plain(p.Median), report.Plain(p.Lo), report.Plain(p.Hi),
			}
			change := []string{"", "", "", "", ""}
			for _, c := range s.Changes {
				if c.At == i {
					change = []string{string(c.Verdict), report.Plain(c.Before), report.Plain(c.Now), report.Plain(c.Ratio), report.Plain(c.P)}
				}
			}
			out = append(out, append(append(line, change...), s.Base))
		}
	}
	return out
}
