package suite

import (
	"fmt"
	"slices"

	"unibench/harness/loadgen"
	"unibench/harness/record"
)

// sweepUnits are those of the steps of a sweep, beside those of an SLO.
func sweepUnits() []string {
	return []string{"req/s", "p50-lat-ns", "p99-lat-ns", "p999-lat-ns", "cpu-ns/op", "machine-cpu-ns/op", "ctxsw/op", "vmexits/op"}
}

// overloaded reports whether the server did not keep up with the offered rate
// while the generator had time left. How late the generator then was does not
// matter, because requests waited for connections anyway.
func overloaded(t *loadgen.Trial) bool {
	return t.Saturated || t.Status == record.GeneratorLimited && t.Achieved < minAchieved && t.CPU < busyLoad
}

// minAchieved is the contract's least share of the offered rate.
const minAchieved = 0.99

// saturated is noted at steps where the server did not keep up.
const saturated = "saturated"

// sweep makes a point of each period and finds the highest rate within the
// objective: of all rates up to which every step kept it.
func (v *serving) sweep(periods []measured) error {
	objective := v.plan.Config.Load.SLO
	best, holds, unknown := 0.0, true, ""
	for i := range periods {
		p := &periods[i]
		over := overloaded(&p.trial)
		if p.trial.Status == record.GeneratorLimited && !over {
			v.out.Warnings = append(v.out.Warnings, fmt.Sprintf("step %s left out: %s", rateName(p.trial.Offered), p.trial.Reason))
			if holds {
				unknown = "the generator was late at a step that decides: " + rateName(p.trial.Offered)
			}
			continue
		}
		values, _ := p.costs(v.config.Protocol)
		for unit, x := range seen(v.config.Protocol, &p.trial) {
			values[unit] = x
		}
		holds = holds && !over && objective.met(values)
		if holds {
			// What holds at a rate holds below it.
			best, unknown = p.trial.Offered, ""
		}
		for unit := range values {
			if !slices.Contains(sweepUnits(), unit) && unit != objective.Quantile+"-lat-ns" {
				delete(values, unit)
			}
		}
		point := record.Point{
			Params: []record.Param{{Key: "rate", Value: rateName(p.trial.Offered)}}, Offered: p.trial.Offered, Iters: max(1, int(p.trial.Requests)), Values: values,
		}
		if over {
			point.Note = saturated
		}
		v.out.Points = append(v.out.Points, point)
	}
	if len(v.out.Points) > 0 {
		v.out.Limited = "" // the other steps count
	}
	if unknown != "" {
		v.out.Gaps["slo-req/s"] = unknown
	} else {
		v.out.Values["slo-req/s"] = best
	}
	return nil
}
