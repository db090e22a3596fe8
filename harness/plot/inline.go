package plot

import (
	"bytes"
	"fmt"
	"io"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Sizes of figures that stand in a page, in points of the drawing.
const (
	// Wide is as wide as a figure in a file.
	Wide = width
	// Narrow fits a phone, with text as large as that of the page's small print.
	Narrow vg.Length = 352
)

// Title is the headline of the figure.
func (f *Figure) Title() string { return f.title }

// Subtitle says what is drawn.
func (f *Figure) Subtitle() string { return f.subtitle }

// Footer says how it was measured and what the limits are, in paragraphs.
func (f *Figure) Footer() []string { return f.footer }

// TextWidth is how wide a figure takes a text of a size to be. A reader whose fonts are
// wider has to squeeze it into that, because the layout reserved no more.
func TextWidth(s string, size vg.Length, bold bool) vg.Length {
	return style(size, bold, ink()).Width(s)
}

// WriteInline draws the legend and the data alone as SVG, for a page that has title,
// subtitle and footer as text.
func (f *Figure) WriteInline(w io.Writer, across vg.Length) error {
	bare := *f
	bare.title, bare.subtitle, bare.footer = "", "", nil
	bare.inline = true
	if across < Wide {
		bare.axis.room = across * 0.62 // what names and values leave at least
	}
	c := vgsvg.New(across, bare.height())
	bare.draw(draw.New(c))
	var buf bytes.Buffer
	if _, err := c.WriteTo(&buf); err != nil {
		return fmt.Errorf("plot %s: %w", f.Name, err)
	}
	if _, err := w.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("plot %s: write: %w", f.Name, err)
	}
	return nil
}
