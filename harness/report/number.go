package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"golang.org/x/perf/benchunit"
)

// FormatValue writes v, measured in unit (such as boot-serve-ns), for a reader:
// tidied to base units, scaled, with the unit's symbol: 3.21ms, 1.15MiB, 8.
// All characters are ASCII; u stands for micro.
func FormatValue(v float64, unit string) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "-"
	}
	tidy, tidyUnit := benchunit.Tidy(v, unit)
	symbol := symbolOf(tidyUnit)
	if symbol != "s" && tidy == math.Trunc(tidy) && math.Abs(tidy) < 1000 {
		return strconv.FormatFloat(tidy, 'f', -1, 64) + symbol // a count: no digits invented
	}
	if tidy == 0 {
		return "0" + symbol
	}
	if symbol == "" && math.Abs(tidy) < 1 {
		return Significant(tidy) // 20m would look like 20 million
	}
	cls := benchunit.ClassOf(tidyUnit)
	s := benchunit.CommonScale([]float64{tidy}, cls)
	digits := strconv.FormatFloat(tidy/s.Factor, 'f', digitsFor(tidy/s.Factor), 64)
	return digits + strings.ReplaceAll(s.Prefix, "\u00b5", "u") + symbol
}

// digitsFor returns how many digits after the point make three in all.
func digitsFor(v float64) int {
	switch a := math.Abs(v); {
	case a >= 99.95:
		return 0
	case a >= 9.995:
		return 1
	}
	return 2
}

// FormatDifference is FormatValue for a difference: +120B, -3.
func FormatDifference(v float64, unit string) string {
	if v > 0 {
		return "+" + FormatValue(v, unit)
	}
	return FormatValue(v, unit)
}

// symbolOf returns what stands behind a number of a tidied unit.
func symbolOf(unit string) string {
	last := unit[strings.LastIndexByte(unit, '-')+1:]
	switch last {
	case "sec", "sec/op":
		return "s"
	case "B", "bytes", "B/op":
		return "B"
	case "B/s":
		return "B/s"
	}
	return ""
}

// FormatInterval writes the larger side of an interval around center: +-3%.
func FormatInterval(center, lo, hi Number) string {
	if !lo.OK() || !hi.OK() {
		return "+-inf"
	}
	if center == 0 {
		if lo == hi {
			return "+-0%"
		}
		return "+-inf"
	}
	p := 100 * math.Max(math.Abs(float64(hi/center-1)), math.Abs(float64(1-lo/center)))
	if p > 0 && p < 0.5 {
		return "+-<1%"
	}
	return fmt.Sprintf("+-%.0f%%", p)
}

// FormatRatio writes a ratio with three digits: 3.12x, 0.0451x.
func FormatRatio(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "-"
	}
	return Significant(v) + "x"
}

// Significant writes v with three significant digits and no exponent.
func Significant(v float64) string {
	if v == 0 {
		return "0"
	}
	d := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return strconv.FormatFloat(v, 'f', min(max(d, 0), 9), 64)
}

// FormatP writes a p-value: p=0.012, p<0.001.
func FormatP(p Number) string {
	switch {
	case !p.OK():
		return ""
	case p < 0.001:
		return "p<0.001"
	}
	return fmt.Sprintf("p=%.3f", float64(p))
}
