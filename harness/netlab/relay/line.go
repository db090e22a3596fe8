package relay

import (
	"math/rand/v2"
	"time"
)

// Stats counts what happened to the frames of one direction.
type Stats struct {
	Frames    int64 `json:"frames"`    // that came, after splitting
	Bytes     int64 `json:"bytes"`     // in them, with Ethernet headers
	Lost      int64 `json:"lost"`      // by the dice
	Overflow  int64 `json:"overflow"`  // lost because the queue or the wire was full
	Reordered int64 `json:"reordered"` // skipped the delay
	Sent      int64 `json:"sent"`      // handed on
	Refused   int64 `json:"refused"`   // lost because the next interface took no more
	Malformed int64 `json:"malformed"` // could not be split
	Missed    int64 `json:"missed"`    // lost by the kernel before the relay read them
}

// maxUnderway bounds the memory of a direction: 64 Ki frames of 2 KiB.
const maxUnderway = 1 << 16

// line is one direction of the wire. Times are nanoseconds of a monotonic clock.
type line struct {
	shape   Shape
	dice    *rand.Rand
	free    int64   // when the line has sent what was given to it
	waiting departs // of frames that are in the queue or being sent
	delayed delayed // frames under way
	pool    *pool
	stats   Stats
}

func newLine(s Shape, direction uint64, p *pool) *line {
	if s.Queue == 0 {
		s.Queue = DefaultQueue
	}
	return &line{shape: s, dice: rand.New(rand.NewPCG(s.Seed, direction)), pool: p}
}

// arrive takes a frame that came at time now. It belongs to the line then.
func (l *line) arrive(now int64, f *frame) {
	size := int64(f.wireBytes())
	l.stats.Frames++
	l.stats.Bytes += size
	// Each frame throws the same dice, whatever becomes of it.
	lost := l.throw(l.shape.Loss)
	skips := l.throw(l.shape.Reorder)
	if lost {
		l.stats.Lost++
		l.pool.put(f)
		return
	}
	if len(l.delayed.heap) >= maxUnderway {
		l.stats.Overflow++
		l.pool.put(f)
		return
	}
	at := now
	if l.shape.Rate > 0 {
		l.waiting.drop(now)
		if l.waiting.len() > l.shape.Queue { // one of them is being sent
			l.stats.Overflow++
			l.pool.put(f)
			return
		}
		l.free = max(l.free, now) + size*8*int64(time.Second)/l.shape.Rate
		at = l.free
		l.waiting.push(at)
	}
	if skips {
		l.stats.Reordered++
	} else {
		at += int64(l.shape.Delay)
	}
	l.delayed.push(at, f)
}

func (l *line) throw(share float64) bool { return share > 0 && l.dice.Float64() < share }

// due returns the next frame whose time has come, which then is the caller's, or
// else nil and when the next comes, 0 if none is under way.
func (l *line) due(now int64) (f *frame, next int64) {
	at, ok := l.delayed.first()
	switch {
	case !ok:
		return nil, 0
	case at > now:
		return nil, at
	}
	return l.delayed.pop(), 0
}
