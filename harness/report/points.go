package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"unibench/harness/record"
	"unibench/harness/table"
)

// Sweep is one benchmark whose trials have several steps, such as offered loads.
type Sweep struct {
	Benchmark string   `json:"benchmark"`
	Units     []string `json:"units"`
	Steps     []Step   `json:"steps"` // in the order of the sweep, by target within a step
}

// Step is one step on one target.
type Step struct {
	Load   string `json:"load"` // its parameters: rate=20000
	Target string `json:"target"`
	N      int    `json:"n"`     // trials that made the step
	Cells  []Cell `json:"cells"` // one per unit of the sweep; N is 0 where it has none
	// Notes counts the trials by what was noted about the step.
	Notes map[string]int `json:"notes,omitempty"`
}

// LoadName joins the parameters of a step.
func LoadName(params []record.Param) string {
	var out []string
	for _, p := range params {
		out = append(out, p.Key+"="+p.Value)
	}
	return strings.Join(out, " ")
}

// sweep returns the steps of one benchmark, or false if it has none.
func sweep(d *record.Data, r *Report, benchmark string, w *noteSet) (Sweep, bool) {
	s := Sweep{Benchmark: benchmark}
	loads := loadsOf(d, benchmark)
	var units []record.Unit
	for _, u := range d.Run.Units {
		if slices.ContainsFunc(d.Trials, func(t record.Trial) bool { return t.Benchmark == benchmark && pointsHave(t.Points, u.Name) }) {
			units = append(units, u)
			s.Units = append(s.Units, u.Name)
		}
	}
	for _, load := range loads {
		for _, target := range r.Targets {
			if step := stepOf(d, benchmark, target, load, units, w); step.N > 0 {
				s.Steps = append(s.Steps, step)
			}
		}
	}
	return s, len(s.Steps) > 0
}

// loadsOf lists the steps by what was offered, and those without as they came.
func loadsOf(d *record.Data, benchmark string) []string {
	var names []string
	offered := make(map[string]float64)
	for i := range d.Trials {
		if d.Trials[i].Benchmark != benchmark {
			continue
		}
		for _, p := range d.Trials[i].Points {
			name := LoadName(p.Params)
			if !slices.Contains(names, name) {
				names = append(names, name)
				offered[name] = p.Offered
			}
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(offered[a], offered[b]) })
	return names
}

func pointsHave(points []record.Point, unit string) bool {
	return slices.ContainsFunc(points, func(p record.Point) bool { _, ok := p.Values[unit]; return ok })
}

func stepOf(d *record.Data, benchmark, target, load string, units []record.Unit, w *noteSet) Step {
	step := Step{Load: load, Target: target}
	values := make([][]float64, len(units))
	for _, t := range d.Measured(benchmark, target) {
		for _, p := range t.Points {
			if LoadName(p.Params) != load {
				continue
			}
			step.N++
			for i, u := range units {
				if v, ok := p.Values[u.Name]; ok {
					values[i] = append(values[i], v)
				}
			}
			if p.Note != "" {
				if step.Notes == nil {
					step.Notes = make(map[string]int)
				}
				step.Notes[p.Note]++
			}
		}
	}
	for i, u := range units {
		step.Cells = append(step.Cells, buildCell(target, u, sample{values: values[i]}, fmt.Sprintf("%s %s %s on %s", benchmark, load, u.Name, target), w))
	}
	return step
}

func (s Sweep) grid() table.Grid {
	g := table.Grid{
		Title: s.Benchmark + ", step by step: median and interval",
		Head:  append(append([]string{"step", "target"}, s.Units...), "noted"),
	}
	load := once()
	for _, step := range s.Steps {
		line := []string{load(step.Load), step.Target}
		for i, c := range step.Cells {
			text := "-"
			if c.N > 0 {
				text = FormatValue(float64(c.Center), s.Units[i]) + " " + FormatInterval(c.Center, c.Lo, c.Hi)
			}
			line = append(line, text)
		}
		g.Rows = append(g.Rows, append(line, step.Noted()))
	}
	return g
}

// Noted lists what was noted about the step, with the trials that it was noted for.
func (s Step) Noted() string {
	var out []string
	for note, n := range s.Notes {
		if n < s.N {
			note = fmt.Sprintf("%s (%d of %d)", note, n, s.N)
		}
		out = append(out, note)
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}
