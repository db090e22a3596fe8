package relay

import (
	"errors"
	"fmt"
	"time"
)

// Shape is what the wire does to frames, in each direction alike. The zero value
// only copies, to know what that costs.
type Shape struct {
	Delay   time.Duration `json:"delay_ns"`    // one way
	Loss    float64       `json:"loss"`        // share of frames lost, 0 to 1
	Reorder float64       `json:"reorder"`     // share of frames that skip Delay, 0 to 1
	Rate    int64         `json:"rate_bits_s"` // of frames with their Ethernet headers; 0: no limit
	Queue   int           `json:"queue"`       // frames that wait for Rate before others are lost; 0: DefaultQueue
	Seed    uint64        `json:"seed"`        // of the dice
}

// DefaultQueue is the length of the queue before a rate limit, in frames.
const DefaultQueue = 1000

const (
	maxDelay = 10 * time.Second
	maxRate  = 1e12
	maxQueue = 1 << 20
)

// Check says what is wrong with a shape.
func (s Shape) Check() error {
	switch {
	case s.Delay < 0 || s.Delay > maxDelay:
		return fmt.Errorf("delay %v: want 0 to %v", s.Delay, maxDelay)
	case !(s.Loss >= 0 && s.Loss <= 1):
		return fmt.Errorf("loss %v: want 0 to 1", s.Loss)
	case !(s.Reorder >= 0 && s.Reorder <= 1):
		return fmt.Errorf("reordering %v: want 0 to 1", s.Reorder)
	case s.Reorder > 0 && s.Delay == 0:
		return errors.New("reordering needs a delay that frames can skip")
	case s.Rate < 0 || s.Rate > maxRate:
		return fmt.Errorf("rate %d bit/s: want 0 to %g", s.Rate, maxRate)
	case s.Queue < 0 || s.Queue > maxQueue:
		return fmt.Errorf("queue of %d frames: want 0 to %d", s.Queue, maxQueue)
	}
	return nil
}
