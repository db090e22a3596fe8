package plot

import "testing"

func TestDecades(t *testing.T) {
	for _, tt := range []struct {
		ratios []float64
		want   bool
	}{
		{nil, false}, {[]float64{0.5, 1.2, 7}, false}, {[]float64{1, 0.02}, true}, {[]float64{9, 1}, true},
		{[]float64{0, 1}, false}, // 0 has no logarithm
	} {
		if got := decades(tt.ratios); got != tt.want {
			t.Errorf("decades(%v) = %v, want %v", tt.ratios, got, tt.want)
		}
	}
}
