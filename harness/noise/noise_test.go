package noise_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"unibench/harness/noise"
)

func sample() *noise.File {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return &noise.File{
		Schema: noise.Schema, HostClass: "pvm-2c", Measured: at, Expires: at.AddDate(0, 3, 0),
		Floors: []noise.Floor{
			{Suite: "net", Unit: "req/s", Share: 0.01, Apart: 2 * 0.01},
			{Suite: "net", Benchmark: "Echo", Unit: "req/s", Share: 0.03, Apart: 2 * 0.03},
			{Suite: "net", Target: "container", Unit: "req/s", Share: 0.02, Apart: 2 * 0.02},
			{Suite: "net", Benchmark: "Echo", Target: "container", Unit: "req/s", Share: 0.04, Apart: 2 * 0.04},
		},
	}
}

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		suite, benchmark, target, unit string
		want                           float64
		ok                             bool
	}{
		{"net", "HTTP", "process", "req/s", 0.01, true},
		{"net", "HTTP", "container", "req/s", 0.02, true},
		{"net", "Echo", "process", "req/s", 0.03, true},
		{"net", "Echo", "container", "req/s", 0.04, true},
		{"net", "Echo", "container", "p99-lat-ns", 0, false},
		{"boot", "Echo", "container", "req/s", 0, false},
	} {
		got, ok := sample().Lookup(c.suite, c.benchmark, c.target, c.unit)
		if got.Share != c.want || got.Apart != 2*c.want || ok != c.ok {
			t.Errorf("Lookup(%s, %s, %s, %s) = %v, %v; want %v, %v", c.suite, c.benchmark, c.target, c.unit, got, ok, c.want, c.ok)
		}
	}
	if _, ok := (*noise.File)(nil).Lookup("net", "Echo", "process", "req/s"); ok {
		t.Error("no file has a floor")
	}
}

func TestMissing(t *testing.T) {
	f := sample()
	f.Floors[1].Trials = 8
	day := 24 * time.Hour
	for _, c := range []struct {
		f     *noise.File
		suite string
		now   time.Time
		want  string
	}{
		{f, "net", f.Expires.Add(-day), ""},
		{f, "net", time.Time{}, ""},
		{f, "net", f.Expires.Add(day), "expired on " + f.Expires.Format(time.DateOnly)},
		{f, "boot", f.Expires.Add(-day), "no noise floor of suite boot is stored for host class pvm-2c: measure it with bench selftest -suite boot"},
		{nil, "net", f.Expires, "no noise floor of host class pvm-2c is stored"},
	} {
		if got := c.f.Missing("pvm-2c", c.suite, c.now); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("Missing(%s, %v) = %q, want %q", c.suite, c.now, got, c.want)
		}
	}
	if n, none := f.Trials("net"), f.Trials("boot"); n != 8 || none != 0 || (*noise.File)(nil).Trials("net") != 0 {
		t.Errorf("Trials = %d and %d, want 8 and 0", n, none)
	}
}

func TestFile(t *testing.T) {
	root := t.TempDir()
	path := noise.Path(root, "pvm-2c")
	if f, err := noise.Read(path); f != nil || err != nil {
		t.Errorf("no file: %v, %v", f, err)
	}
	data, err := sample().Format()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := noise.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := os.WriteFile(path, data[:len(data)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := noise.Read(path); !errors.Is(err, noise.ErrInvalid) {
		t.Errorf("half a file: %v", err)
	}
}

func TestInvalid(t *testing.T) {
	for _, g := range []noise.Floor{
		{Unit: "ns/op"}, {Suite: "net"}, {Suite: "net", Unit: "ns/op", Share: -0.1}, {Suite: "net", Unit: "ns/op", Share: 0.2, Apart: 0.1},
		{Suite: "net", Unit: "ns/op", Apart: noise.Most}, {Suite: "net", Unit: "ns/op", Share: math.NaN(), Apart: 1},
	} {
		f := sample()
		f.Floors = append(f.Floors, g)
		if _, err := f.Format(); !errors.Is(err, noise.ErrInvalid) {
			t.Errorf("%+v: %v", g, err)
		}
	}
	if _, err := noise.Parse([]byte(`{"schema":1,"host_class":"x","floors":[]}`)); err == nil || !strings.Contains(err.Error(), "schema version 1") {
		t.Errorf("an older file: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	good, err := sample().Format()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"schema":2,"host_class":"x","measured":"2026-01-02T03:04:05Z","expires":"2026-01-01T00:00:00Z","floors":[]}`))
	f.Add([]byte(`{"schema":2}{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := noise.Parse(data)
		if err != nil {
			if !errors.Is(err, noise.ErrInvalid) {
				t.Errorf("error %v is not ErrInvalid", err)
			}
			return
		}
		again, err := got.Format()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, err := noise.Parse(again); err != nil {
			t.Errorf("what was written cannot be read: %v", err)
		}
	})
}
