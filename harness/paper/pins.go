package paper

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"unibench/harness/claims"
	"unibench/harness/record"
)

// pinMark begins a line that names a run.
const pinMark = "% run "

// Pins are the runs that a file was made from: folders below the results root.
type Pins []string

// ParsePins reads the pins of a file that Make wrote.
func ParsePins(data []byte) (Pins, error) {
	var out Pins
	for line := range bytes.Lines(data) {
		name, ok := strings.CutPrefix(strings.TrimSuffix(string(line), "\n"), pinMark)
		if !ok {
			continue
		}
		if !filepath.IsLocal(filepath.FromSlash(name)) || strings.Count(name, "/") != 2 || slices.Contains(out, name) {
			return nil, fmt.Errorf("%q is no folder SUITE/CLASS/RUN, or comes twice", name)
		}
		out = append(out, name)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("names no run that its numbers come from")
	}
	return out, nil
}

// Select returns the pinned runs.
func (p Pins) Select(runs []*record.Data) ([]*record.Data, error) {
	var out []*record.Data
	for _, name := range p {
		i := slices.IndexFunc(runs, func(d *record.Data) bool { return d.Run.Dir() == name })
		if i < 0 {
			return nil, fmt.Errorf("its numbers come from %s, which is not among the valid stored runs", name)
		}
		out = append(out, runs[i])
	}
	return out, nil
}

// Choose returns the runs of one host class that answer claims, the newest first; an
// empty class is that of the newest run.
func Choose(list []claims.Claim, runs []*record.Data, class string, reports *claims.Reports) ([]*record.Data, error) {
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b *record.Data) int { return b.Run.Start.Compare(a.Run.Start) })
	if class == "" && len(runs) > 0 {
		class = runs[0].Run.HostClass
	}
	runs = slices.DeleteFunc(runs, func(d *record.Data) bool { return d.Run.HostClass != class })
	verdicts, err := claims.Evaluate(list, runs, reports)
	if err != nil {
		return nil, err
	}
	used := make(map[string]bool)
	for _, v := range verdicts {
		for _, f := range v.Findings {
			used[f.Run] = true
		}
	}
	return slices.DeleteFunc(runs, func(d *record.Data) bool { return !used[d.Run.Dir()] }), nil
}
