package main

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// A benchmark is one operation. setup makes what it needs and returns a function
// that does it n times.
type benchmark struct {
	name  string
	doc   string
	setup func(*measured) (op, error)
}

// op does an operation n times and returns how long that took, set-up of the batch
// left out.
type op func(n int) (time.Duration, error)

// measured is one benchmark made ready; its exported fields are reported.
type measured struct {
	Name   string  `json:"name"`
	N      int     `json:"n"`       // operations in a batch
	LoopNS float64 `json:"loop_ns"` // of the loop around one operation
	Procs  int     `json:"procs"`   // GOMAXPROCS

	// Of benchmarks with files: where they are and what file system that is.
	Dir        string `json:"dir,omitempty"`
	FileSystem string `json:"file_system,omitempty"`

	op    op
	slow  float64 // share by which each batch is made slower
	close func()  // removes what is left on the host; nil for nothing
}

// end leaves nothing behind.
func (m *measured) end() {
	if m != nil && m.close != nil {
		m.close()
	}
}

// Bounds of what is asked for.
const (
	maxTime    = time.Hour
	maxBatches = 10000
	maxN       = 1 << 30
)

// prepare sets a benchmark up and finds n. The search is its warm-up, too.
func prepare(name string, length time.Duration, batches int) (*measured, error) {
	b, ok := find(name)
	switch {
	case !ok:
		return nil, fmt.Errorf("unknown benchmark %q: see -list", name)
	case length <= 0 || length > maxTime:
		return nil, fmt.Errorf("time %v: want more than 0, at most %v", length, maxTime)
	case batches < 1 || batches > maxBatches:
		return nil, fmt.Errorf("%d batches: want 1 to %d", batches, maxBatches)
	}
	m := &measured{Name: name, Procs: runtime.GOMAXPROCS(0)}
	var err error
	if m.op, err = b.setup(m); err == nil {
		m.LoopNS = loopCost()
		m.N, err = calibrate(m.op, length/time.Duration(batches))
	}
	if err != nil {
		m.end()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// run runs batches and returns the time of each in nanoseconds.
func (m *measured) run(batches int) ([]int64, error) {
	ns := make([]int64, batches)
	for i := range ns {
		d, err := m.op(m.N)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		ns[i] = (d + busy(time.Duration(float64(d)*m.slow))).Nanoseconds()
	}
	return ns, nil
}

// maxSlow is the most by which a batch is made slower.
const maxSlow = 10

// busy keeps the processor busy for d or a little longer, and returns how long.
func busy(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	start := time.Now()
	for {
		if took := time.Since(start); took >= d {
			return took
		}
	}
}

// calibrate returns how many operations take about d of the clock on the wall, by
// growing numbers of them: each step at most tenfold, as the first are cold.
func calibrate(f op, d time.Duration) (int, error) {
	const most = 10
	n := 1
	for {
		start := time.Now()
		if _, err := f(n); err != nil {
			return 0, err
		}
		took := max(time.Since(start), 1)
		next := int(float64(n) * float64(d) / float64(took))
		if took >= d/2 || n >= maxN {
			return min(max(next, 1), maxN), nil
		}
		n = min(max(min(next, most*n), n+1), maxN)
	}
}

// loopCost is the cost of one turn of an empty loop, which all benchmarks have: the
// least of several measurements, because interruptions only add.
func loopCost() float64 {
	const n, rounds = 100_000, 10
	best := time.Duration(1 << 62)
	for range rounds {
		start := time.Now()
		for range n { // kept by the compiler
		}
		best = min(best, time.Since(start))
	}
	return float64(best) / n
}

// loop times n operations that need nothing between them.
func loop(f func() error) op {
	return timed(func(n int) error {
		for range n {
			if err := f(); err != nil {
				return err
			}
		}
		return nil
	})
}

// timed times n operations that f does.
func timed(f func(n int) error) op {
	return func(n int) (time.Duration, error) {
		start := time.Now()
		err := f(n)
		return time.Since(start), err
	}
}

// errWrong means that an operation went through with a result that it must not
// have.
var errWrong = errors.New("wrong result")
