package loadgen

import (
	"math"
	"time"

	"golang.org/x/sys/unix"
)

// clock reads CLOCK_MONOTONIC without a system call: package time reads the same
// clock through the vDSO but only tells differences, so the offset is found once.
type clock struct {
	base   time.Time
	offset int64
}

// newClock finds the offset to better than the duration of a system call.
func newClock() clock {
	c := clock{base: time.Now()}
	best := int64(math.MaxInt64)
	for range 32 {
		a := int64(time.Since(c.base))
		var ts unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
			continue // not on Linux; the offset stays as it is
		}
		b := int64(time.Since(c.base))
		if b-a < best {
			best = b - a
			c.offset = ts.Nano() - a - (b-a)/2
		}
	}
	return c
}

// now returns nanoseconds of CLOCK_MONOTONIC.
func (c *clock) now() int64 { return int64(time.Since(c.base)) + c.offset }

// ClockInfo says how exact the generator's clock is.
type ClockInfo struct {
	ResolutionNS int64   `json:"resolution_ns"` // smallest step seen
	CostNS       float64 `json:"cost_ns"`       // of one reading
}

// measure reads the clock some thousand times.
func (c *clock) measure() ClockInfo {
	const n = 4096
	info := ClockInfo{ResolutionNS: math.MaxInt64}
	first := c.now()
	last := first
	for range n {
		t := c.now()
		if t > last {
			info.ResolutionNS = min(info.ResolutionNS, t-last)
		}
		last = t
	}
	info.CostNS = float64(last-first) / n
	return info
}

// cpuTime is the CPU time of this process in nanoseconds, all threads together.
func cpuTime() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts); err != nil {
		return 0
	}
	return ts.Nano()
}
