package loadgen

import (
	"fmt"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Geometry of all histograms: 1 ns to two hours with three significant digits.
const (
	histHighest = int64(7200e9)
	histDigits  = 3
)

// hist counts durations in nanoseconds and keeps the exact extremes.
type hist struct {
	h        *hdrhistogram.Histogram
	min, max int64
}

func newHist() hist {
	return hist{h: hdrhistogram.New(1, histHighest, histDigits), min: math.MaxInt64}
}

// add counts v; what does not fit counts as the nearest value that does.
func (h *hist) add(v int64) {
	v = min(max(v, 0), histHighest)
	h.min, h.max = min(h.min, v), max(h.max, v)
	_ = h.h.RecordValue(v) // it is within the geometry
}

func (h *hist) reset() {
	h.h.Reset()
	h.min, h.max = math.MaxInt64, 0
}

// merge adds what o has counted.
func (h *hist) merge(o *hist) {
	h.h.Merge(o.h)
	h.min, h.max = min(h.min, o.min), max(h.max, o.max)
}

// Histogram is a distribution of durations in nanoseconds. Quantiles are accurate
// to three digits, Min and Max are exact.
type Histogram struct {
	Count int64   `json:"count"`
	Min   int64   `json:"min_ns"`
	Mean  float64 `json:"mean_ns"`
	P50   int64   `json:"p50_ns"`
	P90   int64   `json:"p90_ns"`
	P99   int64   `json:"p99_ns"`
	P999  int64   `json:"p999_ns"`
	Max   int64   `json:"max_ns"`
	// HDR holds everything: HdrHistogram V2, compressed, base64.
	HDR string `json:"hdr,omitempty"`
}

// summary returns the numbers, nil for an empty histogram.
func (h *hist) summary() (*Histogram, error) {
	n := h.h.TotalCount()
	if n == 0 {
		return nil, nil
	}
	enc, err := h.h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return nil, fmt.Errorf("encode histogram: %w", err)
	}
	return &Histogram{
		Count: n, Min: h.min, Max: h.max, Mean: h.h.Mean(),
		P50: h.quantile(50), P90: h.quantile(90), P99: h.quantile(99), P999: h.quantile(99.9),
		HDR: string(enc),
	}, nil
}

// quantile keeps a bucket's upper end within what was seen.
func (h *hist) quantile(q float64) int64 { return min(max(h.h.ValueAtPercentile(q), h.min), h.max) }

// Decode returns the histogram that h.HDR holds.
func (h *Histogram) Decode() (*hdrhistogram.Histogram, error) {
	d, err := hdrhistogram.Decode([]byte(h.HDR))
	if err != nil {
		return nil, fmt.Errorf("decode histogram: %w", err)
	}
	return d, nil
}
