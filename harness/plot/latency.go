package plot

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"

	"unibench/harness/hist"
	"unibench/harness/record"
	"unibench/harness/report"
)

// Curve is the latency distribution of one target, all its trials together.
type Curve struct {
	Target string
	Trials int
	Count  int64 // requests
	Points []hist.Point
}

// Latencies are the curves of each benchmark, targets in the order of the report.
type Latencies map[string][]Curve

// latencyFigure begins a figure of latencies.
func latencyFigure(d *record.Data, r *report.Report, benchmark, kind string, curves []Curve) *Figure {
	f := &Figure{
		Name:  fileName(d.Run.Suite, benchmark, "latency", kind),
		title: fmt.Sprintf("%s: latency on %s", benchmark, r.HostClass),
	}
	least, most := curves[0].Trials, curves[0].Trials
	requests := int64(math.MaxInt64)
	for _, c := range curves {
		least, most = min(least, c.Trials), max(most, c.Trials)
		requests = min(requests, c.Count)
		f.legend = append(f.legend, entry{name: c.Target, color: targetColor(d, c.Target)})
	}
	f.subtitle = fmt.Sprintf("histograms of %d trials per target merged, %d requests or more each; lower is better", most, requests)
	if least != most {
		f.subtitle = fmt.Sprintf("histograms of %d to %d trials per target merged, %d requests or more each; lower is better", least, most, requests)
	}
	return f
}

// values of all curves up to a quantile.
func latencyValues(curves []Curve, upTo float64) []float64 {
	var out []float64
	for _, c := range curves {
		for _, p := range c.Points {
			if p.Quantile <= upTo && p.Value > 0 {
				out = append(out, p.Value)
			}
		}
	}
	return out
}

const mergedNote = "Distributions of single requests, drawn from merged histograms; numbers in tables are medians over trials."

// LatencyECDF draws, per target, the share of requests that took at most so long,
// up to the 99.9th percentile.
func LatencyECDF(d *record.Data, r *report.Report, benchmark string, curves []Curve) (*Figure, error) {
	const upTo = 0.999
	values := latencyValues(curves, upTo)
	if len(values) == 0 {
		return nil, fmt.Errorf("plot: no latencies of %s", benchmark)
	}
	f := latencyFigure(d, r, benchmark, "ecdf", curves)
	f.yLabel = "Share of requests"
	f.axis = axisFor("lat-ns", "Latency", values, true)
	for _, c := range curves {
		l := line{color: targetColor(d, c.Target)}
		for _, p := range c.Points {
			l.points = append(l.points, point{math.Max(p.Value, 1) * f.axis.factor, p.Quantile})
		}
		f.layers = append(f.layers, l.layer())
	}
	f.footer = footer(d, r, benchmark, mergedNote)
	return f, nil
}

// Percentiles draws latency over percentiles, where each decade of the horizontal
// axis is one nine more (the plot of HdrHistogram).
func Percentiles(d *record.Data, r *report.Report, benchmark string, curves []Curve) (*Figure, error) {
	values := latencyValues(curves, 1)
	if len(values) == 0 {
		return nil, fmt.Errorf("plot: no latencies of %s", benchmark)
	}
	f := latencyFigure(d, r, benchmark, "percentiles", curves)
	y := axisFor("lat-ns", "Latency", values, true)
	f.yAxis, f.yLabel = &y, y.label
	most := int64(0)
	for _, c := range curves {
		most = max(most, c.Count)
	}
	f.axis = percentileAxis(most)
	for _, c := range curves {
		l := line{color: targetColor(d, c.Target)}
		for _, p := range c.Points {
			at := nines(p.Quantile)
			if p.Value <= 0 || at > f.axis.max {
				continue
			}
			l.points = append(l.points, point{at, y.at(p.Value * y.factor)})
		}
		f.layers = append(f.layers, l.layer())
	}
	f.footer = footer(d, r, benchmark, mergedNote)
	return f, nil
}

// nines is the place of a quantile: 0.9 at 1, 0.99 at 2.
func nines(q float64) float64 { return -math.Log10(1 - q) }

// percentileAxis ends where a percentile of so many requests rests on one.
func percentileAxis(requests int64) axis {
	a := axis{label: "Percentile of requests", factor: 1, max: math.Max(1, math.Ceil(math.Log10(float64(max(requests, 10)))))}
	a.fixed = []plot.Tick{{Value: 0, Label: "0 %"}, {Value: nines(0.5), Label: "50 %"}}
	for n := 1; float64(n) <= a.max; n++ {
		digits := max(0, n-2)
		a.fixed = append(a.fixed, plot.Tick{Value: float64(n), Label: fmt.Sprintf("%.*f %%", digits, 100-math.Pow(10, float64(2-n)))})
	}
	return a
}
