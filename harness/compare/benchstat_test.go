package compare_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/perf/benchmath"
	"golang.org/x/perf/benchunit"

	"unibench/harness/compare"
	"unibench/harness/record"
)

// stored writes two runs, reads them again and compares them.
func stored(t *testing.T) (r *compare.Result, old, next *record.Data) {
	t.Helper()
	change := factors{"Hello process boot-first-ns": 1.004, "HelloFmt unikernel req/s": 1.02, "Hello unikernel rss-B": 1.1}
	load := func(dir string) *record.Data {
		d, err := record.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	old = load(spec(2, day(1), 0.01, nil).Store(t, t.TempDir(), -1))
	next = load(spec(3, day(2), 0.01, change).Store(t, t.TempDir(), -1))
	r, err := compare.New(old, next, compare.Options{Rounds: 100})
	if err != nil {
		t.Fatal(err)
	}
	return r, old, next
}

// TestEqualsBenchmath compares every median, interval and p with the package behind
// benchstat.
func TestEqualsBenchmath(t *testing.T) {
	r, old, next := stored(t)
	sample := func(d *record.Data, row compare.Row) *benchmath.Sample {
		var v []float64
		for _, tr := range d.Measured(row.Benchmark, row.Target) {
			v = append(v, tr.Values[row.Unit])
		}
		return benchmath.NewSample(v, &benchmath.DefaultThresholds)
	}
	for _, row := range r.Rows {
		if row.Exact {
			continue
		}
		a, b := sample(old, row), sample(next, row)
		for i, s := range []benchmath.Summary{benchmath.AssumeNothing.Summary(a, 0.95), benchmath.AssumeNothing.Summary(b, 0.95)} {
			side := []compare.Side{row.Old, row.New}[i]
			if float64(side.Median) != s.Center || float64(side.Lo) != s.Lo || float64(side.Hi) != s.Hi {
				t.Errorf("%s, side %d: %+v, benchmath %+v", row.Name(), i, side, s)
			}
		}
		if p := benchmath.AssumeNothing.Compare(a, b).P; p != float64(row.PU) {
			t.Errorf("%s: p = %v, benchmath %v", row.Name(), row.PU, p)
		}
	}
}

// TestEqualsBenchstat lets the stock command compare the same two folders.
func TestEqualsBenchstat(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("benchstat is built from the module cache: %v", err)
	}
	r, old, next := stored(t)
	cmd := exec.Command("go", "run", "golang.org/x/perf/cmd/benchstat", "-format", "csv",
		filepath.Join(old.Dir, "boot.bench"), filepath.Join(next.Dir, "boot.bench"))
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("benchstat: %v\n%s", err, stderr.String())
	}
	rd := csv.NewReader(&out)
	rd.FieldsPerRecord = -1
	lines, err := rd.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	unit, compared := "", 0
	for _, line := range lines {
		if len(line) > 4 && line[0] == "" && line[2] == "CI" {
			unit = line[1]
			continue
		}
		i := slices.IndexFunc(r.Rows, func(row compare.Row) bool {
			_, tidy := benchunit.Tidy(1, row.Unit)
			return tidy == unit && line[0] == fmt.Sprintf("%s/target=%s-1", row.Benchmark, row.Target)
		})
		if i < 0 || len(line) < 7 {
			continue
		}
		row := r.Rows[i]
		compared++
		for k, side := range []compare.Side{row.Old, row.New} {
			want, _ := benchunit.Tidy(float64(side.Median), row.Unit)
			if got, err := strconv.ParseFloat(line[1+2*k], 64); err != nil || math.Abs(got-want) > 1e-9*want {
				t.Errorf("%s, side %d: median %v, benchstat prints %s", row.Name(), k, want, line[1+2*k])
			}
		}
		if p := fmt.Sprintf("p=%.3f n=%d", float64(row.PU), row.Old.N); !row.Exact && p != line[6] {
			t.Errorf("%s: %s, benchstat prints %s", row.Name(), p, line[6])
		}
		if row.Exact && strings.Contains(line[6], "p=") {
			t.Errorf("%s: exact, but benchstat prints %s", row.Name(), line[6])
		}
	}
	if compared != len(r.Rows) {
		t.Errorf("%d rows of %d compared; benchstat printed:\n%v", compared, len(r.Rows), lines)
	}
}
