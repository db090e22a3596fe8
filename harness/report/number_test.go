package report_test

import (
	"math"
	"testing"

	"unibench/harness/report"
)

func TestFormatValue(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit string
		want string
	}{
		{3_214_321, "boot-serve-ns", "3.21ms"},
		{812_340, "boot-serve-ns", "812us"},
		{52.34, "ns/op", "52.3ns"},
		{2.5e9, "p99-lat-ns", "2.50s"},
		{0, "boot-serve-ns", "0s"},
		{1_300_000, "image-B", "1.24MiB"},
		{512, "rss-B", "512B"},
		{1.5e9, "goodput-B/s", "1.40GiB/s"},
		{7, "vmexits/op", "7"},
		{7.5, "vmexits/op", "7.50"},
		{0.02281, "vmexits/op", "0.0228"},
		{91_234, "req/s", "91.2k"},
		{math.NaN(), "ns/op", "-"},
		{math.Inf(1), "ns/op", "-"},
		{-1500, "delta-ns", "-1.50us"},
	} {
		if got := report.FormatValue(c.v, c.unit); got != c.want {
			t.Errorf("FormatValue(%v, %s) = %s, want %s", c.v, c.unit, got, c.want)
		}
	}
}

func TestFormatRatio(t *testing.T) {
	for v, want := range map[float64]string{
		3.1234: "3.12x", 0.04512: "0.0451x", 123.4: "123x", 12345: "12345x", 1: "1.00x", 0: "0x", math.Inf(1): "-",
	} {
		if got := report.FormatRatio(v); got != want {
			t.Errorf("FormatRatio(%v) = %s, want %s", v, got, want)
		}
	}
}
