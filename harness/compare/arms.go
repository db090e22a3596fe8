package compare

import (
	"maps"
	"slices"

	"unibench/harness/record"
)

// Arms compares the two builds of one run, the baseline as the old one. Both ran next to
// each other in the same randomised blocks, so blocks pair. Errors: a *Mismatch, ErrNoPrimary.
func Arms(d *record.Data, o Options) (*Result, error) {
	if d.Run.Baseline == nil {
		return nil, &Mismatch{Detail: "the run has one build only: name two runs, or a run that was made with bench run -baseline"}
	}
	old, new := split(d)
	allowed, err := permitted(old, new, o.Allow)
	if err != nil {
		return nil, err
	}
	r, err := assess(old, new, o, allowed, how{pair: len(spans(old)) > 1, arms: true})
	if err != nil {
		return nil, err
	}
	r.Old.Build = d.Run.Baseline.String()
	return r, nil
}

// split makes two runs of one with two builds, with the same names of targets.
func split(d *record.Data) (old, new *record.Data) {
	half := func(baseline bool) *record.Data {
		h := &record.Data{Dir: d.Dir, Run: d.Run, Host: d.Host}
		h.Run.Targets, h.Run.Base = nil, ""
		for _, t := range d.Run.Targets {
			if name, other := record.SplitArm(t); other == baseline {
				h.Run.Targets = append(h.Run.Targets, name)
			}
		}
		h.Run.Base = h.Run.Targets[0]
		for _, s := range d.Schedule {
			if name, other := record.SplitArm(s.Target); other == baseline {
				s.Target = name
				h.Schedule = append(h.Schedule, s)
			}
		}
		for _, t := range d.Trials {
			if name, other := record.SplitArm(t.Target); other == baseline {
				t.Target = name
				t.Values = maps.Clone(t.Values)
				h.Trials = append(h.Trials, t)
			}
		}
		return h
	}
	old, new = half(true), half(false)
	new.Warnings = slices.Clone(d.Warnings)
	if b := d.Run.Baseline; b.Kind != record.BaselineSame {
		old.Run.Commit, old.Run.Dirty, old.Run.DirtyHash = b.Commit, false, ""
	}
	return old, new
}
