package plot

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"unibench/harness/record"
	"unibench/harness/report"
)

// comparable reports whether a unit has a row in which a target stands beside the
// base.
func comparable(r *report.Report, unit string) bool { return len(ratioRows(r, unit)) > 0 }

// ratioRows are the rows of a unit with at least one ratio.
func ratioRows(r *report.Report, unit string) []report.Row {
	var out []report.Row
	for _, row := range r.Rows {
		if row.Unit != unit {
			continue
		}
		for _, c := range row.Cells {
			if hasRatio(c) {
				out = append(out, row)
				break
			}
		}
	}
	return out
}

func hasRatio(c report.Cell) bool {
	return c.Versus != nil && !math.IsNaN(float64(c.Versus.Ratio)) && !math.IsInf(float64(c.Versus.Ratio), 0)
}

// Bars draws one unit over all benchmarks: for each target a bar of its ratio to
// the base with the ratio's interval, and its value beside it.
func Bars(d *record.Data, r *report.Report, unit string) (*Figure, error) {
	rows := ratioRows(r, unit)
	if len(rows) == 0 {
		return nil, fmt.Errorf("plot: no two targets measured %s", unit)
	}
	f := &Figure{
		Name:     fileName(d.Run.Suite, unit, "bars"),
		title:    fmt.Sprintf("%s of all benchmarks beside %s on %s", unit, r.Base, r.HostClass),
		subtitle: "bar: ratio of the medians with its 95 % interval; number: the median itself; the line at 1 is " + r.Base,
	}
	var ratios []float64
	var targets []string
	for _, t := range r.Targets {
		if t != r.Base {
			targets = append(targets, t)
			f.legend = append(f.legend, entry{name: t, color: targetColor(d, t)})
		}
	}
	for i, row := range rows {
		shown := rowOf(row, r.Base)
		for _, c := range row.Cells {
			if !hasRatio(c) {
				continue
			}
			v := c.Versus
			ratios = append(ratios, float64(v.Ratio))
			for _, end := range []float64{float64(v.Lo), float64(v.Hi)} {
				if !math.IsNaN(end) && !math.IsInf(end, 0) {
					ratios = append(ratios, end)
				}
			}
		}
		f.rows = append(f.rows, shown)
		f.layers = append(f.layers, barsLayer(f, d, i, row, targets))
	}
	log := decades(ratios)
	f.axis = axisFor("ratio", "Ratio to "+r.Base, append(ratios, 1), log)
	f.axis.label = "Ratio to " + r.Base
	if f.axis.log {
		f.axis.label += " [log scale]"
	}
	f.layers = append(f.layers, func(c draw.Canvas, x, _ func(float64) vg.Length) {
		c.StrokeLine2(draw.LineStyle{Color: ink(), Width: 1}, x(1), c.Min.Y, x(1), c.Max.Y)
	})
	f.footer = footer(d, r, "", "Lengths are ratios, because the benchmarks lie decades apart.")
	return f, nil
}

// decades reports whether ratios lie so far from 1 that only a logarithmic axis shows
// them all. Bars then begin at 1, to either side.
func decades(ratios []float64) bool {
	for _, v := range ratios {
		if v > 0 && (v > logAbove || v < 1.0/logAbove) {
			return true
		}
	}
	return false
}

// rowOf names a row and lists its medians, the base first.
func rowOf(r report.Row, base string) row {
	out := row{name: r.Benchmark}
	for _, c := range r.Cells {
		if c.N == 0 {
			continue
		}
		text := c.Target + " " + report.FormatValue(float64(c.Center), r.Unit)
		if c.Target == base {
			out.right = append([]string{text}, out.right...)
			continue
		}
		out.right = append(out.right, text)
	}
	return out
}

// barsLayer draws the bars of row i, one below the other.
func barsLayer(f *Figure, d *record.Data, i int, row report.Row, targets []string) layer {
	return func(c draw.Canvas, x, y func(float64) vg.Length) {
		const share = 0.76 // of a row that bars fill
		step := share / float64(len(targets))
		for k, t := range targets {
			cell, ok := find(row, t)
			if !ok {
				continue
			}
			top := f.rowY(i) + share/2 - float64(k)*step
			v := cell.Versus
			clr := targetColor(d, t)
			from := 0.0
			if f.axis.log {
				from = 1
			}
			begin, end := x(min(from, float64(v.Ratio))), x(max(from, float64(v.Ratio)))
			fillRect(c, vg.Rectangle{Min: vg.Point{X: begin, Y: y(top - step*0.9)}, Max: vg.Point{X: end, Y: y(top)}}, opacity(clr, 0.8))
			lo, hi := float64(v.Lo), float64(v.Hi)
			if !math.IsNaN(lo) && !math.IsNaN(hi) && !math.IsInf(lo, 0) && !math.IsInf(hi, 0) {
				interval(c, x(lo), x(hi), y(top-step*0.45), ink())
			}
		}
	}
}

func find(row report.Row, target string) (report.Cell, bool) {
	for _, c := range row.Cells {
		if c.Target == target && hasRatio(c) {
			return c, true
		}
	}
	return report.Cell{}, false
}
