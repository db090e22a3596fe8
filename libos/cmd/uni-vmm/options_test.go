package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	plain := func(change func(*options)) options {
		o := options{memory: defaultMemory, cpus: 1, image: "img", arg0: "img"}
		change(&o)
		return o
	}
	for _, c := range []struct {
		args []string
		want options
	}{
		{[]string{"img"}, plain(func(o *options) {})},
		{[]string{"-mem", "16M", "img"}, plain(func(o *options) { o.memory = 16 << 20 })},
		{[]string{"--mem=1G", "--cpus=31", "img"}, plain(func(o *options) { o.memory, o.cpus = 1<<30, 31 })},
		{[]string{"-env", "A=1", "-env=B=2=3", "-env", "C=", "img"}, plain(func(o *options) { o.env = []string{"A=1", "B=2=3", "C="} })},
		{[]string{"-root", "d", "-stats", "f", "-arg0", "prog", "img"}, plain(func(o *options) { o.root, o.stats, o.arg0 = "d", "f", "prog" })},
		{[]string{"-stats", "-x", "img"}, plain(func(o *options) { o.stats = "-x" })},
		{[]string{"img", "--"}, plain(func(o *options) { o.args = []string{} })},
		{[]string{"img", "--", "a", "--", "-mem"}, plain(func(o *options) { o.args = []string{"a", "--", "-mem"} })},
		{[]string{"img", "-mem", "b"}, plain(func(o *options) { o.args = []string{"-mem", "b"} })},
		{[]string{"-", "x"}, plain(func(o *options) { o.image, o.arg0, o.args = "-", "-", []string{"x"} })},
	} {
		got, err := parse(c.args)
		if err != nil {
			t.Errorf("parse(%q): %v", c.args, err)
			continue
		}
		if len(got.args) == 0 {
			got.args, c.want.args = nil, nil
		}
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(options{})); diff != "" {
			t.Errorf("parse(%q) (-want +got):\n%s", c.args, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string // how the error begins
	}{
		{nil, "no image given"},
		{[]string{""}, "no image given"},
		{[]string{"-mem", "64M"}, "no image given"},
		{[]string{"-mem"}, "flag -mem needs a value"},
		{[]string{"--env"}, "flag -env needs a value"},
		{[]string{"-h"}, "unknown flag -h"},
		{[]string{"-memory", "1", "img"}, "unknown flag -memory"},
		{[]string{"--", "img"}, "unknown flag --"},
		{[]string{"---mem", "1M", "img"}, "unknown flag ---mem"},
		{[]string{"-mem", "lots", "img"}, `-mem: "lots" is not a size`},
		{[]string{"-cpus", "0", "img"}, `-cpus: "0" is not a number from 1 to 31`},
		{[]string{"-cpus", "32", "img"}, `-cpus: "32" is not a number from 1 to 31`},
		{[]string{"-cpus", "two", "img"}, `-cpus: "two" is not a number from 1 to 31`},
		{[]string{"-env", "A", "img"}, `-env: "A" is not of the form NAME=VALUE`},
		{[]string{"-env", "=1", "img"}, `-env: "=1" is not of the form NAME=VALUE`},
	} {
		if o, err := parse(c.args); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("parse(%q) = %+v, %v; want %q", c.args, o, err, c.want)
		}
	}
}

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{
		"1": 1, "4096": 4096, "1k": 1 << 10, "1K": 1 << 10, "64M": 64 << 20, "64m": 64 << 20, "2G": 2 << 30,
		"1024G": 1 << 40, "1099511627776": 1 << 40,
	} {
		if got, err := parseSize(s); got != want || err != nil {
			t.Errorf("parseSize(%q) = %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "M", "0", "0M", "-1", "-64M", "1.5G", "64MB", "64 M", "1T", "1025G", "1099511627777", "9223372036854775807G", "99999999999999999999", "0x10"} {
		if got, err := parseSize(s); err == nil {
			t.Errorf("parseSize(%q) = %d, want an error", s, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("-mem\x0064M\x00img\x00--\x00a")
	f.Add("--env=A=B\x00-cpus\x002\x00img")
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, "\x00")
		o, err := parse(args)
		if err == nil && (o.image == "" || o.cpus < 1 || o.cpus > 31 || o.memory < 1 || o.memory > 1<<40) {
			t.Errorf("parse(%q) = %+v", args, o)
		}
	})
}
