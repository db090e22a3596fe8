package host

import (
	"time"

	"golang.org/x/sys/unix"
)

func rdtsc() uint64 // defined in tsc_amd64.s

// tscTime is the time over which the frequency is measured: the uncertainty of its
// two ends, some 100 ns, is a few millionths of it.
const tscTime = 50 * time.Millisecond

// TSCHertz measures the frequency of the time-stamp counter against CLOCK_MONOTONIC,
// which the kernel disciplines. It is of use where Clock.TSCStable holds.
func TSCHertz() float64 {
	t0, c0 := tscAt()
	t1, c1 := t0, c0
	for t1-t0 < tscTime.Nanoseconds() {
		t1, c1 = tscAt()
	}
	return float64(c1-c0) / float64(t1-t0) * 1e9
}

// tscAt reads clock and counter together: of several attempts the one that took
// least, so that no interruption lies between them.
func tscAt() (mono int64, counter uint64) {
	const attempts = 20
	best := ^uint64(0)
	for range attempts {
		var ts unix.Timespec
		before := rdtsc()
		_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // cannot fail
		after := rdtsc()
		if after-before < best {
			best, mono, counter = after-before, ts.Nano(), before+(after-before)/2
		}
	}
	return mono, counter
}
