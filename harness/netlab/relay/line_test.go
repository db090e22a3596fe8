package relay

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const frameBytes = 1000 // on the wire

// arrivals gives a line n frames, gap apart, and returns when each leaves, by its
// number; -1: never.
func arrivals(s Shape, n int, gap time.Duration) (l *line, left []int64, order []int) {
	l = newLine(s, 1, &pool{})
	left = make([]int64, n)
	for i := range left {
		left[i] = -1
	}
	// take lets leave what is due until then, each frame at its time.
	take := func(until int64) {
		for {
			at, ok := l.delayed.first()
			if !ok || at > until {
				return
			}
			f, _ := l.due(at)
			i := int(f.bytes[headerBytes]) | int(f.bytes[headerBytes+1])<<8
			order = append(order, i)
			left[i] = at
			l.pool.put(f)
		}
	}
	for i := range n {
		at := int64(i) * int64(gap)
		take(at - 1)
		f := l.pool.get(headerBytes + frameBytes)
		f.bytes[headerBytes], f.bytes[headerBytes+1] = byte(i), byte(i>>8)
		l.arrive(at, f)
	}
	take(math.MaxInt64)
	return l, left, order
}

func TestDelay(t *testing.T) {
	const gap, delay = time.Microsecond, 70 * time.Microsecond
	_, left, _ := arrivals(Shape{Delay: delay}, 1000, gap)
	for i, at := range left {
		if want := int64(i)*int64(gap) + int64(delay); at != want {
			t.Fatalf("frame %d left at %d, want %d", i, at, want)
		}
	}
}

func TestRate(t *testing.T) {
	// 1000 bytes at 80 Mbit/s take 100 us.
	const send = 100 * time.Microsecond
	t.Run("back to back", func(t *testing.T) {
		l, left, _ := arrivals(Shape{Rate: 80e6, Queue: 500}, 600, time.Nanosecond)
		for i := range 501 { // one being sent and the queue
			if want := int64(i+1) * int64(send); left[i] != want {
				t.Fatalf("frame %d left at %d, want %d", i, left[i], want)
			}
		}
		if l.stats.Overflow != 99 || left[501] != -1 {
			t.Errorf("%d frames did not fit, want 99", l.stats.Overflow)
		}
	})
	t.Run("slower than the rate", func(t *testing.T) {
		_, left, _ := arrivals(Shape{Rate: 80e6}, 50, 2*send)
		for i, at := range left {
			if want := int64(i)*int64(2*send) + int64(send); at != want {
				t.Fatalf("frame %d left at %d, want %d", i, at, want)
			}
		}
	})
}

func TestLoss(t *testing.T) {
	const n, share = 10_000, 0.05
	l, left, _ := arrivals(Shape{Loss: share, Seed: 4}, n, 0)
	// Five standard deviations.
	if got, want := float64(l.stats.Lost), float64(n)*share; math.Abs(got-want) > 5*math.Sqrt(want) {
		t.Errorf("%v of %d frames lost at a share of %v", got, n, share)
	}
	_, again, _ := arrivals(Shape{Loss: share, Seed: 4}, n, 0)
	if !slices.Equal(left, again) {
		t.Error("the same seed lost other frames")
	}
	_, other, _ := arrivals(Shape{Loss: share, Seed: 5}, n, 0)
	if slices.Equal(left, other) {
		t.Error("another seed lost the same frames")
	}
	for _, share := range []float64{0, 1} {
		if l, _, _ := arrivals(Shape{Loss: share}, 100, 0); l.stats.Lost != int64(100*share) {
			t.Errorf("%d of 100 frames lost at a share of %v", l.stats.Lost, share)
		}
	}
}

func TestReorder(t *testing.T) {
	const n = 1000
	l, left, order := arrivals(Shape{Delay: 50 * time.Microsecond, Reorder: 0.1, Seed: 1}, n, time.Microsecond)
	early := 0
	for i, at := range left {
		switch at - int64(i)*1000 {
		case 0:
			early++
		case 50_000:
		default:
			t.Fatalf("frame %d left after %d ns, want at once or after the delay", i, at-int64(i)*1000)
		}
	}
	if early != int(l.stats.Reordered) || early < n/20 || early > n/5 || slices.IsSorted(order) {
		t.Errorf("%d of %d frames passed others, counted %d", early, n, l.stats.Reordered)
	}
}

// TestDelayedModel compares the heap with a sorted list.
func TestDelayedModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	type item struct {
		at int64
		f  *frame
	}
	var d delayed
	var model []item
	for range 20_000 {
		if rng.IntN(2) == 0 || len(model) == 0 {
			x := item{rng.Int64N(50), &frame{}}
			d.push(x.at, x.f)
			i, _ := slices.BinarySearchFunc(model, x.at+1, func(a item, at int64) int { return int(a.at - at) })
			model = slices.Insert(model, i, x)
			continue
		}
		at, ok := d.first()
		if f := d.pop(); !ok || at != model[0].at || f != model[0].f {
			t.Fatalf("first = %d, want %d, in order of arrival", at, model[0].at)
		}
		model = model[1:]
	}
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	p := &pool{}
	l := newLine(Shape{Delay: 10, Rate: 1e12, Loss: 0.1, Reorder: 0.1}, 1, p)
	now := int64(0)
	round := func() {
		for range 50 {
			now++
			l.arrive(now, p.get(headerBytes+frameBytes))
		}
		now += 1000
		for {
			f, _ := l.due(now)
			if f == nil {
				return
			}
			p.put(f)
		}
	}
	for range 10 {
		round()
	}
	if n := testing.AllocsPerRun(100, round); n != 0 {
		t.Errorf("50 frames allocate %v times", n)
	}
}

func TestShapeCheck(t *testing.T) {
	for _, tt := range []struct {
		shape Shape
		ok    bool
	}{
		{Shape{}, true},
		{Shape{Delay: time.Second, Loss: 1, Reorder: 1, Rate: 1e9, Queue: 10}, true},
		{Shape{Delay: -1}, false},
		{Shape{Delay: time.Hour}, false},
		{Shape{Loss: 1.1}, false},
		{Shape{Loss: math.NaN()}, false},
		{Shape{Reorder: 0.1}, false},
		{Shape{Delay: 1, Reorder: -1}, false},
		{Shape{Rate: -1}, false},
		{Shape{Rate: math.MaxInt64}, false},
		{Shape{Queue: -1}, false},
		{Shape{Queue: 1 << 30}, false},
	} {
		if err := tt.shape.Check(); (err == nil) != tt.ok {
			t.Errorf("%+v.Check() = %v, want ok %v", tt.shape, err, tt.ok)
		}
	}
}
