package counters

import (
	"os"
	"runtime"
	"testing"
)

// TestPSS: memory that was touched is seen, and a process that is not there is an error.
func TestPSS(t *testing.T) {
	before, err := PSS([]int{os.Getpid()})
	if err != nil {
		t.Skip(err)
	}
	const size = 64 << 20
	ballast := make([]byte, size)
	for i := 0; i < len(ballast); i += 4096 {
		ballast[i] = 1
	}
	after, err := PSS([]int{os.Getpid()})
	if err != nil || after-before < size/2 || after-before > 8*size { // the race detector has shadows of it
		t.Errorf("after %d bytes: from %d to %d, %v", size, before, after, err)
	}
	runtime.KeepAlive(ballast)
	if _, err := PSS([]int{1 << 30}); err == nil {
		t.Error("memory of a process that is not there")
	}
}

func TestParsePSS(t *testing.T) {
	tests := []struct {
		text string
		want int64
		ok   bool
	}{
		{"00-ff ---p 0 00:00 0 [rollup]\nRss: 9 kB\nPss:            3 kB\nPss_Dirty: 1 kB\n", 3072, true},
		{"Pss_Dirty: 1 kB\n", 0, false},
		{"Pss: x kB\n", 0, false},
		{"Pss: 3 MB\n", 0, false},
		{"Pss: -3 kB\n", 0, false},
		{"Pss: 99999999999999999999 kB\n", 0, false},
		{"Pss:\n", 0, false},
		{"", 0, false},
	}
	for _, tt := range tests {
		if got, err := parsePSS([]byte(tt.text)); got != tt.want || (err == nil) != tt.ok {
			t.Errorf("parsePSS(%q) = %d, %v; want %d", tt.text, got, err, tt.want)
		}
	}
}

func FuzzParsePSS(f *testing.F) {
	f.Add([]byte("Pss: 3 kB\n"))
	f.Add([]byte("Pss:"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, err := parsePSS(b); n < 0 || err != nil && n != 0 {
			t.Errorf("parsePSS(%q) = %d, %v", b, n, err)
		}
	})
}
