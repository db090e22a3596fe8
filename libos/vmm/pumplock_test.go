package vmm

import (
	"sync"
	"sync/atomic"
	"testing"
)

// TestPumpLock: one at a time is inside, nobody waits, and what was there when
// enter was called has been seen by the time that everybody is gone.
func TestPumpLock(t *testing.T) {
	const threads, rounds = 4, 20_000
	var l pumpLock
	var added, inside atomic.Int64
	seen := int64(0) // under l
	var wg sync.WaitGroup
	for range threads {
		wg.Go(func() {
			for range rounds {
				added.Add(1)
				if !l.enter() {
					continue
				}
				for {
					if inside.Add(1) != 1 {
						t.Error("two are inside")
					}
					seen = added.Load()
					inside.Add(-1)
					if l.leave() {
						break
					}
				}
			}
		})
	}
	wg.Wait()
	if seen != threads*rounds {
		t.Errorf("%d of %d were seen", seen, threads*rounds)
	}
}
