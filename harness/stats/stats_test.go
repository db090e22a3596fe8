package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"unibench/harness/stats"
)

// approx compares to nine digits; NaN equals NaN.
func approx() cmp.Option {
	return cmp.Options{cmpopts.EquateApprox(1e-9, 1e-12), cmpopts.EquateNaNs()}
}

func seq(lo, hi int) []float64 {
	var out []float64
	for v := lo; v <= hi; v++ {
		out = append(out, float64(v))
	}
	return out
}

func TestMedian(t *testing.T) {
	for name, c := range map[string]struct {
		in             []float64
		center, lo, hi float64
		warn           int
	}{
		// Order-statistic intervals: for n = 10 the 2nd and 9th value
		// cover the median with 1 - 2*(1+10)/2^10 = 97.9 %.
		"ten":     {seq(1, 10), 5.5, 2, 9, 0},
		"shuffle": {[]float64{9, 1, 8, 2, 10, 3, 7, 4, 6, 5}, 5.5, 2, 9, 0},
		"six":     {seq(1, 6), 3.5, 1, 6, 0},
		"five":    {seq(1, 5), 3, math.Inf(-1), 5, 1},
		"one":     {[]float64{7}, 7, math.Inf(-1), math.Inf(1), 1},
		"none":    {nil, 0, 0, 0, 1},
	} {
		s := stats.Median(c.in, stats.Confidence)
		if s.N != len(c.in) || s.Center != c.center || s.Lo != c.lo || s.Hi != c.hi || len(s.Warnings) != c.warn {
			t.Errorf("%s: Median = %+v, want center %v [%v, %v], %d warnings", name, s, c.center, c.lo, c.hi, c.warn)
		}
	}
	in := []float64{3, 1, 2}
	stats.Median(in, stats.Confidence)
	if diff := cmp.Diff([]float64{3, 1, 2}, in); diff != "" {
		t.Errorf("Median changed its argument:\n%s", diff)
	}
}

func TestExact(t *testing.T) {
	if s := stats.Exact([]float64{4, 4, 4}); s.Center != 4 || s.Lo != 4 || s.Hi != 4 || s.Warnings != nil {
		t.Errorf("Exact of equal values = %+v", s)
	}
	if s := stats.Exact([]float64{4, 5, 4}); len(s.Warnings) != 1 {
		t.Errorf("Exact of different values: warnings %v, want one", s.Warnings)
	}
}

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		in      []float64
		q, want float64
	}{
		{seq(1, 5), 0.5, 3}, {seq(1, 4), 0.5, 2.5}, {seq(1, 5), 0, 1}, {seq(1, 5), 1, 5},
		{[]float64{4, 1, 3, 2}, 0.25, 1.75}, {[]float64{7}, 0.9, 7},
		{nil, 0.5, math.NaN()}, {seq(1, 5), 1.1, math.NaN()}, {seq(1, 5), math.NaN(), math.NaN()},
	} {
		if got := stats.Quantile(c.in, c.q); !cmp.Equal(got, c.want, approx()) {
			t.Errorf("Quantile(%v, %v) = %v, want %v", c.in, c.q, got, c.want)
		}
	}
}

func TestTukey(t *testing.T) {
	// Quartiles of 1..9 and two far values: q1 = 3.5, q3 = 8.5, range 5.
	in := append(seq(1, 9), 17, 24)
	want := make([]stats.Label, 11)
	want[9], want[10] = stats.Mild, stats.Extreme
	if diff := cmp.Diff(want, stats.Tukey(in)); diff != "" {
		t.Errorf("Tukey(%v):\n%s", in, diff)
	}
	if diff := cmp.Diff(make([]stats.Label, 4), stats.Tukey([]float64{1, 1, 1, 99})); diff != "" {
		t.Errorf("Tukey of four values:\n%s", diff)
	}
}

