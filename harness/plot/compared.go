package plot

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"unibench/harness/compare"
	"unibench/harness/report"
)

// Compared draws the ratios of two runs that are primary or show a difference, each
// with its interval and, shaded, the changes that would not count. A comparison without
// such a ratio is an error.
func Compared(r *compare.Result) (*Figure, error) {
	f := &Figure{
		Name:     fileName(r.Suite, "compared"),
		title:    fmt.Sprintf("%s: new against old on %s", r.Suite, r.HostClass),
		subtitle: "point: ratio new by old, as in the table; bar: its 95 % interval; shaded: changes that are too small to count",
		footer:   []string{fmt.Sprintf("Old: %s. New: %s.", r.Old, r.New)},
	}
	values := []float64{1}
	shown := make(map[compare.Verdict]bool)
	for i := range r.Rows {
		row := &r.Rows[i]
		if !(row.Ratio > 0) || !row.Ratio.OK() || !row.Primary && !row.Differs() {
			continue
		}
		for _, n := range []report.Number{row.Ratio, row.Lo, row.Hi} {
			if n.OK() && n > 0 {
				values = append(values, float64(n))
			}
		}
		text := report.FormatRatio(float64(row.Ratio))
		if row.Lo.OK() && row.Hi.OK() {
			text += fmt.Sprintf(" [%s, %s]", report.Significant(float64(row.Lo)), report.Significant(float64(row.Hi)))
		}
		clr := verdictColor(row.Verdict)
		if !shown[row.Verdict] {
			shown[row.Verdict] = true
			f.legend = append(f.legend, entry{name: string(row.Verdict), color: clr})
		}
		f.layers = append(f.layers, comparedLayer(f, len(f.rows), row, clr))
		f.rows = append(f.rows, rowWith(row.Benchmark+", "+row.Target+"\n"+row.Unit, text, clr))
	}
	if len(f.rows) == 0 {
		return nil, fmt.Errorf("plot: no ratio is primary or shows a difference")
	}
	f.rowHeight = 34
	f.axis = axisFor("ratio", "", values, true)
	f.axis.min, f.axis.max = min(f.axis.min, 0.94), max(f.axis.max, 1.06)
	f.axis.label = "New by old [log scale]"
	line := func(c draw.Canvas, x, _ func(float64) vg.Length) {
		c.StrokeLine2(draw.LineStyle{Color: ink(), Width: 1}, x(1), c.Min.Y, x(1), c.Max.Y)
	}
	f.layers = append([]layer{line}, f.layers...)
	return f, nil
}

func rowWith(name, right string, clr color.NRGBA) row {
	return row{name: name, right: []string{right}, rightColors: []color.NRGBA{clr}}
}

// verdictColor tells apart what matters; the legend and the table name it.
func verdictColor(v compare.Verdict) color.NRGBA {
	switch v {
	case compare.Regression:
		return palette(1)
	case compare.Improvement:
		return palette(2)
	case compare.Changed:
		return palette(0)
	case compare.Noisy, compare.Few:
		return palette(4)
	}
	return palette(6)
}

func comparedLayer(f *Figure, i int, row *compare.Row, clr color.NRGBA) layer {
	return func(c draw.Canvas, x, y func(float64) vg.Length) {
		at := f.rowY(i)
		if t := float64(row.Threshold); row.Threshold.OK() {
			fillRect(c, vg.Rectangle{
				Min: vg.Point{X: max(x(max(1-t, f.axis.min)), c.Min.X), Y: y(at - 0.36)},
				Max: vg.Point{X: min(x(1+t), c.Max.X), Y: y(at + 0.36)},
			}, opacity(palette(6), 0.2))
		}
		if row.Lo.OK() && row.Hi.OK() && row.Lo > 0 {
			interval(c, x(float64(row.Lo)), x(float64(row.Hi)), y(at), clr)
		}
		dot(c, vg.Point{X: x(float64(row.Ratio)), Y: y(at)}, 3.5, clr)
	}
}
