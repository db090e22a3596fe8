package suite

import (
	"fmt"
	"strings"

	"unibench/harness/netlab"
)

// links is what the kernel said about the networks of a run's targets.
type links struct {
	order  []string // targets, as they were seen first
	record map[string]netlab.Record
	odd    []string // what was not the same in every world of one target
}

// look reads the network of a trial whose server runs.
func (l *links) look(target string, w *netlab.World) error {
	r, err := w.Record()
	if err != nil {
		return err
	}
	first, seen := l.record[target]
	if !seen {
		if l.record == nil {
			l.record = make(map[string]netlab.Record)
		}
		l.record[target] = r
		l.order = append(l.order, target)
		return nil
	}
	for _, d := range first.Diff(r) {
		l.odd = append(l.odd, fmt.Sprintf("the network of %s changed during the run: %s", target, d))
	}
	return nil
}

// sentences say in which ways the networks of the targets differ from that of the
// base, or that they do not.
func (l *links) sentences(base string) []string {
	out := l.odd
	first, ok := l.record[base]
	if !ok {
		return out
	}
	for _, t := range l.order {
		if t == base {
			continue
		}
		if d := first.Diff(l.record[t]); len(d) > 0 {
			out = append(out, fmt.Sprintf("network of %s beside %s: %s", base, t, strings.Join(d, "; ")))
		} else {
			out = append(out, fmt.Sprintf("the networks of %s and %s have the same properties", base, t))
		}
	}
	return out
}
