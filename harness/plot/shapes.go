package plot

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// fillRect fills r with one colour.
func fillRect(c draw.Canvas, r vg.Rectangle, clr color.Color) {
	c.SetColor(clr)
	c.Fill(r.Path())
}

// dot draws a filled circle with a thin light edge, so that neighbours can be
// told apart.
func dot(c draw.Canvas, at vg.Point, radius vg.Length, clr color.Color) {
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: clr, Radius: radius, Shape: draw.CircleGlyph{}}, at)
	c.DrawGlyphNoClip(draw.GlyphStyle{Color: color.White, Radius: radius, Shape: draw.RingGlyph{}}, at)
}

// interval draws a horizontal bar from lo to hi with end caps.
func interval(c draw.Canvas, lo, hi, y vg.Length, clr color.Color) {
	line := draw.LineStyle{Color: clr, Width: 1.5}
	const half = 4 // of an end cap
	c.StrokeLine2(line, lo, y, hi, y)
	c.StrokeLine2(line, lo, y-half, lo, y+half)
	c.StrokeLine2(line, hi, y-half, hi, y+half)
}
