package compare

import (
	"slices"
	"time"

	"unibench/harness/record"
	"unibench/harness/stats"
)

// span is when a block ran.
type span struct{ from, to time.Time }

// paired reports whether the blocks of two runs pair: the same blocks, at least two,
// and all of one pair was over before the next began.
func paired(old, new *record.Data) bool {
	a, b := spans(old), spans(new)
	if len(a) != len(b) || len(a) < 2 {
		return false
	}
	blocks := make([]int, 0, len(a))
	for k := range a {
		if _, ok := b[k]; !ok {
			return false
		}
		blocks = append(blocks, k)
	}
	slices.Sort(blocks)
	for i, k := range blocks[1:] {
		last := blocks[i]
		for _, before := range []span{a[last], b[last]} {
			for _, after := range []span{a[k], b[k]} {
				if before.to.After(after.from) {
					return false
				}
			}
		}
	}
	return true
}

// spans returns when the measured blocks ran.
func spans(d *record.Data) map[int]span {
	out := make(map[int]span)
	for i := range d.Trials {
		t := &d.Trials[i]
		if t.WarmUp {
			continue
		}
		end := t.Start.Add(time.Duration(t.WallNS))
		s, ok := out[t.Block]
		if !ok || t.Start.Before(s.from) {
			s.from = t.Start
		}
		if !ok || end.After(s.to) {
			s.to = end
		}
		out[t.Block] = s
	}
	return out
}

// values are those of one unit on one place, all and by block.
type values struct {
	all     []float64
	byBlock map[int][]float64
}

func valuesOf(d *record.Data, p place, unit string) values {
	v := values{byBlock: make(map[int][]float64)}
	for _, t := range d.Measured(p.benchmark, p.target) {
		if x, ok := t.Values[unit]; ok {
			v.all = append(v.all, x)
			v.byBlock[t.Block] = append(v.byBlock[t.Block], x)
		}
	}
	return v
}

// blocks joins the sides block by block.
func blocks(old, new values) []stats.Block {
	var keys []int
	for _, m := range []map[int][]float64{old.byBlock, new.byBlock} {
		for k := range m {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var out []stats.Block
	for _, k := range slices.Compact(keys) {
		out = append(out, stats.Block{Base: old.byBlock[k], Other: new.byBlock[k]})
	}
	return out
}
