package plot_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"unibench/harness/plot"
	"unibench/harness/trend"
)

// series is a history with one step, and one run without an interval.
func series(n int) *trend.Series {
	s := &trend.Series{
		Suite: "boot", Version: "1", HostClass: "pvm-2c", Line: "Hello/target=process-1", Benchmark: "Hello", Target: "process",
		Unit: "boot-first-ns", Better: "lower", Primary: true, Doc: "start of exec to first output byte",
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		v := 1e6 * math.Exp(0.01*rng.NormFloat64())
		if i >= n/2 {
			v *= 1.1
		}
		p := trend.Point{
			Start: time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC), Commit: fmt.Sprintf("%07d", i) + strings.Repeat("c", 33),
			N: 10, Median: trend.Number(v), Lo: trend.Number(0.98 * v), Hi: trend.Number(1.03 * v),
		}
		if i == 1 {
			p.Lo, p.Hi = trend.Number(math.Inf(-1)), trend.Number(math.Inf(1))
		}
		s.Points = append(s.Points, p)
	}
	s.Changes = []trend.Change{{At: n / 2, Commit: s.Points[n/2].Commit, Before: 1e6, Now: 1.1e6, Ratio: 1.1, P: 0.001, Verdict: trend.Regression}}
	return s
}

func TestTrend(t *testing.T) {
	flat := series(2)
	flat.Changes, flat.Exact = nil, true
	for i := range flat.Points {
		flat.Points[i].Median = 0
	}
	for name, s := range map[string]*trend.Series{"equal": flat, "step": series(40)} {
		t.Run(name, func(t *testing.T) {
			f, err := plot.Trend(s)
			if err != nil {
				t.Fatal(err)
			}
			if f.Name != "boot-pvm-2c-v1-hello_target_process-1-boot-first-ns-trend" {
				t.Errorf("file name %s", f.Name)
			}
			svg := write(t, f, plot.SVG)
			write(t, f, plot.PNG)
			want := []string{"Hello on process: boot-first-ns over 40 runs on pvm-2c", "0000020", "regression, 1.10x", "level between changes"}
			if s == flat {
				want = []string{"over 2 runs", "value of each run"}
			}
			said := strings.Join(texts(t, svg), "\n")
			for _, w := range want {
				if !strings.Contains(said, w) {
					t.Errorf("the figure does not say %q:\n%s", w, said)
				}
			}
			if s := string(svg); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
				t.Error("the figure has places that are no numbers")
			}
		})
	}
	if _, err := plot.Trend(series(1)); err == nil {
		t.Error("one run is no history, but has a figure")
	}
}
