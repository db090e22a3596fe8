package plot

import (
	"fmt"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"unibench/harness/record"
	"unibench/harness/report"
)

// Scale chooses the value axis.
type Scale int

// The scales. Auto takes a logarithmic axis when medians lie far apart.
const (
	Auto Scale = iota
	Linear
	Log
)

// Strip draws every sample of one benchmark and unit, a row per target, with
// the median and its interval from r. A unit that nothing measured is an error.
func Strip(d *record.Data, r *report.Report, benchmark, unit string, scale Scale) (*Figure, error) {
	cells, err := cellsOf(r, benchmark, unit)
	if err != nil {
		return nil, err
	}
	f := &Figure{
		Name:     fileName(d.Run.Suite, benchmark, unit),
		title:    fmt.Sprintf("%s: %s on %s", benchmark, unit, r.HostClass),
		subtitle: subtitle(d, cells, unit),
	}
	var all []float64
	samples := make([][]float64, len(cells))
	for i, c := range cells {
		samples[i] = valuesOf(d, benchmark, c.Target, unit)
		all = append(all, samples[i]...)
		for _, v := range []report.Number{c.Lo, c.Hi} {
			if !math.IsInf(float64(v), 0) {
				all = append(all, float64(v))
			}
		}
	}
	f.axis = axisFor(unit, axisText(d, unit), all, scale == Log || scale == Auto && farApart(cells))
	for i, c := range cells {
		clr := targetColor(d, c.Target)
		f.rows = append(f.rows, row{name: c.Target, color: clr, right: rightText(c, unit, r.Base)})
		rng := rand.New(rand.NewPCG(r.Seed, uint64(i)))
		f.layers = append(f.layers, stripLayer(f, i, samples[i], c, clr, rng))
	}
	f.footer = footer(d, r, benchmark, "Each point is one fresh start; vertical line: median; bar below: its 95 % interval.")
	return f, nil
}

// stripLayer draws row i: samples in the upper part, interval below them.
func stripLayer(f *Figure, i int, samples []float64, cell report.Cell, clr color.NRGBA, rng *rand.Rand) layer {
	jitter := make([]float64, len(samples))
	for k := range jitter {
		jitter[k] = bandHeight * (2*rng.Float64() - 1)
	}
	return func(c draw.Canvas, x, y func(float64) vg.Length) {
		at := len(f.rows) - 1 - i
		mid := float64(at) + 0.1
		fillRect(c, vg.Rectangle{
			Min: vg.Point{X: c.Min.X, Y: y(mid - bandHeight - 0.05)},
			Max: vg.Point{X: c.Max.X, Y: y(mid + bandHeight + 0.05)},
		}, opacity(clr, 0.06))
		center := x(float64(cell.Center) * f.axis.factor)
		below := y(float64(at) - 0.31)
		c.StrokeLine2(draw.LineStyle{Color: ink(), Width: 1.5}, center, y(mid+bandHeight+0.05), center, below)
		for k, v := range samples {
			dot(c, vg.Point{X: x(v * f.axis.factor), Y: y(mid + jitter[k])}, 3, opacity(clr, 0.75))
		}
		lo, hi := float64(cell.Lo)*f.axis.factor, float64(cell.Hi)*f.axis.factor
		if math.IsInf(lo, 0) || math.IsInf(hi, 0) {
			return // too few samples for an interval
		}
		interval(c, x(lo), x(hi), below, ink())
	}
}

// rightText says in words what the row shows.
func rightText(c report.Cell, unit, base string) []string {
	out := []string{report.FormatValue(float64(c.Center), unit)}
	if !math.IsInf(float64(c.Lo), 0) && !math.IsInf(float64(c.Hi), 0) {
		out = append(out, fmt.Sprintf("%s to %s", report.FormatValue(float64(c.Lo), unit), report.FormatValue(float64(c.Hi), unit)))
	}
	if c.Versus != nil && !math.IsNaN(float64(c.Versus.Ratio)) {
		out = append(out, fmt.Sprintf("%s the %s", report.FormatRatio(float64(c.Versus.Ratio)), base))
	}
	return out
}

// cellsOf returns the measured cells of a row of the report.
func cellsOf(r *report.Report, benchmark, unit string) ([]report.Cell, error) {
	for _, row := range r.Rows {
		if row.Benchmark == benchmark && row.Unit == unit {
			return slices.DeleteFunc(slices.Clone(row.Cells), func(c report.Cell) bool { return c.N == 0 }), nil
		}
	}
	return nil, fmt.Errorf("plot: no complete trial of %s measured %s", benchmark, unit)
}

func valuesOf(d *record.Data, benchmark, target, unit string) []float64 {
	var out []float64
	for _, t := range d.Measured(benchmark, target) {
		if v, ok := t.Values[unit]; ok {
			out = append(out, v)
		}
	}
	return out
}

// farApart reports whether medians ask for a logarithmic axis.
func farApart(cells []report.Cell) bool {
	lo, hi := math.Inf(1), 0.0
	for _, c := range cells {
		lo, hi = math.Min(lo, float64(c.Center)), math.Max(hi, float64(c.Center))
	}
	return lo > 0 && hi/lo > logAbove
}

// targetColor gives a target the same colour in every figure of a run.
func targetColor(d *record.Data, target string) color.NRGBA {
	return palette(slices.Index(d.Run.Targets, target))
}

// fileName joins parts to the base name of a file.
func fileName(parts ...string) string {
	s := strings.ToLower(strings.Join(parts, "-"))
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, s)
}