func TestMannWhitney(t *testing.T) {
	// The smallest p for n = m is 2/C(2n, n).
	for n, want := range map[int]float64{4: 2.0 / 70, 6: 2.0 / 924, 10: 2.0 / 184756} {
		if got := stats.MannWhitney(seq(1, n), seq(101, 100+n)).P; !cmp.Equal(got, want, approx()) {
			t.Errorf("MannWhitney, separate samples of %d: p = %v, want %v", n, got, want)
		}
	}
	if got := stats.MannWhitney(seq(1, 3), seq(4, 6)); len(got.Warnings) == 0 {
		t.Error("MannWhitney of 3 against 3 gives no warning that it is too few")
	}
	if got := stats.MannWhitney(nil, seq(1, 3)); got.P != 1 || len(got.Warnings) == 0 {
		t.Errorf("MannWhitney of an empty sample = %+v", got)
	}
	if got := stats.MannWhitney([]float64{5, 5, 5, 5}, []float64{5, 5, 5, 5}); got.P != 1 {
		t.Errorf("MannWhitney of equal constants: p = %v, want 1", got.P)
	}
}

func TestSignedRank(t *testing.T) {
	for name, c := range map[string]struct {
		in   []float64
		want float64
		n    int
	}{
		"all positive, 6":  {seq(1, 6), 2.0 / 64, 6},
		"all negative, 10": {[]float64{-1, -2, -3, -4, -5, -6, -7, -8, -9, -10}, 2.0 / 1024, 10},
		"balanced":         {[]float64{1, -1, 2, -2}, 1, 4},
		"zeros":            {[]float64{0, 0}, 1, 0},
		"none":             {nil, 1, 0},
		// Tables of the test give W <= 8 as the limit at .05 for n = 10.
		"table, n 10, W 8": {[]float64{-1, 2, 3, 4, 5, 6, -7, 8, 9, 10}, 50.0 / 1024, 10},
	} {
		got := stats.SignedRank(c.in)
		if !cmp.Equal(got.P, c.want, approx()) || got.N1 != c.n {
			t.Errorf("%s: SignedRank = %+v, want p %v of %d", name, got, c.want, c.n)
		}
	}
}

// TestSignedRankBruteForce compares the exact distribution with the sum over
// all sign patterns, ties and zeros included.
func TestSignedRankBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		in := make([]float64, rng.IntN(11))
		for i := range in {
			in[i] = float64(rng.IntN(9) - 3)
		}
		if got, want := stats.SignedRank(in).P, slowSignedRank(in); !cmp.Equal(got, want, approx()) {
			t.Fatalf("SignedRank(%v) = %v, want %v", in, got, want)
		}
	}
}

// slowSignedRank enumerates every sign pattern with ranks found by counting.
func slowSignedRank(in []float64) float64 {
	var d []float64
	for _, v := range in {
		if v != 0 {
			d = append(d, v)
		}
	}
	rank := make([]float64, len(d))
	sum, total := 0.0, 0.0
	for i := range d {
		rank[i] = 0.5
		for j := range d {
			switch a, b := math.Abs(d[j]), math.Abs(d[i]); {
			case a < b:
				rank[i]++
			case a == b:
				rank[i] += 0.5
			}
		}
		total += rank[i]
		if d[i] > 0 {
			sum += rank[i]
		}
	}
	far := math.Abs(sum - total/2)
	hits := 0
	for pattern := range 1 << len(d) {
		s := 0.0
		for i := range d {
			if pattern>>i&1 == 1 {
				s += rank[i]
			}
		}
		if math.Abs(s-total/2) >= far {
			hits++
		}
	}
	return float64(hits) / float64(int(1)<<len(d))
}

// TestSignedRankLarge checks that the normal approximation joins the exact
// distribution where one takes over from the other.
func TestSignedRankLarge(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	in := make([]float64, 300)
	for i := range in {
		in[i] = rng.NormFloat64() + 0.1
	}
	exact := stats.SignedRank(in).P
	normal := stats.SignedRank(append(in, 1e-9)).P // one more, of the least rank
	if math.Abs(exact-normal) > 0.003 {
		t.Errorf("p of 300 = %v, of 301 = %v, want nearly equal", exact, normal)
	}
}

func TestHolm(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct{ in, want []float64 }{
		{nil, []float64{}},
		{[]float64{0.01}, []float64{0.01}},
		{[]float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02}},
		{[]float64{0.5, 0.9, 0.6}, []float64{1, 1, 1}},
		{[]float64{nan, 0.02, nan, 0.01}, []float64{nan, 0.02, nan, 0.02}},
	} {
		if diff := cmp.Diff(c.want, stats.Holm(c.in), approx()); diff != "" {
			t.Errorf("Holm(%v):\n%s", c.in, diff)
		}
	}
}
