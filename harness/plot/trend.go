package plot

import (
	"fmt"
	"image/color"
	"math"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"unibench/harness/record"
	"unibench/harness/report"
	"unibench/harness/stats"
	"unibench/harness/trend"
)

// maxCommits is how many runs have their commit below them.
const maxCommits = 12

// Trend draws one series: a point per run with its interval, the level between two
// changes, and a dashed line where a change came in. The vertical axis does not begin
// at 0, because changes of a few percent are to be seen. Fewer than two runs are an
// error.
func Trend(s *trend.Series) (*Figure, error) {
	n := len(s.Points)
	if n < 2 {
		return nil, fmt.Errorf("plot: %s has %d runs: a history needs two", s.Name(), n)
	}
	f := &Figure{
		Name:     fileName(s.Suite, s.HostClass, "v"+s.Version, s.Line, s.Unit, "trend"),
		title:    fmt.Sprintf("%s on %s: %s over %d runs on %s", s.Benchmark, s.Of(), s.Unit, n, s.HostClass),
		subtitle: "median of each run with its 95 % interval",
	}
	if s.Base != "" {
		f.subtitle = "ratio of the medians of each run with its 95 % interval"
	}
	if s.Exact {
		f.subtitle = "value of each run"
	}
	if s.Better != "" {
		f.subtitle += "; " + s.Better + " is better"
	}
	y := trendAxis(s)
	f.yAxis, f.yLabel = &y, y.label
	f.axis = commitAxis(s)
	clr := palette(0)
	f.layers = append(f.layers, changesLayer(s), levelsLayer(s, y), pointsLayer(s, y, clr))
	for _, k := range []struct {
		name  string
		color color.Color
	}{{"run", clr}, {"level between changes", palette(1)}, {"change", faint()}} {
		if k.name == "run" || len(s.Changes) > 0 {
			f.legend = append(f.legend, entry{k.name, k.color})
		}
	}
	f.footer = trendFooter(s)
	return f, nil
}

// trendAxis spans the medians, and as much of the intervals as is near them.
func trendAxis(s *trend.Series) axis {
	var medians []float64
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, p := range s.Points {
		medians = append(medians, float64(p.Median))
		lo, hi = min(lo, float64(p.Median)), max(hi, float64(p.Median))
	}
	text := s.Unit
	if s.Doc != "" {
		text = strings.ToUpper(s.Doc[:1]) + s.Doc[1:]
	}
	unit := s.Unit
	if s.Base != "" {
		unit, text = "ratio", text+", "+s.Of()
	}
	a := axisFor(unit, text, medians, false)
	near := max(hi-lo, 0.02*math.Abs(hi))
	from, to := lo, hi
	for _, p := range s.Points {
		if p.Lo.OK() && p.Hi.OK() {
			from, to = min(from, max(float64(p.Lo), lo-near)), max(to, min(float64(p.Hi), hi+near))
		}
	}
	pad := max(0.08*(to-from), 0.002*math.Abs(to))
	if pad == 0 {
		pad = 1
	}
	a.min, a.max = (from-pad)*a.factor, (to+pad)*a.factor
	return a
}

// commitAxis counts runs and names some of their commits.
func commitAxis(s *trend.Series) axis {
	n := len(s.Points)
	a := axis{label: "Runs in order of time, by commit", factor: 1, min: -0.6, max: float64(n) - 0.4}
	step := (n + maxCommits - 1) / maxCommits
	for i := 0; i < n; i += step {
		c := s.Points[i].Commit
		a.fixed = append(a.fixed, plot.Tick{Value: float64(i), Label: c[:min(len(c), 7)]})
	}
	return a
}

// changesLayer marks where the level changed, between two runs.
func changesLayer(s *trend.Series) layer {
	return func(c draw.Canvas, x, _ func(float64) vg.Length) {
		sty := draw.LineStyle{Color: faint(), Width: 1, Dashes: []vg.Length{4, 3}}
		text := style(smallSize, false, faint())
		text.XAlign = draw.XRight
		for _, ch := range s.Changes {
			at := x(float64(ch.At) - 0.5)
			c.StrokeLine2(sty, at, c.Min.Y, at, c.Max.Y)
			label := ch.Commit[:min(len(ch.Commit), 7)]
			if ch.SameCommit {
				label = "same commit"
			}
			c.FillText(text, vg.Point{X: at - 3, Y: c.Max.Y - 1}, label)
		}
	}
}

// levelsLayer draws the median of the runs between two changes.
func levelsLayer(s *trend.Series, y axis) layer {
	cuts := []int{0}
	for _, ch := range s.Changes {
		cuts = append(cuts, ch.At)
	}
	cuts = append(cuts, len(s.Points))
	return func(c draw.Canvas, x, at func(float64) vg.Length) {
		if len(s.Changes) == 0 {
			return
		}
		sty := draw.LineStyle{Color: palette(1), Width: 2.2}
		for i := range cuts[1:] {
			level := at(y.at(levelOf(s.Points[cuts[i]:cuts[i+1]]) * y.factor))
			c.StrokeLine2(sty, x(float64(cuts[i])-0.4), level, x(float64(cuts[i+1])-0.6), level)
		}
	}
}

func levelOf(points []trend.Point) float64 {
	var v []float64
	for _, p := range points {
		v = append(v, float64(p.Median))
	}
	return stats.Quantile(v, 0.5)
}

// pointsLayer draws each run.
func pointsLayer(s *trend.Series, y axis, clr color.NRGBA) layer {
	return func(c draw.Canvas, x, at func(float64) vg.Length) {
		sty := draw.LineStyle{Color: opacity(clr, 0.45), Width: 1.2}
		for i, p := range s.Points {
			px := x(float64(i))
			if !s.Exact && p.Lo.OK() && p.Hi.OK() {
				lo, hi := at(y.at(float64(p.Lo)*y.factor)), at(y.at(float64(p.Hi)*y.factor))
				c.StrokeLine2(sty, px, max(lo, c.Min.Y), px, min(hi, c.Max.Y))
			}
			dot(c, vg.Point{X: px, Y: at(y.at(float64(p.Median) * y.factor))}, 3, clr)
		}
	}
}

// trendFooter names each change, and says what the axis is.
func trendFooter(s *trend.Series) []string {
	first, last := s.Points[0], s.Points[len(s.Points)-1]
	out := []string{fmt.Sprintf("Suite %s, version %s, %s to %s. The vertical axis does not begin at 0.",
		s.Suite, s.Version, first.Start.Format(time.DateOnly), last.Start.Format(time.DateOnly))}
	for _, ch := range s.Changes {
		what := report.FormatRatio(float64(ch.Ratio))
		if s.Exact {
			what = report.FormatDifference(float64(ch.Now-ch.Before), s.Unit)
		}
		out = append(out, fmt.Sprintf("%s: %s, %s", record.ShortCommit(ch.Commit, s.Points[ch.At].Dirty), ch.Verdict, what))
	}
	return out
}
