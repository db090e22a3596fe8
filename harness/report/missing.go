package report

import (
	"slices"
	"strings"

	"unibench/harness/record"
)

// maxReason is the length at which the first line of an error is cut.
const maxReason = 120

// missing lists skipped targets, failed trials by status with the first error
// of each kind, values that could not be measured and slots that an interruption
// left open. Warm-up trials count
// here too: a failure there is a failure.
func missing(d *record.Data) []Missing {
	var out []Missing
	for _, s := range d.Run.Skipped {
		out = append(out, Missing{Target: s.Target, Benchmark: s.Benchmark, What: "skipped", Reason: s.Reason})
	}
	for _, target := range d.Run.Targets {
		for _, b := range d.Run.Benchmarks {
			for _, status := range record.Statuses() {
				if m := failures(d, b.Name, target, status); m.Count > 0 && status != record.Complete {
					out = append(out, m)
				}
			}
		}
	}
	out = append(out, missingValues(d)...)
	open := make(map[[2]string]int)
	for _, s := range d.Pending() {
		open[[2]string{s.Target, s.Benchmark}]++
	}
	for _, target := range d.Run.Targets {
		for _, b := range d.Run.Benchmarks {
			if n := open[[2]string{target, b.Name}]; n > 0 {
				out = append(out, Missing{
					Target: target, Benchmark: b.Name, What: "not run", Count: n,
					Reason: "the run was interrupted: continue it with bench run -resume and this folder",
				})
			}
		}
	}
	return out
}

// gaps returns the reasons of gaps by unit, one per measured trial.
func gaps(d *record.Data, benchmark, target string) map[string][]string {
	out := make(map[string][]string)
	for _, t := range d.Measured(benchmark, target) {
		for unit, reason := range t.Gaps {
			out[unit] = append(out[unit], reason)
		}
	}
	return out
}

// missingValues has a line per target, unit and reason; benchmarks share it.
func missingValues(d *record.Data) []Missing {
	var out []Missing
	for _, target := range d.Run.Targets {
		for _, b := range d.Run.Benchmarks {
			byUnit := gaps(d, b.Name, target)
			for _, u := range d.Run.Units {
				for _, reason := range byUnit[u.Name] {
					m := Missing{Target: target, Benchmark: b.Name, What: "no " + u.Name, Count: 1, Reason: firstLine(reason)}
					i := slices.IndexFunc(out, func(o Missing) bool {
						return o.Target == m.Target && o.What == m.What && o.Reason == m.Reason
					})
					if i < 0 {
						out = append(out, m)
						continue
					}
					out[i].Count++
					if !slices.Contains(strings.Split(out[i].Benchmark, ", "), b.Name) {
						out[i].Benchmark += ", " + b.Name
					}
				}
			}
		}
	}
	return out
}

func failures(d *record.Data, benchmark, target string, status record.Status) Missing {
	m := Missing{Target: target, Benchmark: benchmark, What: status.String()}
	for i := range d.Trials {
		t := &d.Trials[i]
		if t.Benchmark != benchmark || t.Target != target || t.Status != status {
			continue
		}
		if m.Count == 0 {
			m.Reason = firstLine(t.Error)
		}
		m.Count++
	}
	return m
}

// firstLine returns the first line of s in printable form, cut to maxReason.
func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > maxReason {
		s = string(r[:maxReason]) + "..."
	}
	return s
}
