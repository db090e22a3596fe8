package stats_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"unibench/harness/stats"
)

// TestEqualsBenchstat lets the stock benchstat command read a .bench file and
// compares each number that it prints with ours: medians, intervals, p-values.
func TestEqualsBenchstat(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("benchstat is built from the module cache: %v", err)
	}
	rng := rand.New(rand.NewPCG(11, 12))
	samples := map[string][2][]float64{}
	var file bytes.Buffer
	for _, c := range []struct {
		name     string
		n        int
		shift    float64
		rounding float64 // makes ties
	}{
		{"Apart", 10, 3e6, 1}, {"Close", 10, 2e4, 1}, {"Same", 12, 0, 1},
		{"Ties", 10, 1e5, 1e5}, {"Few", 4, 1e6, 1}, {"Many", 55, 3e4, 1},
	} {
		var s [2][]float64
		for range c.n {
			for side := range s {
				v := 1e6 + float64(side)*c.shift + 1e5*rng.ExpFloat64()
				v = math.Round(v/c.rounding) * c.rounding
				s[side] = append(s[side], v)
				fmt.Fprintf(&file, "Benchmark%s/target=t%d-1 1 %v boot-ns\n", c.name, side, v)
			}
		}
		samples[c.name] = s
	}
	path := filepath.Join(t.TempDir(), "x.bench")
	if err := os.WriteFile(path, file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	var out, stderr bytes.Buffer
	cmd := exec.Command("go", "run", "golang.org/x/perf/cmd/benchstat", "-format", "csv", "-col", "/target", path)
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("benchstat: %v\n%s", err, stderr.String())
	}
	rd := csv.NewReader(&out)
	rd.FieldsPerRecord = -1
	rows, err := rd.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, row := range rows {
		name, _, _ := strings.Cut(row[0], "-")
		s, ok := samples[name]
		if !ok {
			continue
		}
		compared++
		if len(row) < 7 {
			t.Fatalf("benchstat row %q is too short", row)
		}
		for side := range s {
			sum := stats.Median(s[side], stats.Confidence)
			want := []string{row[1+2*side], row[2+2*side]}
			printed, err := strconv.ParseFloat(want[0], 64)
			if err != nil || math.Abs(printed-sum.Center*1e-9) > 1e-12 {
				t.Errorf("%s, side %d: median %v, benchstat prints %s", name, side, sum.Center, want[0])
			}
			if got := percent(sum); got != want[1] {
				t.Errorf("%s, side %d: interval %s, benchstat prints %s", name, side, got, want[1])
			}
		}
		p := fmt.Sprintf("p=%.3f n=%d", stats.MannWhitney(s[0], s[1]).P, len(s[0]))
		if p != row[6] {
			t.Errorf("%s: %s, benchstat prints %s", name, p, row[6])
		}
	}
	if compared != len(samples) {
		t.Errorf("compared %d rows of %d; benchstat printed:\n%v", compared, len(samples), rows)
	}
}

// percent writes an interval the way benchstat does.
func percent(s stats.Summary) string {
	if math.IsInf(s.Lo, 0) || math.IsInf(s.Hi, 0) {
		return "\u221e"
	}
	return fmt.Sprintf("%.0f%%", 100*math.Max(s.Hi/s.Center-1, 1-s.Lo/s.Center))
}
