package compare_test

import (
	"math"
	"math/rand/v2"
	"time"

	"unibench/harness/record"
	"unibench/harness/record/recordtest"
)

// units are one of each kind.
func units() []record.Unit {
	return []record.Unit{
		{Name: "boot-first-ns", Better: "lower", Primary: true},
		{Name: "req/s", Better: "higher", Primary: true},
		{Name: "rss-B", Better: "lower"},
		{Name: "gen-cpu-ns/op"},
		{Name: "image-B", Better: "lower", Exact: true},
		{Name: "vmexits/op", Better: "lower"},
	}
}

var base = map[string]float64{
	"boot-first-ns": 1e6, "req/s": 5e4, "rss-B": 2e6, "gen-cpu-ns/op": 900, "image-B": 1.2e6, "vmexits/op": 0,
}

// factors change a value by "Benchmark target unit".
type factors map[string]float64

// spec is a run with noise of the given size in all but the last two units.
func spec(seed uint64, start time.Time, noise float64, f factors) recordtest.Spec {
	return recordtest.Spec{
		Seed: seed, Start: start, Count: 10, Commit: []string{"aaaa", "bbbb"}[seed%2] + "456789abcdef0123456789abcdef01234567",
		Benchmarks: []string{"Hello", "HelloFmt"}, Units: units(),
		Value: func(s record.Slot, unit string, rng *rand.Rand) (float64, bool) {
			if unit == "vmexits/op" && s.Target == "process" {
				return 0, false
			}
			v := base[unit]
			if unit != "image-B" && unit != "vmexits/op" {
				v *= math.Exp(noise * rng.NormFloat64())
			}
			by, ok := f[s.Benchmark+" "+s.Target+" "+unit]
			switch {
			case ok && v == 0:
				v = by
			case ok:
				v *= by
			}
			return math.Round(v), true
		},
	}
}

func day(n int) time.Time { return time.Date(2026, 1, n, 3, 4, 5, 0, time.UTC) }
