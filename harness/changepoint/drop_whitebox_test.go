package changepoint

import (
	"math"
	"testing"
)

// TestDrop: a cut must have the least change, and stand out of the noise between
// neighbours.
func TestDrop(t *testing.T) {
	for _, c := range []struct {
		name    string
		noise   float64 // values alternate by this share
		by      float64 // the level from the cut on
		least   float64
		after   int // values after the cut
		dropped bool
	}{
		{"clear", 0.01, 1.10, 0.03, 8, false},
		{"below the least change", 0.001, 1.02, 0.03, 8, true},
		{"of any size", 0, 1.001, 0, 8, false},
		{"none", 0, 1, 0, 8, true},
		{"within the noise", 0.05, 1.06, 0.03, 3, true},
		{"within the noise, of any size", 0.05, 1.06, 0, 8, true},
		{"out of the noise", 0.01, 1.06, 0.03, 8, false},
	} {
		var v, x []float64
		for i := range 12 + c.after {
			level := 1000.0
			if i >= 12 {
				level *= c.by
			}
			if i%2 == 1 {
				level *= 1 + c.noise
			}
			v, x = append(v, level), append(x, math.Log(level))
		}
		left := drop(v, x, []Change{{At: 12}}, Options{MinChange: c.least}.withDefaults())
		if (len(left) == 0) != c.dropped {
			t.Errorf("%s: %+v left, want dropped %v", c.name, left, c.dropped)
		}
	}
}
