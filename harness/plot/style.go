package plot

import (
	"image/color"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes in points; 1 pixel of the PNG is 0.75 points.
const (
	width      vg.Length = 675 // 900 pixels
	height     vg.Length = 390 // 520 pixels
	dpi                  = 96
	margin     vg.Length = 15
	titleSize  vg.Length = 13
	labelSize  vg.Length = 10.5
	smallSize  vg.Length = 8.5
	hairline   vg.Length = 0.5
	bandHeight           = 0.24 // half the band of samples, in rows
)

func ink() color.Color   { return color.NRGBA{0x22, 0x22, 0x22, 0xff} }
func faint() color.Color { return color.NRGBA{0x5c, 0x5c, 0x5c, 0xff} }
func grid() color.Color  { return color.NRGBA{0xdd, 0xdd, 0xdd, 0xff} }

// palette returns colour i of Okabe and Ito's set; black and yellow are left
// out, because text and thin points vanish in them.
func palette(i int) color.NRGBA {
	set := [...]color.NRGBA{
		{0x00, 0x72, 0xb2, 0xff}, // blue
		{0xd5, 0x5e, 0x00, 0xff}, // vermilion
		{0x00, 0x9e, 0x73, 0xff}, // green
		{0xcc, 0x79, 0xa7, 0xff}, // purple
		{0xe6, 0x9f, 0x00, 0xff}, // orange
		{0x56, 0xb4, 0xe9, 0xff}, // sky
		{0x8c, 0x8c, 0x8c, 0xff}, // grey
	}
	return set[i%len(set)]
}

// opacity returns c with the given share of cover.
func opacity(c color.NRGBA, a float64) color.NRGBA {
	c.A = uint8(a * 255)
	return c
}

// style returns a sans-serif text style.
func style(size vg.Length, bold bool, c color.Color) text.Style {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		f.Weight = xfont.WeightBold
	}
	return text.Style{
		Color: c, Font: f, XAlign: draw.XLeft, YAlign: draw.YTop,
		Handler: text.Plain{Fonts: font.DefaultCache},
	}
}
