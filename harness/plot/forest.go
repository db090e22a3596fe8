package plot

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"unibench/harness/record"
	"unibench/harness/report"
)

// forestRows are the primary rows with at least one ratio.
func forestRows(r *report.Report) []report.Row {
	var out []report.Row
	for _, row := range r.Rows {
		for _, c := range row.Cells {
			if row.Primary && hasRatio(c) && c.Versus.Ratio > 0 {
				out = append(out, row)
				break
			}
		}
	}
	return out
}

// Forest draws every primary ratio with its interval on one logarithmic axis, so that
// half and double lie equally far from 1. A run without a primary ratio is an error.
func Forest(d *record.Data, r *report.Report) (*Figure, error) {
	rows := forestRows(r)
	if len(rows) == 0 {
		return nil, fmt.Errorf("plot: no primary unit was measured on two targets")
	}
	f := &Figure{
		Name:     fileName(d.Run.Suite, "ratios", "forest"),
		title:    fmt.Sprintf("Primary units beside %s on %s", r.Base, r.HostClass),
		subtitle: "point: ratio of the medians; bar: its 95 % interval; the line at 1 is " + r.Base,
	}
	one := true
	better := make(map[string][]string)
	for _, row := range rows {
		one = one && row.Unit == rows[0].Unit
		if row.Better != "" && !slices.Contains(better[row.Better], row.Unit) {
			better[row.Better] = append(better[row.Better], row.Unit)
		}
	}
	for _, side := range []string{"lower", "higher"} {
		if len(better[side]) > 0 {
			f.subtitle += fmt.Sprintf("; %s is better for %s", side, strings.Join(better[side], ", "))
		}
	}
	var targets []string
	for _, t := range r.Targets {
		if t != r.Base {
			targets = append(targets, t)
			f.legend = append(f.legend, entry{name: t, color: targetColor(d, t)})
		}
	}
	f.rowHeight = 14 + 13*vg.Length(len(targets))
	values := []float64{1}
	for i, src := range rows {
		shown := row{name: src.Benchmark}
		if !one {
			shown.name += "\n" + src.Unit
		}
		for _, t := range targets {
			c, ok := find(src, t)
			if !ok {
				continue
			}
			v := c.Versus
			text := report.FormatRatio(float64(v.Ratio))
			for _, n := range []report.Number{v.Ratio, v.Lo, v.Hi} {
				if n.OK() && n > 0 {
					values = append(values, float64(n))
				}
			}
			if v.Lo.OK() && v.Hi.OK() {
				text += fmt.Sprintf(" [%s, %s]", report.Significant(float64(v.Lo)), report.Significant(float64(v.Hi)))
			}
			shown.right = append(shown.right, text)
			shown.rightColors = append(shown.rightColors, targetColor(d, t))
		}
		f.rows = append(f.rows, shown)
		f.layers = append(f.layers, forestLayer(f, d, i, src, targets))
	}
	f.axis = axisFor("ratio", "", values, true)
	f.axis.label = "Ratio to " + r.Base + " [log scale]"
	line := func(c draw.Canvas, x, _ func(float64) vg.Length) {
		c.StrokeLine2(draw.LineStyle{Color: ink(), Width: 1}, x(1), c.Min.Y, x(1), c.Max.Y)
	}
	f.layers = append([]layer{line}, f.layers...)
	f.footer = footer(d, r, "", "An interval that holds 1 shows no difference.")
	return f, nil
}

// forestLayer draws the ratios of row i, one below the other.
func forestLayer(f *Figure, d *record.Data, i int, src report.Row, targets []string) layer {
	return func(c draw.Canvas, x, y func(float64) vg.Length) {
		const share = 0.6 // of a row that ratios fill
		step := share / float64(len(targets))
		for k, t := range targets {
			cell, ok := find(src, t)
			if !ok || !(cell.Versus.Ratio > 0) {
				continue
			}
			at := y(f.rowY(i) + share/2 - (float64(k)+0.5)*step)
			v, clr := cell.Versus, targetColor(d, t)
			if lo, hi := float64(v.Lo), float64(v.Hi); lo > 0 && !math.IsInf(hi, 0) && !math.IsNaN(hi) {
				interval(c, x(lo), x(hi), at, clr)
			}
			dot(c, vg.Point{X: x(float64(v.Ratio)), Y: at}, 3.5, clr)
		}
	}
}
