package paper

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"unibench/harness/claims"
)

// Measures of the figure of ratios, in centimetres.
const (
	plotWidth = 6.4
	rowHeight = 0.52
	rangeHalf = 0.17 // half the height of the band that is wanted
)

// tickSteps are the marks of each decade.
var tickSteps = []float64{1, 2, 5}

// ratios draws every measured ratio with its interval and the range that is wanted, on
// a logarithmic axis, as the content of a tikzpicture.
func ratios(verdicts []claims.Verdict) string {
	type entry struct {
		id string
		f  *claims.Finding
	}
	var rows []entry
	lo, hi := 0.8, 1.25
	for i := range verdicts {
		for k := range verdicts[i].Findings {
			f := &verdicts[i].Findings[k]
			if f.N == 0 || f.Query.Statistic != claims.Ratio || !(f.Value > 0) || !(f.Lo > 0) || !f.Hi.OK() {
				continue
			}
			rows = append(rows, entry{verdicts[i].Claim.ID, f})
			lo, hi = math.Min(lo, float64(f.Lo)), math.Max(hi, float64(f.Hi))
		}
	}
	lo, hi = lo/1.15, hi*1.15
	x := func(v float64) float64 {
		v = math.Min(math.Max(v, lo), hi)
		return plotWidth * math.Log(v/lo) / math.Log(hi/lo)
	}
	bottom := -rowHeight * float64(len(rows))
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, "%%\n  "+format, args...) }
	for _, t := range ticks(lo, hi) {
		put(`\draw[ubgrid] (%.2f,0) -- (%.2f,%.2f) node[below, ubtick] {%s$\times$};`, x(t), x(t), bottom, strconv.FormatFloat(t, 'g', 2, 64))
	}
	for i, r := range rows {
		y := -rowHeight * (float64(i) + 0.5)
		from, to := x(math.Max(r.f.Query.AtLeast, 0)), x(r.f.Query.AtMost)
		put(`\fill[ubrange] (%.2f,%.2f) rectangle (%.2f,%.2f);`, from, y-rangeHalf, to, y+rangeHalf)
		put(`\draw[ubinterval] (%.2f,%.2f) -- (%.2f,%.2f);`, x(float64(r.f.Lo)), y, x(float64(r.f.Hi)), y)
		put(`\fill[ubpoint] (%.2f,%.2f) circle (2pt);`, x(float64(r.f.Value)), y)
		put(`\node[ublabel] at (-0.2,%.2f) {%s: %s};`, y, escape(r.id), code(r.f.Query.Benchmark+" "+r.f.Query.Unit+" "+r.f.Query.Target+"/"+r.f.Query.Base))
	}
	put(`\draw[ubone] (%.2f,0) -- (%.2f,%.2f);`, x(1), x(1), bottom)
	return b.String() + "%\n"
}

// ticks returns the marks within the axis.
func ticks(lo, hi float64) []float64 {
	var out []float64
	for decade := math.Floor(math.Log10(lo)); decade <= math.Log10(hi); decade++ {
		for _, s := range tickSteps {
			if v := s * math.Pow(10, decade); v >= lo && v <= hi {
				out = append(out, v)
			}
		}
	}
	return out
}
