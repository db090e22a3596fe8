package loadgen

import "math/rand/v2"

// schedule gives the times at which requests are due, one after the other. It
// never looks at the clock: a late consumer finds the requests that are due
// already.
type schedule struct {
	rng     *rand.Rand // nil: constant
	origin  int64      // of the period
	end     int64      // nothing is due from here on
	mean    float64    // nanoseconds between requests
	elapsed float64    // of the next one, since origin
	next    int64      // time of the next one
	left    int64      // requests that are still allowed; negative: without bound
}

// newSchedule makes the schedule of one worker. seed and the worker's number make
// the sequence; equal ones give equal schedules.
func newSchedule(a Arrivals, seed uint64, worker int) schedule {
	var s schedule
	if a == Poisson {
		s.rng = rand.New(rand.NewPCG(seed, uint64(worker)))
	}
	return s
}

// start begins a period at origin with rate requests a second, of which bound are
// allowed (negative: no bound). phase, from 0 to 1, shifts a constant schedule,
// so that several workers interleave.
func (s *schedule) start(origin, end int64, rate, phase float64, bound int64) {
	s.origin, s.end, s.mean, s.left = origin, end, 1e9/rate, bound
	s.elapsed = s.mean * phase
	if s.rng != nil {
		s.elapsed = s.mean * s.rng.ExpFloat64()
	}
	s.next = origin + int64(s.elapsed)
}

// due reports whether a request is due at now.
func (s *schedule) due(now int64) bool { return s.next <= now && !s.over() }

// over reports whether the period has no further request.
func (s *schedule) over() bool { return s.next >= s.end || s.left == 0 }

// take removes the next request and returns its time.
func (s *schedule) take() int64 {
	t := s.next
	gap := s.mean
	if s.rng != nil {
		gap *= s.rng.ExpFloat64()
	}
	s.elapsed += gap
	s.next = s.origin + int64(s.elapsed)
	if s.left > 0 {
		s.left--
	}
	return t
}
