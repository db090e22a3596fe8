package plot

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// layer draws data; x and y turn data into places on c.
type layer func(c draw.Canvas, x, y func(float64) vg.Length)

// Plot makes a layer a plotter of gonum/plot.
func (l layer) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	l(c, x, y)
}

// draw lays the figure out: title, subtitle, legend, data with a column of
// values at its right, footer.
func (f *Figure) draw(c draw.Canvas) {
	fillRect(c, c.Rectangle, color.White)
	edge := margin
	if f.inline {
		edge = 2
	}
	c = draw.Crop(c, edge, -edge, edge, -edge)

	top := c.Max.Y
	if !f.inline {
		top -= paragraph(c, style(titleSize, true, ink()), top, f.title)
		top -= paragraph(c, style(labelSize, false, faint()), top-2, f.subtitle) + 2
	}
	if len(f.legend) > 0 {
		top -= f.drawLegend(c, top-8) + 8
	}
	bottom := c.Min.Y
	small := style(smallSize, false, faint())
	lines := wrapAll(small, f.footer, c.Size().X)
	lineHeight := small.FontExtents().Height * 1.1
	bottom += vg.Length(len(lines)) * lineHeight
	for i, line := range lines {
		c.FillText(small, vg.Point{X: c.Min.X, Y: bottom - vg.Length(i)*lineHeight}, line)
	}

	right := f.rightWidth()
	label := style(labelSize, false, ink())
	label.XAlign = draw.XCenter
	below := 10 + label.FontExtents().Height*1.4
	area := draw.Crop(c, 0, -right, bottom+below-c.Min.Y, top-10-c.Max.Y)
	p := f.plot()
	p.Draw(area)
	data := p.DataCanvas(area)
	// gonum/plot reserves room for an axis label as if every axis were
	// linear, which wastes a quarter of a logarithmic one.
	at, half := data.Center().X, label.Width(f.axis.label)/2
	at = min(max(at, c.Min.X+half), max(c.Max.X-half, c.Min.X+half))
	c.FillText(label, vg.Point{X: at, Y: area.Min.Y - 2}, f.axis.label)
	f.drawRight(c, p, data)
}

// plot returns the axes and layers as a gonum plot.
func (f *Figure) plot() *plot.Plot {
	p := plot.New()
	p.X.Tick.Label = style(labelSize, false, ink())
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XCenter, draw.YTop
	p.X.Padding, p.Y.Padding = 0, 0
	p.X.LineStyle.Color, p.X.LineStyle.Width = ink(), hairline
	p.X.Tick.LineStyle.Color, p.X.Tick.LineStyle.Width = ink(), hairline
	f.axis.apply(p)

	p.Y.Tick.Label = style(labelSize+0.5, true, ink())
	p.Y.Tick.Label.XAlign, p.Y.Tick.Label.YAlign = draw.XRight, draw.YCenter
	p.Y.LineStyle.Width = 0
	p.Y.Tick.LineStyle.Width = 0
	p.Y.Tick.Length = 8
	p.Y.Min, p.Y.Max = -0.5, float64(len(f.rows))-0.5
	var names []plot.Tick
	for i, r := range f.rows {
		names = append(names, plot.Tick{Value: f.rowY(i), Label: r.name})
	}
	p.Y.Tick.Marker = plot.ConstantTicks(names)
	switch {
	case f.yAxis != nil:
		f.labelY(p)
		f.yAxis.applyY(p)
	case len(f.rows) == 0: // a share from 0 to 1
		f.labelY(p)
		shareAxis(p)
	}

	p.Add(f.gridLines(p))
	for _, l := range f.layers {
		p.Add(l)
	}
	return p
}

// rowY returns the place of row i; the first row is at the top.
func (f *Figure) rowY(i int) float64 { return float64(len(f.rows) - 1 - i) }

// gridLines draws a line at each labelled tick.
func (f *Figure) gridLines(p *plot.Plot) layer {
	return func(c draw.Canvas, x, y func(float64) vg.Length) {
		sty := draw.LineStyle{Color: grid(), Width: hairline}
		for _, t := range f.axis.ticks() {
			if t.Label != "" {
				c.StrokeLine2(sty, x(t.Value), c.Min.Y, x(t.Value), c.Max.Y)
			}
		}
		if len(f.rows) == 0 {
			for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
				if t.Label == "" {
					continue
				}
				c.StrokeLine2(sty, c.Min.X, y(t.Value), c.Max.X, y(t.Value))
			}
		}
	}
}

// rightWidth is the width of the column of values.
func (f *Figure) rightWidth() vg.Length {
	w := vg.Length(0)
	for _, r := range f.rows {
		for i, line := range r.right {
			w = max(w, r.rightStyle(i).Width(line))
		}
	}
	if w > 0 {
		w += 14
	}
	return max(w, 10)
}

// rightStyle is that of one line of the values of a row.
func (r row) rightStyle(line int) text.Style {
	if line < len(r.rightColors) {
		return style(smallSize+0.5, true, r.rightColors[line])
	}
	if line == 0 {
		return style(labelSize, true, ink())
	}
	return style(smallSize+0.5, false, faint())
}

// drawRight writes the column of values, each block centred on its row.
func (f *Figure) drawRight(c draw.Canvas, p *plot.Plot, data draw.Canvas) {
	_, y := p.Transforms(&data)
	for i, r := range f.rows {
		total := vg.Length(0)
		for k := range r.right {
			total += r.rightStyle(k).FontExtents().Height * 1.15
		}
		at := y(f.rowY(i)) + total/2
		for k, line := range r.right {
			sty := r.rightStyle(k)
			if k == 0 && r.color != nil {
				sty.Color = r.color
			}
			c.FillText(sty, vg.Point{X: data.Max.X + 12, Y: at}, line)
			at -= sty.FontExtents().Height * 1.15
		}
	}
}

// drawLegend writes the keys from the left, in as many lines as needed, and
// returns the height.
func (f *Figure) drawLegend(c draw.Canvas, top vg.Length) vg.Length {
	sty := style(labelSize, false, ink())
	line := sty.FontExtents().Height * 1.3
	const box = 9
	x, y := c.Min.X, top
	for _, e := range f.legend {
		w := box + 5 + sty.Width(e.name) + 16
		if x > c.Min.X && x+w > c.Max.X {
			x, y = c.Min.X, y-line
		}
		fillRect(c, vg.Rectangle{Min: vg.Point{X: x, Y: y - box - 1.5}, Max: vg.Point{X: x + box, Y: y - 1.5}}, e.color)
		c.FillText(sty, vg.Point{X: x + box + 5, Y: y}, e.name)
		x += w
	}
	return top - y + line
}

// paragraph writes text from top down, wrapped, and returns its height.
func paragraph(c draw.Canvas, sty text.Style, top vg.Length, s string) vg.Length {
	h := sty.FontExtents().Height * 1.15
	lines := wrapAll(sty, []string{s}, c.Size().X)
	for i, line := range lines {
		c.FillText(sty, vg.Point{X: c.Min.X, Y: top - vg.Length(i)*h}, line)
	}
	return vg.Length(len(lines)) * h
}

// wrapAll breaks paragraphs at spaces so that each line fits.
func wrapAll(sty text.Style, paragraphs []string, fit vg.Length) []string {
	var out []string
	for _, s := range paragraphs {
		line := ""
		for _, word := range strings.Fields(s) {
			next := strings.TrimSpace(line + " " + word)
			if line != "" && sty.Width(next) > fit {
				out = append(out, line)
				next = word
			}
			line = next
		}
		if line != "" {
			out = append(out, line)
		}
	}
	return out
}
