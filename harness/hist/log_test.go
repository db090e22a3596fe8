package hist

import (
	"errors"
	"math"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
)

func encoded(t testing.TB, values ...int64) string {
	t.Helper()
	h := hdrhistogram.New(1, 7200e9, 3)
	for _, v := range values {
		if err := h.RecordValue(v); err != nil {
			t.Fatal(err)
		}
	}
	b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRoundTrip(t *testing.T) {
	want := []Interval{
		{Tag: "corrected", Start: 0, Seconds: 0.3, MaxNS: 1_500_000, HDR: encoded(t, 1000, 1_500_000)},
		{Start: 0.3, Seconds: 0.3, MaxNS: 2000, HDR: encoded(t, 2000)},
	}
	got, err := Parse(Format(want))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("Parse(Format) (-want +got):\n%s", d)
	}
	// The library's own reader takes the histogram.
	h, err := hdrhistogram.Decode([]byte(got[0].HDR))
	if err != nil || h.TotalCount() != 2 {
		t.Errorf("Decode = %v values, %v; want 2", h.TotalCount(), err)
	}
}

func TestSum(t *testing.T) {
	var s Sum
	if s.Count() != 0 || s.Curve() != nil {
		t.Errorf("empty sum: %d values, curve %v", s.Count(), s.Curve())
	}
	var low, high []int64
	for i := range int64(1000) {
		low, high = append(low, 1000+i), append(high, 1_000_000+i*1000)
	}
	for _, values := range [][]int64{low, high} {
		if err := s.Add(Interval{HDR: encoded(t, values...)}); err != nil {
			t.Fatal(err)
		}
	}
	if s.Count() != 2000 {
		t.Errorf("%d values, want 2000", s.Count())
	}
	c := s.Curve()
	for i, p := range c {
		if i > 0 && (p.Quantile < c[i-1].Quantile || p.Value <= c[i-1].Value) {
			t.Errorf("curve turns back at %+v after %+v", p, c[i-1])
		}
		if p.Quantile < 0.45 && p.Value > 2010 || p.Quantile > 0.55 && p.Value < 1e6 {
			t.Errorf("point %+v is wrong", p)
		}
	}
	if last := c[len(c)-1]; last.Quantile != 1 || math.Abs(last.Value/1_999_000-1) > 0.002 {
		t.Errorf("curve ends at %+v", last)
	}
}

func TestParseErrors(t *testing.T) {
	for _, bad := range []string{"x", "1,2,3", "a,2,3,HIST", "Tag=x", "1,2,3,4,5"} {
		if got, err := Parse([]byte(bad)); !errors.Is(err, ErrMalformed) {
			t.Errorf("Parse(%q) = %v, %v; want ErrMalformed", bad, got, err)
		}
	}
	for _, bad := range []string{"", "AAAA", "HISTFAAAAA", "not base64!"} {
		if err := new(Sum).Add(Interval{HDR: bad}); !errors.Is(err, ErrMalformed) {
			t.Errorf("Add(%q) = %v, want ErrMalformed", bad, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(string(Format([]Interval{{Tag: "x", HDR: encoded(f, 1, 2, 3)}})))
	f.Add("1,2,3,AAAA")
	f.Fuzz(func(t *testing.T, log string) {
		intervals, err := Parse([]byte(log))
		if err != nil {
			return
		}
		again, err := Parse(Format(intervals))
		if err != nil || len(again) != len(intervals) {
			t.Errorf("Parse(Format(%v)) = %v, %v", intervals, again, err)
		}
	})
}

func TestJoin(t *testing.T) {
	a := []Interval{{Tag: "corrected", Seconds: 0.3}, {Tag: "lag", Seconds: 0.3}, {Tag: "corrected", Start: 0.3, Seconds: 0.2}}
	b := []Interval{{Tag: "corrected", Seconds: 0.1}}
	want := []Interval{a[0], a[1], a[2], {Tag: "corrected", Start: 0.5, Seconds: 0.1}, {Tag: "corrected", Start: 0.6, Seconds: 0.1}}
	if d := cmp.Diff(want, Join(a, nil, b, b)); d != "" {
		t.Errorf("Join (-want +got):\n%s", d)
	}
	if b[0].Start != 0 {
		t.Error("Join changed its input")
	}
}
