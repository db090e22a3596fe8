package trend

import (
	"math"

	"unibench/harness/noise"
	"unibench/harness/record"
	"unibench/harness/stats"
)

// ratioRounds is the number of bootstrap samples behind the interval of one point. There
// are many points, and none is judged by its own interval.
const ratioRounds = 1000

// ratioOf is the ratio of the medians of two targets of one run, over its blocks: what
// both had of the host at the time is in both.
func ratioOf(d *record.Data, benchmark, target, base, unit string) (Point, bool) {
	blocks := make([]stats.Block, d.Run.WarmUp+d.Run.Count)
	n := math.MaxInt
	for _, side := range []struct {
		target string
		values func(*stats.Block) *[]float64
	}{
		{base, func(b *stats.Block) *[]float64 { return &b.Base }},
		{target, func(b *stats.Block) *[]float64 { return &b.Other }},
	} {
		count := 0
		for _, t := range d.Measured(benchmark, side.target) {
			v, ok := t.Values[unit]
			if !ok || t.Block >= len(blocks) {
				continue
			}
			list := side.values(&blocks[t.Block])
			*list = append(*list, v)
			count++
		}
		n = min(n, count)
	}
	begun := blocks[:0]
	for _, b := range blocks {
		if len(b.Base)+len(b.Other) > 0 {
			begun = append(begun, b)
		}
	}
	r := stats.MedianRatio(begun, stats.Confidence, ratioRounds, d.Run.Seed)
	if math.IsNaN(r.Value) {
		return Point{}, false
	}
	p := pointIn(d, n)
	p.Median, p.Lo, p.Hi = Number(r.Value), Number(r.Lo), Number(r.Hi)
	return p, true
}

// ratios calls add for each ratio of a target to the base of its run, in a primary unit
// that has a distribution: the others are too many to draw samples for.
func ratios(d *record.Data, b record.Benchmark, u record.Unit, add func(Series, func() (Point, bool))) {
	r := &d.Run
	if !u.Primary || u.Exact {
		return
	}
	for _, target := range r.Targets {
		if target == r.Base {
			continue
		}
		s := seriesOf(r, b, target, u)
		s.Base = r.Base
		s.Line += "/base=" + r.Base
		add(s, func() (Point, bool) { return ratioOf(d, b.Name, target, r.Base, u.Name) })
	}
}

// floor is the share that noise.Factor noise floors are away from 1: of a ratio that of the
// noisier of its two targets.
func (s *Series) floor(f *noise.File) Number {
	share := 0.0
	for _, target := range []string{s.Target, s.Base} {
		if g, ok := f.Lookup(s.Suite, s.Benchmark, target, s.Unit); ok && target != "" {
			share = max(share, g.Apart)
		}
	}
	return Number(noise.Factor * share)
}
