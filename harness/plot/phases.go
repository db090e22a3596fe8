package plot

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"unibench/harness/record"
	"unibench/harness/report"
	"unibench/harness/stats"
)

// segment is the median time between two events on one target.
type segment struct {
	key string // "exec to main"
	ns  float64
}

// Phases draws what a benchmark's trials consist of: a bar per target, stacked
// from the median times between neighbouring events. A run without events is an
// error.
func Phases(d *record.Data, r *report.Report, benchmark string) (*Figure, error) {
	f := &Figure{
		Name:  fileName(d.Run.Suite, benchmark, "phases"),
		title: fmt.Sprintf("%s: phases on %s", benchmark, r.HostClass),
	}
	var bars [][]segment
	var keys []string
	var totals []float64
	cells := []report.Cell{}
	for _, target := range r.Targets {
		trials := d.Measured(benchmark, target)
		bar := segments(trials, d.Run.Phases)
		if len(bar) == 0 {
			continue
		}
		total := 0.0
		for _, s := range bar {
			total += s.ns
			if !slices.Contains(keys, s.key) {
				keys = append(keys, s.key)
			}
		}
		bars = append(bars, bar)
		totals = append(totals, total)
		cells = append(cells, report.Cell{Target: target, N: len(trials)})
		f.rows = append(f.rows, row{name: target, right: []string{report.FormatValue(total, "ns"), "sum of medians"}})
	}
	if len(bars) == 0 {
		return nil, fmt.Errorf("plot: no complete trial of %s reported phases", benchmark)
	}
	f.subtitle = subtitle(d, cells, "")
	f.axis = axisFor("ns", "Time since "+d.Run.Phases[0]+", medians of the phases stacked", totals, false)
	sortKeys(keys, d.Run.Phases)
	colors := phaseColors(keys)
	for i, k := range keys {
		f.legend = append(f.legend, entry{name: k, color: colors[i]})
	}
	for i, bar := range bars {
		f.layers = append(f.layers, barLayer(f, i, bar, keys, colors))
	}
	f.footer = footer(d, r, benchmark, "Each part is the median time between two events seen from the host; a target without an event has one part over it.")
	return f, nil
}

// segments returns the median intervals of trials, in event order.
func segments(trials []*record.Trial, phases []string) []segment {
	var out []segment
	ns := make(map[string][]float64)
	for _, t := range trials {
		for _, i := range t.Intervals(phases) {
			key := i.From + " to " + i.To
			if _, ok := ns[key]; !ok {
				out = append(out, segment{key: key})
			}
			ns[key] = append(ns[key], float64(i.NS))
		}
	}
	for i := range out {
		out[i].ns = math.Max(0, stats.Quantile(ns[out[i].key], 0.5))
	}
	return out
}

// sortKeys puts keys in the order of their first, then of their second event.
func sortKeys(keys, phases []string) {
	place := func(key string) int {
		from, to, _ := strings.Cut(key, " to ")
		return slices.Index(phases, from)*len(phases) + slices.Index(phases, to)
	}
	slices.SortFunc(keys, func(a, b string) int { return place(a) - place(b) })
}

// phaseColors gives each key its own colour: the palette, then the same again
// half as strong.
func phaseColors(keys []string) []color.NRGBA {
	out := make([]color.NRGBA, len(keys))
	for i := range keys {
		out[i] = palette(i)
		if i >= 7 {
			out[i] = mix(out[i], 0.5)
		}
	}
	return out
}

// mix returns c over white with the given share.
func mix(c color.NRGBA, share float64) color.NRGBA {
	m := func(v uint8) uint8 { return uint8(float64(v)*share + 255*(1-share)) }
	return color.NRGBA{m(c.R), m(c.G), m(c.B), 0xff}
}

// barLayer draws bar i; a part that is wide enough carries its value.
func barLayer(f *Figure, i int, bar []segment, keys []string, colors []color.NRGBA) layer {
	return func(c draw.Canvas, x, y func(float64) vg.Length) {
		at := float64(len(f.rows) - 1 - i)
		sum := 0.0
		for _, s := range bar {
			clr := colors[slices.Index(keys, s.key)]
			r := vg.Rectangle{
				Min: vg.Point{X: x(sum * f.axis.factor), Y: y(at - 0.27)},
				Max: vg.Point{X: x((sum + s.ns) * f.axis.factor), Y: y(at + 0.27)},
			}
			sum += s.ns
			fillRect(c, r, clr)
			c.StrokeLine2(draw.LineStyle{Color: color.White, Width: 0.8}, r.Max.X, r.Min.Y, r.Max.X, r.Max.Y)
			sty := style(smallSize+0.5, true, contrast(clr))
			label := report.FormatValue(s.ns, "ns")
			if sty.Width(label)+6 < r.Size().X {
				sty.XAlign, sty.YAlign = draw.XCenter, draw.YCenter
				c.FillText(sty, vg.Point{X: (r.Min.X + r.Max.X) / 2, Y: (r.Min.Y + r.Max.Y) / 2}, label)
			}
		}
	}
}

// contrast returns black or white, whichever reads better on c.
func contrast(c color.NRGBA) color.Color {
	if 0.299*float64(c.R)+0.587*float64(c.G)+0.114*float64(c.B) > 140 {
		return color.Black
	}
	return color.White
}
