package plot

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"unibench/harness/record"
	"unibench/harness/report"
)

// ECDF draws, per target, the share of trials at or below each value. A unit
// that nothing measured is an error.
func ECDF(d *record.Data, r *report.Report, benchmark, unit string, scale Scale) (*Figure, error) {
	cells, err := cellsOf(r, benchmark, unit)
	if err != nil {
		return nil, err
	}
	f := &Figure{
		Name:     fileName(d.Run.Suite, benchmark, unit, "ecdf"),
		title:    fmt.Sprintf("%s: distribution of %s on %s", benchmark, unit, r.HostClass),
		subtitle: subtitle(d, cells, unit),
		yLabel:   "Share of trials",
	}
	var all []float64
	for _, c := range cells {
		all = append(all, valuesOf(d, benchmark, c.Target, unit)...)
	}
	f.axis = axisFor(unit, axisText(d, unit), all, scale == Log || scale == Auto && farApart(cells))
	for _, c := range cells {
		clr := targetColor(d, c.Target)
		f.legend = append(f.legend, entry{name: c.Target, color: clr})
		f.layers = append(f.layers, ecdfLayer(f, valuesOf(d, benchmark, c.Target, unit), clr))
	}
	f.footer = footer(d, r, benchmark, "Each step is one fresh start.")
	return f, nil
}

// ecdfLayer draws one staircase from the left edge to the right edge.
func ecdfLayer(f *Figure, values []float64, clr color.Color) layer {
	values = slices.Sorted(slices.Values(values))
	return func(c draw.Canvas, x, y func(float64) vg.Length) {
		n := float64(len(values))
		line := []vg.Point{{X: c.Min.X, Y: y(0)}}
		for i, v := range values {
			at := x(v * f.axis.factor)
			line = append(line, vg.Point{X: at, Y: y(float64(i) / n)}, vg.Point{X: at, Y: y(float64(i+1) / n)})
		}
		line = append(line, vg.Point{X: c.Max.X, Y: y(1)})
		c.StrokeLines(draw.LineStyle{Color: clr, Width: 1.8}, line)
	}
}

// labelY sets up the vertical axis of a figure without rows.
func (f *Figure) labelY(p *plot.Plot) {
	p.Y.Label.Text = f.yLabel
	p.Y.Label.TextStyle = style(labelSize, false, ink())
	p.Y.Label.TextStyle.XAlign, p.Y.Label.TextStyle.YAlign = draw.XCenter, draw.YBottom
	p.Y.Tick.Label = style(labelSize, false, ink())
	p.Y.Tick.Label.XAlign, p.Y.Tick.Label.YAlign = draw.XRight, draw.YCenter
}

// shareAxis is a vertical axis from 0 to 100 %.
func shareAxis(p *plot.Plot) {
	p.Y.Min, p.Y.Max = 0, 1.02
	var ticks []plot.Tick
	for k := range 5 {
		v := float64(k) / 4
		ticks = append(ticks, plot.Tick{Value: v, Label: fmt.Sprintf("%.0f %%", math.Round(100*v))})
	}
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
}
