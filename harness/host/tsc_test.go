package host

import "testing"

// TestTSCHertz: where the counter is constant, two measurements agree, and it is one
// of a processor that exists.
func TestTSCHertz(t *testing.T) {
	s, err := Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !s.Clock.TSCStable {
		t.Skip("the time-stamp counter of this host is not constant")
	}
	a, b := TSCHertz(), TSCHertz()
	if a < 500e6 || a > 10e9 || a/b < 0.999 || a/b > 1.001 {
		t.Errorf("TSCHertz = %.0f, then %.0f", a, b)
	}
}
