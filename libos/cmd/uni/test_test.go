package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestParseTest(t *testing.T) {
	for _, c := range []struct {
		line                  string
		build, test, pkg, own string
		rest, vet             string
	}{
		{line: "", own: ""},
		{line: "-v -run X ./... -count=1", test: "-v -run=X -count=1", pkg: "./..."},
		{line: "-tags a,b -mem 2G --cpus=3 os io", build: "-tags=a,b", pkg: "os io", own: "-mem=2G -cpus=3"},
		{line: "-vet=off -ldflags=-s .", build: "-ldflags=-s", pkg: ".", vet: "off"},
		{line: "-test.short . -word x y", test: "-short", pkg: ".", rest: "-word x y"},
		{line: ". -args -v x", pkg: ".", rest: "-args -v x"},
		{line: "-cover -json -o f .", test: "-cover -json -o=f", pkg: "."},
	} {
		got, err := parseTest(strings.Fields(c.line))
		if err != nil {
			t.Errorf("parseTest(%q): %v", c.line, err)
			continue
		}
		var own []string
		for _, f := range got.own.own {
			own = append(own, "-"+f.name+"="+f.value)
		}
		for what, pair := range map[string][2][]string{
			"build flags": {got.buildFlags, strings.Fields(c.build)}, "test flags": {got.testFlags, strings.Fields(c.test)},
			"packages": {got.packages, strings.Fields(c.pkg)}, "own flags": {own, strings.Fields(c.own)}, "rest": {got.rest, strings.Fields(c.rest)},
			"vet": {{got.vet}, {c.vet}},
		} {
			if !slices.Equal(pair[0], pair[1]) {
				t.Errorf("parseTest(%q): %s %q, want %q", c.line, what, pair[0], pair[1])
			}
		}
	}
	for _, line := range []string{"-fuzz=X .", "-exec=true .", "-artifacts .", "-run"} {
		var usage *usageError
		if _, err := parseTest(strings.Fields(line)); !errors.As(err, &usage) {
			t.Errorf("parseTest(%q) = %v, want a usage error", line, err)
		}
	}
}

func TestTestFiles(t *testing.T) {
	got := testFiles("/pkg", strings.Fields("-test.run=X -test.coverprofile=/w/c.out -test.outputdir=/out -test.cpuprofile=cpu -test.gocoverdir=/w/g -test.trace="))
	want := []string{"-out=/w/c.out=/w/c.out", "-out=/out/cpu=/out/cpu", "-mkdir=/w/g"}
	if !slices.Equal(got, want) {
		t.Errorf("testFiles = %q, want %q", got, want)
	}
}

func TestTestMemory(t *testing.T) {
	for total, want := range map[uint64]string{0: "1024M", 2 << 30: "1024M", 24<<30 + 5: "6144M", 1 << 40: "16384M"} {
		if got := testMemory(total); got != want {
			t.Errorf("testMemory(%d) = %s, want %s", total, got, want)
		}
	}
	if hostMemory() < 16<<20 {
		t.Errorf("hostMemory() = %d bytes", hostMemory())
	}
}
