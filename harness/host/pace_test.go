package host

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

// TestSlow: what counts is the time that the slow ones took, not their number.
func TestSlow(t *testing.T) {
	for _, tt := range []struct {
		times []time.Duration
		want  float64
	}{
		{[]time.Duration{100, 100}, 0},
		{[]time.Duration{100, 119, 100}, 0},
		{[]time.Duration{100, 300}, 0.75},
		{[]time.Duration{150, 100, 150, 100}, 0.6},
	} {
		if got := slow(tt.times); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("slow(%v) = %v, want %v", tt.times, got, tt.want)
		}
	}
}

// TestPace: the loop runs on the processors of this machine, and only there.
func TestPace(t *testing.T) {
	cpus, err := AllowedCPUs()
	if err != nil {
		t.Fatal(err)
	}
	times, err := Pace(cpus[0], 5)
	if err != nil || len(times) != 5 {
		t.Fatalf("Pace = %v, %v", times, err)
	}
	for _, d := range times {
		if d <= 0 {
			t.Errorf("a loop took %v", d)
		}
	}
	if _, err := Pace(1000, 1); err == nil || !strings.Contains(err.Error(), "processor 1000") {
		t.Errorf("Pace on processor 1000 = %v", err)
	}
	if n, err := WatchNeighbour(t.Context(), cpus); err != nil || !(n.Share >= 0 && n.Share <= 1) {
		t.Errorf("WatchNeighbour = %+v, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := WatchNeighbour(ctx, cpus); !errors.Is(err, context.Canceled) {
		t.Errorf("WatchNeighbour of an interrupted doctor = %v", err)
	}
}
