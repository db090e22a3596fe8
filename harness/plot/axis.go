package plot

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"golang.org/x/perf/benchunit"
)

// axis is a value axis: what its numbers are and where it ends.
type axis struct {
	label    string
	factor   float64 // displayed value = recorded value * factor
	log      bool
	min, max float64     // displayed values
	fixed    []plot.Tick // if not nil, these instead of round numbers
	room     vg.Length   // if not 0, labels that do not fit this width are left out
}

// logAbove is the ratio of the greatest to the least median above which an axis
// is logarithmic unless told otherwise.
const logAbove = 8

// evenBelow is how far a logarithmic axis spans at least to have its own kind of ticks.
const evenBelow = 3

// axisFor returns the axis for recorded values of unit. A linear axis begins at
// 0, so that lengths can be compared. Values that are not positive force a
// linear axis.
func axisFor(unit, what string, values []float64, log bool) axis {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		lo, hi = math.Min(lo, v), math.Max(hi, v)
	}
	a := axis{factor: 1, log: log && lo > 0}
	tidy, tidyUnit := benchunit.Tidy(hi, unit)
	symbol := strings.TrimSuffix(tidyUnit[strings.LastIndexByte(tidyUnit, '-')+1:], "/op")
	if symbol == "sec" {
		symbol = "s"
	} else if symbol != "B" && symbol != "bytes" && symbol != "B/s" {
		symbol = tidyUnit
	}
	if hi != 0 && !math.IsInf(hi, 0) {
		s := benchunit.CommonScale([]float64{tidy}, benchunit.ClassOf(tidyUnit))
		a.factor = tidy / hi / s.Factor
		symbol = strings.ReplaceAll(s.Prefix, "\u00b5", "u") + symbol
	}
	a.label = what + " [" + symbol + "]"
	if a.log {
		a.label = what + " [" + symbol + ", log scale]"
		a.min, a.max = lo*a.factor/1.25, hi*a.factor*1.25
	} else {
		a.min, a.max = math.Min(0, lo*a.factor*1.06), math.Max(0, hi*a.factor*1.06)
	}
	if !(a.max > a.min) { // no values, or all zero
		a.min, a.max = 0, 1
	}
	return a
}

// apply sets up the horizontal axis of p.
func (a axis) apply(p *plot.Plot) {
	p.X.Min, p.X.Max = a.min, a.max
	if a.log {
		p.X.Scale = plot.LogScale{}
	}
	p.X.Tick.Marker = plot.ConstantTicks(a.ticks())
}

// applyY sets up the vertical axis of p, linear in at: gonum/plot reserves room at
// the ends of an axis as if every axis were linear, which wastes a quarter of a
// logarithmic one.
func (a axis) applyY(p *plot.Plot) {
	p.Y.Min, p.Y.Max = a.at(a.min), a.at(a.max)
	var ticks []plot.Tick
	for _, t := range a.ticks() {
		t.Value = a.at(t.Value)
		ticks = append(ticks, t)
	}
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
}

// at is the place of a displayed value on a vertical axis.
func (a axis) at(v float64) float64 {
	if a.log {
		return math.Log10(v)
	}
	return v
}

// ticks returns labelled ticks at round numbers: steps of 1, 2 or 5 times a
// power of ten on a linear axis, those multiples themselves on a logarithmic
// one, fewer where the axis spans many decades.
func (a axis) ticks() []plot.Tick {
	if a.room > 0 {
		room := a.room
		a.room = 0
		return a.thin(a.ticks(), room)
	}
	if a.fixed != nil {
		return a.fixed
	}
	var out []plot.Tick
	if !a.log || a.max/a.min < evenBelow { // there, powers of ten and their multiples lie too far apart
		step := roundStep((a.max - a.min) / 8)
		for k := math.Ceil(a.min / step); k*step <= a.max*(1+1e-9); k++ {
			out = append(out, plot.Tick{Value: k * step, Label: number(k * step)})
		}
		return out
	}
	decades := math.Log10(a.max / a.min)
	for e := math.Floor(math.Log10(a.min)); e <= math.Ceil(math.Log10(a.max)); e++ {
		for m := 1.0; m < 10; m++ {
			v := m * math.Pow(10, e)
			if v < a.min || v > a.max {
				continue
			}
			t := plot.Tick{Value: v}
			if m == 1 || decades < 3 && (m == 2 || m == 5) || decades < 0.8 {
				t.Label = number(v)
			}
			out = append(out, t)
		}
	}
	return out
}

// thin takes away labels that would touch others: on a logarithmic axis powers of ten
// stay first, elsewhere what comes first.
func (a axis) thin(ticks []plot.Tick, room vg.Length) []plot.Tick {
	sty := style(labelSize, false, ink())
	type span struct{ from, to vg.Length }
	var taken []span
	out := make([]plot.Tick, len(ticks))
	for i, t := range ticks {
		out[i] = plot.Tick{Value: t.Value}
	}
	first, last := a.at(a.min), a.at(a.max)
	for _, decades := range []bool{true, false} {
		for i, t := range ticks {
			isDecade := a.log && t.Value > 0 && math.Abs(math.Log10(t.Value)-math.Round(math.Log10(t.Value))) < 1e-9
			if t.Label == "" || out[i].Label != "" || decades != (isDecade || !a.log) {
				continue
			}
			at := room * vg.Length((a.at(t.Value)-first)/(last-first))
			half := sty.Width(t.Label)/2 + 3
			free := true
			for _, s := range taken {
				free = free && (at+half <= s.from || at-half >= s.to)
			}
			if free {
				out[i].Label = t.Label
				taken = append(taken, span{at - half, at + half})
			}
		}
	}
	return out
}

// roundStep returns the least of 1, 2, 5 times a power of ten that is at least v.
func roundStep(v float64) float64 {
	e := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*e >= v*(1-1e-9) {
			return m * e
		}
	}
	return 10 * e
}

// number writes a tick without the noise of binary fractions.
func number(v float64) string {
	return strconv.FormatFloat(v, 'g', 6, 64)
}
