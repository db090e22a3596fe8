package plot

import (
	"fmt"
	"math"
	"slices"

	"unibench/harness/record"
	"unibench/harness/report"
)

// Units of a sweep's figure: what is offered is in the parameter, what was served
// and how late in these.
const (
	servedUnit = "req/s"
	medianUnit = "p50-lat-ns"
	tailUnit   = "p99-lat-ns"
)

// Sweep draws latency over the offered rate: the 99th percentile with its interval
// and, dashed, the median.
func Sweep(d *record.Data, r *report.Report, s report.Sweep) (*Figure, error) {
	f := &Figure{
		Name:     fileName(d.Run.Suite, s.Benchmark, "sweep"),
		title:    fmt.Sprintf("%s: latency against offered load on %s", s.Benchmark, r.HostClass),
		subtitle: "line: 99th percentile, median over trials, with its 95 % interval; dashed: 50th percentile; lower and further right is better",
	}
	var rates, values []float64
	for _, step := range s.Steps {
		rate, err := rateOf(d, s.Benchmark, step.Load)
		if err != nil {
			return nil, err
		}
		rates = append(rates, rate)
		for _, unit := range []string{medianUnit, tailUnit} {
			if c, ok := cellOf(s, step, unit); ok {
				values = append(values, float64(c.Center))
			}
		}
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("plot: no latencies of %s", s.Benchmark)
	}
	f.axis = axisFor(servedUnit, "Offered rate, requests a second", rates, false)
	y := axisFor("lat-ns", "Latency", values, true)
	f.yAxis, f.yLabel = &y, y.label
	for _, target := range r.Targets {
		clr := targetColor(d, target)
		tail, median := line{color: clr, marks: true}, line{color: clr, dashed: true}
		var low, high []point
		for i, step := range s.Steps {
			if step.Target != target {
				continue
			}
			x := rates[i] * f.axis.factor
			if c, ok := cellOf(s, step, tailUnit); ok {
				at := point{x, y.at(float64(c.Center) * y.factor)}
				tail.points = append(tail.points, at)
				if !math.IsInf(float64(c.Lo), 0) && !math.IsInf(float64(c.Hi), 0) {
					low = append(low, point{x, y.at(float64(c.Lo) * y.factor)})
					high = append(high, point{x, y.at(float64(c.Hi) * y.factor)})
				}
			}
			if c, ok := cellOf(s, step, medianUnit); ok {
				median.points = append(median.points, point{x, y.at(float64(c.Center) * y.factor)})
			}
		}
		if len(tail.points) == 0 {
			continue
		}
		f.legend = append(f.legend, entry{name: target, color: clr})
		f.layers = append(f.layers, band(low, high, clr), median.layer(), tail.layer())
	}
	f.footer = footer(d, r, s.Benchmark, "Open loop, Poisson arrivals; latency from the moment a request was due, so a server that does not keep up shows it.")
	return f, nil
}

func cellOf(s report.Sweep, step report.Step, unit string) (report.Cell, bool) {
	i := slices.Index(s.Units, unit)
	if i < 0 || step.Cells[i].N == 0 {
		return report.Cell{}, false
	}
	return step.Cells[i], true
}

// rateOf returns the offered rate of a step.
func rateOf(d *record.Data, benchmark, load string) (float64, error) {
	for i := range d.Trials {
		for _, p := range d.Trials[i].Points {
			if d.Trials[i].Benchmark == benchmark && report.LoadName(p.Params) == load {
				return p.Offered, nil
			}
		}
	}
	return 0, fmt.Errorf("plot: no step %s of %s", load, benchmark)
}
