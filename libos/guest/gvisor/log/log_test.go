package log_test

import (
	"testing"
	"time"

	"unibench/libos/guest/gvisor/log"
)

// TestDropped: a message costs no memory, and its arguments are not looked at.
func TestDropped(t *testing.T) {
	logger := log.BasicRateLimitedLogger(time.Minute)
	var broken *stringer
	allocs := testing.AllocsPerRun(10, func() {
		logger.Warningf("%v", broken)
		logger.Infof("%v", broken)
		logger.Debugf("%v", broken)
		log.Warningf("%v", broken)
		log.Infof("%v", broken)
		log.Debugf("%v", broken)
		log.BugTracebackOnce(broken)
	})
	if allocs != 0 {
		t.Errorf("%v allocations, want none", allocs)
	}
}

type stringer struct{ text string }

func (s *stringer) Error() string { return s.text }
