package trial

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// core is a processor whose probes take what it says, one look after the other, and then
// the last of them.
type core struct {
	paces []time.Duration
	looks int
}

func (c *core) probe(_, n int) ([]time.Duration, error) {
	pace := c.paces[min(c.looks, len(c.paces)-1)]
	c.looks++
	times := slices.Repeat([]time.Duration{pace}, n)
	times[0] *= 50 // an interrupt
	return times, nil
}

// learnt is a Quiet that has seen 100 as the best of processor 3.
func learnt(c *core, limit time.Duration) *Quiet {
	return &Quiet{Limit: limit, probe: c.probe, best: map[int]time.Duration{3: 100}, ever: map[int]time.Duration{3: 100}}
}

func TestQuietWaits(t *testing.T) {
	for _, tt := range []struct {
		name  string
		paces []time.Duration
		looks int
		late  int
	}{
		{"at once", []time.Duration{100}, 3, 0},
		{"a clock that is a little slower", []time.Duration{115}, 3, 0},
		{"quicker than ever", []time.Duration{80}, 3, 0},
		{"after the neighbour", []time.Duration{170, 170, 100}, 5, 1},
		{"the neighbour comes back", []time.Duration{100, 100, 170, 100}, 6, 1},
		{"slower than one that is quicker than ever", []time.Duration{80, 100, 80}, 5, 1},
	} {
		c := &core{paces: tt.paces}
		q := learnt(c, time.Hour)
		labels, err := q.Wait(t.Context(), []int{3})
		if err != nil || labels != nil || c.looks != tt.looks || q.late != tt.late || q.never != 0 {
			t.Errorf("%s: labels %q, %v after %d looks, %d late; want none after %d, %d", tt.name, labels, err, c.looks, q.late, tt.looks, tt.late)
		}
		if len(q.Sentences()) != tt.late {
			t.Errorf("%s: %q", tt.name, q.Sentences())
		}
	}
}

// TestQuietGivesUp: a trial that found no quiet says so; the pace of the host is then
// another, which the next trials do not wait to end. They get the label until it does.
func TestQuietGivesUp(t *testing.T) {
	c := &core{paces: []time.Duration{170}}
	q := learnt(c, time.Millisecond)
	labels, err := q.Wait(t.Context(), []int{3})
	if err != nil || !slices.Equal(labels, []string{LabelBusy}) || q.never != 1 || q.waited < time.Millisecond {
		t.Errorf("labels %q, %v, %d never, waited %v", labels, err, q.never, q.waited)
	}
	if s := q.Sentences(); len(s) != 1 || !strings.Contains(s[0], "1 began although somebody did") {
		t.Errorf("it says %q", s)
	}
	c.looks = 0
	q.Limit = time.Hour
	if labels, err := q.Wait(t.Context(), []int{3}); err != nil || !slices.Equal(labels, []string{LabelBusy}) || c.looks != quietLooks || q.never != 2 {
		t.Errorf("the next trial: labels %q, %v after %d looks, %d began without", labels, err, c.looks, q.never)
	}
	c.looks, c.paces = 0, []time.Duration{170, 100}
	if labels, err := q.Wait(t.Context(), []int{3}); err != nil || labels != nil || c.looks != quietLooks || q.never != 2 {
		t.Errorf("after the neighbour: labels %q, %v after %d looks, %d began without", labels, err, c.looks, q.never)
	}
}

// TestQuietLearns: before the first trial it looks long enough to see the host at its best,
// and does not count that as waiting.
func TestQuietLearns(t *testing.T) {
	c := &core{paces: append(slices.Repeat([]time.Duration{170}, 30), 100)}
	q := &Quiet{Limit: time.Hour, probe: c.probe}
	for _, cpu := range []int{3, 4} { // each processor anew
		c.looks = 0
		if labels, err := q.Wait(t.Context(), []int{cpu}); err != nil || labels != nil || q.best[cpu] != 100 || q.late != 0 {
			t.Errorf("processor %d: labels %q, %v, best %v, %d late", cpu, labels, err, q.best, q.late)
		}
	}
}

func TestQuietErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := learnt(&core{paces: []time.Duration{100}}, time.Hour).Wait(ctx, []int{3}); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait of an interrupted run = %v", err)
	}
	if _, err := (&Quiet{Limit: time.Hour}).Wait(t.Context(), []int{1000}); err == nil || !strings.Contains(err.Error(), "processor 1000") {
		t.Errorf("Wait on processor 1000 = %v", err)
	}
}

// TestQuietHere: the real probe, on a processor of this machine, comes to an end.
func TestQuietHere(t *testing.T) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	cpu := 0
	for !set.IsSet(cpu) {
		cpu++
	}
	if _, err := (&Quiet{Limit: 50 * time.Millisecond}).Wait(t.Context(), []int{cpu}); err != nil {
		t.Error(err)
	}
}
