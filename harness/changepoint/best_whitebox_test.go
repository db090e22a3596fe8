package changepoint

import (
	"math"
	"math/rand/v2"
	"testing"
)

// slowBest is best by its definition.
func slowBest(x []float64, least int) (at int, q float64) {
	mean := func(a, b []float64, same bool) float64 {
		sum, n := 0.0, 0
		for i, v := range a {
			for j, w := range b {
				if same && i == j {
					continue
				}
				sum += math.Abs(v - w)
				n++
			}
		}
		return sum / float64(n)
	}
	q = math.Inf(-1)
	for k := least; k <= len(x)-least; k++ {
		a, b := x[:k], x[k:]
		e := 2*mean(a, b, false) - mean(a, a, true) - mean(b, b, true)
		if e *= float64(len(a)*len(b)) / float64(len(x)); e > q {
			at, q = k, e
		}
	}
	return at, q
}

func TestBest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		x := make([]float64, 4+rng.IntN(30))
		for i := range x {
			x[i] = math.Round(20 * rng.NormFloat64())
			if i > len(x)/3 {
				x[i] += 15
			}
		}
		at, q := best(x, 2)
		wantAt, want := slowBest(x, 2)
		if math.Abs(q-want) > 1e-9*math.Max(1, math.Abs(want)) || at != wantAt {
			t.Fatalf("best(%v) = %d, %v; by definition %d, %v", x, at, q, wantAt, want)
		}
	}
}
