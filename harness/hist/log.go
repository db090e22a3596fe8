package hist

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Interval is one line of a log.
type Interval struct {
	Tag     string  // letters, digits, dashes, dots, equals signs; may be empty
	Start   float64 // seconds
	Seconds float64 // length
	MaxNS   int64   // greatest value
	HDR     string  // HdrHistogram V2, compressed, base64
}

// ErrMalformed means that a file is not a histogram log.
var ErrMalformed = errors.New("malformed histogram log")

const (
	headLine = "#[Histogram log format version 1.3]\n"
	nameLine = `"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"` + "\n"
)

// Format writes a log.
func Format(intervals []Interval) []byte {
	var b bytes.Buffer
	b.WriteString(headLine + nameLine)
	for _, i := range intervals {
		if i.Tag != "" {
			b.WriteString("Tag=" + i.Tag + ",")
		}
		fmt.Fprintf(&b, "%.3f,%.3f,%.3f,%s\n", i.Start, i.Seconds, float64(i.MaxNS)/1e6, i.HDR)
	}
	return b.Bytes()
}

// Parse reads a log.
func Parse(data []byte) ([]Interval, error) {
	var out []Interval
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, len(data)+1)
	for n := 1; sc.Scan(); n++ {
		line := sc.Text()
		if line == "" || line[0] == '#' || line[0] == '"' {
			continue
		}
		i, err := parseLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		out = append(out, i)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return out, nil
}

func parseLine(line string) (i Interval, err error) {
	if rest, ok := strings.CutPrefix(line, "Tag="); ok {
		i.Tag, line, _ = strings.Cut(rest, ",")
	}
	f := strings.Split(line, ",")
	if len(f) != 4 {
		return i, fmt.Errorf("%w: %d fields, want 4", ErrMalformed, len(f))
	}
	var v [3]float64
	for k := range v {
		if v[k], err = strconv.ParseFloat(f[k], 64); err != nil {
			return i, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
	}
	i.Start, i.Seconds, i.MaxNS, i.HDR = v[0], v[1], int64(v[2]*1e6), f[3]
	return i, nil
}

// Join makes one log of several: each begins where the one before it ended.
func Join(logs ...[]Interval) []Interval {
	var out []Interval
	begin := 0.0
	for _, log := range logs {
		end := begin
		for _, i := range log {
			i.Start += begin
			end = max(end, i.Start+i.Seconds)
			out = append(out, i)
		}
		begin = end
	}
	return out
}

// Sum is a histogram that others are added to.
type Sum struct {
	h *hdrhistogram.Histogram // nil until something was added
}

// Add adds the histogram of one interval.
func (s *Sum) Add(i Interval) error {
	h, err := decode(i.HDR)
	if err != nil {
		return err
	}
	if s.h == nil {
		s.h = h
		return nil
	}
	if dropped := s.h.Merge(h); dropped > 0 {
		return fmt.Errorf("%w: %d values do not fit the histogram of the first interval", ErrMalformed, dropped)
	}
	return nil
}

// decode guards against the library's panics on hostile input.
func decode(hdr string) (h *hdrhistogram.Histogram, err error) {
	defer func() {
		if r := recover(); r != nil {
			h, err = nil, fmt.Errorf("%w: %v", ErrMalformed, r)
		}
	}()
	if h, err = hdrhistogram.Decode([]byte(hdr)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return h, nil
}

// Count is the number of values.
func (s *Sum) Count() int64 {
	if s.h == nil {
		return 0
	}
	return s.h.TotalCount()
}

// Point is one point of a distribution.
type Point struct {
	Quantile float64 // 0 to 1
	Value    float64 // nanoseconds
}

// ticks is the number of points of a Curve between one quantile and the one half
// as far from the top.
const ticks = 20

// Curve returns the distribution from its least to its greatest value.
func (s *Sum) Curve() []Point {
	if s.Count() == 0 {
		return nil
	}
	var out []Point
	for _, b := range s.h.CumulativeDistributionWithTicks(ticks) {
		p := Point{Quantile: b.Quantile / 100, Value: float64(b.ValueAt)}
		if n := len(out); n > 0 && out[n-1].Value == p.Value {
			out[n-1] = p
			continue
		}
		out = append(out, p)
	}
	return out
}
