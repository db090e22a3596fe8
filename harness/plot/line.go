package plot

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// point is a place on the axes: a displayed value, vertically as axis.at has it.
type point struct{ x, y float64 }

// line is a curve of one target.
type line struct {
	points []point
	color  color.NRGBA
	dashed bool
	marks  bool // a dot at each point
}

// layer draws the line within the data area.
func (l line) layer() layer {
	return func(c draw.Canvas, x, y func(float64) vg.Length) {
		sty := draw.LineStyle{Color: l.color, Width: 1.8}
		if l.dashed {
			sty.Width, sty.Dashes = 1.2, []vg.Length{4, 3}
		}
		var path []vg.Point
		for _, p := range l.points {
			path = append(path, vg.Point{X: x(p.x), Y: y(p.y)})
		}
		c.StrokeLines(sty, c.ClipLinesXY(path)...)
		if !l.marks {
			return
		}
		for _, p := range path {
			if c.Contains(p) {
				dot(c, p, 3, l.color)
			}
		}
	}
}

// band fills the area between two curves of the same abscissas.
func band(low, high []point, clr color.NRGBA) layer {
	return func(c draw.Canvas, x, y func(float64) vg.Length) {
		if len(low) < 2 {
			return
		}
		var path []vg.Point
		for _, p := range low {
			path = append(path, vg.Point{X: x(p.x), Y: y(p.y)})
		}
		for i := len(high) - 1; i >= 0; i-- {
			path = append(path, vg.Point{X: x(high[i].x), Y: y(high[i].y)})
		}
		c.FillPolygon(opacity(clr, 0.15), c.ClipPolygonXY(path))
	}
}
