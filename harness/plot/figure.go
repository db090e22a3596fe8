package plot

import (
	"bytes"
	"fmt"
	"image/color"
	"io"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Figure is one finished description; Write draws it.
type Figure struct {
	// Name is the base name of its files: boot-hello-boot-first-ns.
	Name string

	title    string
	subtitle string
	legend   []entry
	footer   []string // paragraphs, wrapped when drawn

	axis   axis
	yLabel string
	yAxis  *axis // nil: rows, or a share from 0 to 1 if there are none
	rows   []row
	layers []layer

	rowHeight vg.Length // 0: a usual row
	inline    bool      // text around the data is elsewhere
}

// entry is one key of a legend.
type entry struct {
	name  string
	color color.Color
}

// row is one place on the vertical axis, with what stands left and right of it.
type row struct {
	name  string
	color color.Color
	right []string
	// rightColors, if not empty, are those of right, which are all of the
	// same weight then.
	rightColors []color.NRGBA
}

// Format is a file format of Write, as it stands behind the dot.
type Format string

// The formats.
const (
	SVG Format = "svg"
	PNG Format = "png"
)

// Formats lists every format.
func Formats() []Format { return []Format{SVG, PNG} }

// Write draws the figure. The PNG has 900 pixels across at 96 dpi.
func (f *Figure) Write(w io.Writer, format Format) error {
	h := f.height()
	var out io.WriterTo
	var canvas vg.CanvasSizer
	switch format {
	case SVG:
		c := vgsvg.New(width, h)
		out, canvas = c, c
	case PNG:
		c := vgimg.NewWith(vgimg.UseWH(width, h), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
		out, canvas = vgimg.PngCanvas{Canvas: c}, c
	default:
		return fmt.Errorf("plot: format %q is not known: choose one of %v", string(format), Formats())
	}
	f.draw(draw.New(canvas))
	var buf bytes.Buffer
	if _, err := out.WriteTo(&buf); err != nil {
		return fmt.Errorf("plot %s: %w", f.Name, err)
	}
	if _, err := w.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("plot %s: write %s: %w", f.Name, format, err)
	}
	return nil
}

// height grows with the rows.
func (f *Figure) height() vg.Length {
	around := vg.Length(170) // title, legend, axis, footer
	if f.inline {
		around = 85
	}
	switch {
	case f.rowHeight > 0:
		return around + f.rowHeight*vg.Length(max(2, len(f.rows)))
	case f.inline && len(f.rows) > 0:
		return around + 55*vg.Length(len(f.rows))
	case f.inline:
		return 300
	}
	return height + 55*vg.Length(max(0, len(f.rows)-4))
}
