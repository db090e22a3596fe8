package loadgen

import "math"

// Windows of the arrivals test, in mean gaps. Several gaps long, so that it sees
// throttling and bursts but not that one system call takes some microseconds,
// which the schedule lag shows.
const windowGaps = 8

// arrivalTest counts in how far a sequence of times is a Poisson process: the
// counts in equal windows have a ratio of variance to mean (index of dispersion)
// of 1. A generator that waits for answers has less, one that stalls and catches
// up has more. Like the test of lancet, it looks at what was done, not planned.
type arrivalTest struct {
	origin int64
	window float64 // nanoseconds
	index  int64   // of the current window
	count  int64   // in the current window
	n      int64   // complete windows
	sum    float64
	square float64
}

func (a *arrivalTest) start(origin int64, rate float64) {
	*a = arrivalTest{origin: origin, window: windowGaps * 1e9 / rate}
}

// add counts an arrival. One before the current window, which only rounding can
// make, counts in it.
func (a *arrivalTest) add(t int64) {
	i := int64(float64(t-a.origin) / a.window)
	if i > a.index {
		c := float64(a.count)
		a.sum += c
		a.square += c * c
		a.n += i - a.index // those between were empty
		a.index, a.count = i, 0
	}
	a.count++
}

// merge adds the windows of another worker.
func (a *arrivalTest) merge(o *arrivalTest) {
	a.n += o.n
	a.sum += o.sum
	a.square += o.square
}

// ArrivalTest is the result of the arrivals test.
type ArrivalTest struct {
	Windows    int64   `json:"windows"`
	Dispersion float64 `json:"dispersion"` // 1 for Poisson, 0 for constant
	// Tolerance is three standard errors of Dispersion under Poisson arrivals.
	Tolerance float64 `json:"tolerance"`
}

// result returns nil for less than two windows.
func (a *arrivalTest) result() *ArrivalTest {
	if a.n < 2 || a.sum == 0 {
		return nil
	}
	n := float64(a.n)
	mean := a.sum / n
	variance := (a.square - n*mean*mean) / (n - 1)
	return &ArrivalTest{Windows: a.n, Dispersion: variance / mean, Tolerance: 3 * math.Sqrt(2/(n-1))}
}
