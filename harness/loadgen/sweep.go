package loadgen

import (
	"math"
	"time"
)

// Search looks for the highest rate at which the 99th percentile of the corrected
// latency stays within P99 and the trial is valid. It halves the interval between
// Low and High on a logarithmic scale, Steps times. A trial that was limited by
// the generator is no answer about the server: the search then ends and says so.
type Search struct {
	P99   Duration `json:"p99"`
	Low   float64  `json:"low"`
	High  float64  `json:"high"`
	Steps int      `json:"steps,omitempty"` // 8 by default
}

// Bounds of a search.
const (
	searchSteps    = 8
	maxSearchSteps = 32
)

func (s *Search) defaults() { def(&s.Steps, searchSteps) }

func (s *Search) validate(bad func(string, ...any)) {
	inRange(bad, "search.p99", s.P99, Duration(time.Microsecond), maxTimeout)
	inRange(bad, "search.steps", s.Steps, 1, maxSearchSteps)
	if !(s.Low > 0 && s.Low < s.High && s.High <= maxRate) {
		bad("search: low %v and high %v: want 0 < low < high <= %g", s.Low, s.High, float64(maxRate))
	}
}

// Found is the result of a search.
type Found struct {
	// Rate is the highest rate that was good, 0 if none was.
	Rate float64 `json:"rate"`
	// Bad is the lowest rate that was not, 0 if all were good.
	Bad    float64 `json:"bad"`
	Reason string  `json:"reason"` // what ended the search
}

// bisect runs trials by run, which reports whether a rate was good; an error ends
// the search, with what was found until then.
func (s *Search) bisect(run func(rate float64) (good bool, err error)) (f Found, err error) {
	low, high := s.Low, s.High
	f.Reason = "all steps done"
	for step := range s.Steps {
		rate := math.Sqrt(low * high)
		switch step {
		case 0:
			rate = s.Low // worse than this is no answer
		case 1:
			rate = s.High // better than this was not asked
		}
		good, err := run(rate)
		if err != nil {
			f.Reason = err.Error()
			return f, err
		}
		if good {
			f.Rate, low = rate, rate
		} else {
			f.Bad, high = rate, rate
		}
		if step == 0 && !good {
			f.Reason = "not even the lowest rate was good"
			return f, nil
		}
		if step == 1 && good {
			f.Reason = "even the highest rate was good"
			return f, nil
		}
	}
	return f, nil
}
