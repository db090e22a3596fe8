package changepoint_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"unibench/harness/changepoint"
)

// step says that the level is multiplied from a value on.
type step struct {
	at int
	by float64
}

// history makes a series: steps, normal noise of a share, a drift per value.
func history(n int, seed uint64, noise, drift float64, steps ...step) []float64 {
	rng := rand.New(rand.NewPCG(seed, 99))
	out := make([]float64, n)
	level := 1e6
	for i := range out {
		for _, s := range steps {
			if s.at == i {
				level *= s.by
			}
		}
		out[i] = level * (1 + drift*float64(i)) * math.Exp(noise*rng.NormFloat64())
	}
	return out
}

// TestPlanted: three steps in noise and slow drift are found within one value, and
// nothing else is.
func TestPlanted(t *testing.T) {
	steps := []step{{20, 1.15}, {55, 0.88}, {80, 1.10}}
	for _, drift := range []float64{0, 0.0005, -0.0008, 0.0015} {
		for seed := range uint64(4) {
			got := changepoint.Detect(history(110, seed, 0.01, drift, steps...), changepoint.Options{MinChange: 0.03, Seed: seed})
			if len(got) != len(steps) {
				t.Errorf("drift %v, seed %d: %d changes, want 3: %+v", drift, seed, len(got), got)
				continue
			}
			for i, s := range steps {
				c := got[i]
				if max(c.At-s.at, s.at-c.At) > 1 || math.Abs(c.After/c.Before/s.by-1) > 0.03 || c.P > 0.01 {
					t.Errorf("drift %v, seed %d: change %d is %+v, want %+v", drift, seed, i, c, s)
				}
			}
		}
	}
}

// TestNoise: constant noise of any size has no changes, in at least 19 of 20 seeds,
// with no help from MinChange; heavy tails neither.
func TestNoise(t *testing.T) {
	for _, c := range []struct {
		name string
		next func(rng *rand.Rand) float64
	}{
		{"normal", func(rng *rand.Rand) float64 { return 1e6 * math.Exp(0.02*rng.NormFloat64()) }},
		{"exponential", func(rng *rand.Rand) float64 { return 1e6 * (1 + 0.1*rng.ExpFloat64()) }},
		{"two levels", func(rng *rand.Rand) float64 { return 1e6 + 1e5*float64(rng.IntN(2)) }},
		{"around zero", func(rng *rand.Rand) float64 { return rng.NormFloat64() }},
	} {
		quiet := 0
		for seed := range uint64(20) {
			rng := rand.New(rand.NewPCG(seed, 3))
			var v []float64
			for range 60 {
				v = append(v, c.next(rng))
			}
			if len(changepoint.Detect(v, changepoint.Options{Seed: seed})) == 0 {
				quiet++
			}
		}
		if quiet < 19 {
			t.Errorf("%s: nothing is found in %d of 20 seeds, want at least 19", c.name, quiet)
		}
	}
}

// TestDrift: a slow drift alone is no change, though its ends are far apart.
func TestDrift(t *testing.T) {
	v := history(120, 1, 0.005, 0.002)
	if got := changepoint.Detect(v, changepoint.Options{MinChange: 0.03}); len(got) > 0 {
		t.Errorf("a drift of 24 %% has changes: %+v", got)
	}
}

func TestEdges(t *testing.T) {
	o := changepoint.Options{MinChange: 0.03}
	level := func(n int, v float64) []float64 { return slices.Repeat([]float64{v}, n) }
	spike := history(40, 2, 0.005, 0)
	spike[17] *= 5
	for _, c := range []struct {
		name   string
		values []float64
		want   []int
	}{
		{"nothing", nil, nil},
		{"too short", []float64{1, 1, 1, 9, 9}, nil},
		{"constant", level(30, 7), nil},
		{"all zero", level(30, 0), nil},
		{"from zero", append(level(12, 0), level(12, 3)...), []int{12}},
		{"to zero", append(level(12, 3), level(12, 0)...), []int{12}},
		{"three at the end", append(history(30, 4, 0.005, 0), history(3, 5, 0.005, 0, step{0, 1.5})...), []int{30}},
		{"one odd value", spike, nil},
		{"not a number", append(level(12, 1), math.NaN(), 3, 3, 3, 3, 3, 3, 3, 3), nil},
		{"below the least change", append(level(15, 1000), level(15, 1020)...), nil},
	} {
		var got []int
		for _, x := range changepoint.Detect(c.values, o) {
			got = append(got, x.At)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: changes at %v, want %v", c.name, got, c.want)
		}
	}
}

func TestDeterministic(t *testing.T) {
	v := history(60, 7, 0.02, 0, step{20, 1.04}, step{43, 1.05})
	a, b := changepoint.Detect(v, changepoint.Options{Seed: 5}), changepoint.Detect(v, changepoint.Options{Seed: 5})
	if !slices.Equal(a, b) {
		t.Errorf("the same seed gives %+v, then %+v", a, b)
	}
	if again := history(60, 7, 0.02, 0, step{20, 1.04}, step{43, 1.05}); !slices.Equal(v, again) {
		t.Error("Detect changed its input")
	}
}
