package report

import (
	"fmt"
	"strings"

	"unibench/harness/stats"
)

// readings says for each compared target in which benchmarks it is ahead of the
// base and in which behind, by the primary rows alone. A difference counts when
// the corrected test finds it and the interval of the ratio leaves 1 out.
func readings(r *Report) []string {
	var out []string
	for col, target := range r.Targets {
		if target == r.Base {
			continue
		}
		var ahead, behind, open []string
		for _, row := range r.Rows {
			v := row.Cells[col].Versus
			if !row.Primary || v == nil || !v.Ratio.OK() {
				continue
			}
			text := fmt.Sprintf("%s %s", row.Benchmark, FormatRatio(float64(v.Ratio)))
			switch sign := v.sign(); {
			case sign == 0 || row.Better == "":
				open = append(open, text)
			case sign > 0 == (row.Better == "higher"):
				ahead = append(ahead, text)
			default:
				behind = append(behind, text)
			}
		}
		if len(ahead)+len(behind)+len(open) == 0 {
			continue
		}
		var parts []string
		for _, p := range []struct {
			what string
			list []string
		}{{target + " ahead in", ahead}, {r.Base + " ahead in", behind}, {"not told apart in", open}} {
			if len(p.list) > 0 {
				parts = append(parts, p.what+" "+strings.Join(p.list, ", "))
			}
		}
		out = append(out, fmt.Sprintf("%s against %s, primary rows: %s", target, r.Base, strings.Join(parts, "; ")))
	}
	return out
}

// sign returns 1 or -1 for a ratio that is surely above or below 1, else 0.
func (v *Comparison) sign() int {
	switch {
	case !v.Lo.OK() || !v.Hi.OK() || !v.PHolm.OK() || v.PHolm >= stats.Alpha:
		return 0
	case v.Lo > 1:
		return 1
	case v.Hi < 1:
		return -1
	}
	return 0
}
