package record

// Measured returns the complete trials of one benchmark on one target, warm-up
// left out, as they ended.
func (d *Data) Measured(benchmark, target string) []*Trial {
	var out []*Trial
	for i := range d.Trials {
		t := &d.Trials[i]
		if t.Benchmark == benchmark && t.Target == target && t.Status == Complete && !t.WarmUp {
			out = append(out, t)
		}
	}
	return out
}

// Interval is the time between two events of one trial.
type Interval struct {
	From, To string
	NS       int64
}

// Intervals returns the times between neighbouring events of t, in the order of
// phases. Events that the target does not have are stepped over.
func (t *Trial) Intervals(phases []string) []Interval {
	at := make(map[string]int64, len(t.Phases))
	for _, p := range t.Phases {
		at[p.Name] = p.AtNS
	}
	var out []Interval
	last := ""
	for _, name := range phases {
		ns, ok := at[name]
		if !ok {
			continue
		}
		if last != "" {
			out = append(out, Interval{From: last, To: name, NS: ns - at[last]})
		}
		last = name
	}
	return out
}
