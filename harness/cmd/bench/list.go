package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"unibench/harness/record"
	"unibench/harness/suite"
	"unibench/harness/target"
)

// listing is one suite of what bench list -json prints.
type listing struct {
	Name       string             `json:"name"`
	Doc        string             `json:"doc"`
	Version    string             `json:"version"` // results of different versions do not compare
	Benchmarks []listingBenchmark `json:"benchmarks"`
	Targets    []string           `json:"targets"`
	Units      []record.Unit      `json:"units"`
	Starts     int                `json:"default_starts"` // of programs, without other flags than -suite
	Time       string             `json:"default_time"`   // that they take, in words
}

type listingBenchmark struct {
	Name    string `json:"name"`
	Package string `json:"package"` // of the program
	Doc     string `json:"doc"`
}

// list prints what there is. It asks nothing of the host.
func (a *app) list(_ context.Context, args []string) error {
	fs := flag.NewFlagSet("list", flag.ContinueOnError)
	name := fs.String("suite", "", "list only this suite")
	asJSON := fs.Bool("json", false, "print JSON")
	if err := a.parse(fs, args); err != nil {
		return helpIsFine(err)
	}
	if fs.NArg() > 0 {
		return usagef("list takes no arguments, got %q", fs.Arg(0))
	}
	if _, ok := suite.Find(*name); *name != "" && !ok {
		return usagef("unknown suite %q: choose one of %s", *name, strings.Join(suite.Names(), ", "))
	}
	var out []listing
	for _, s := range suite.All() {
		if *name != "" && s.Name != *name {
			continue
		}
		l := listing{Name: s.Name, Doc: s.Doc, Version: s.Version, Targets: target.Names(), Units: s.Units}
		for _, b := range s.Benchmarks {
			l.Starts += b.Starts() * len(l.Targets) * (s.Defaults.Count + s.Defaults.WarmUp)
			l.Benchmarks = append(l.Benchmarks, listingBenchmark{b.Name, b.Workload.Package, b.Doc})
		}
		l.Time = s.Time
		out = append(out, l)
	}
	if *asJSON {
		return writeJSON(a.stdout, out)
	}
	for _, l := range out {
		fmt.Fprintf(a.stdout, "suite %s: %s\n", l.Name, l.Doc)
		for _, b := range l.Benchmarks {
			fmt.Fprintf(a.stdout, "  benchmark %-10s %s (%s)\n", b.Name, b.Doc, b.Package)
		}
		fmt.Fprintf(a.stdout, "  targets   %s\n", strings.Join(l.Targets, ", "))
		for _, u := range l.Units {
			mark := ""
			if u.Primary {
				mark = " [primary]"
			}
			fmt.Fprintf(a.stdout, "  unit      %-16s %s%s\n", u.Name, u.Doc, mark)
		}
		fmt.Fprintf(a.stdout, "  by default %d starts, %s after building\n", l.Starts, l.Time)
	}
	return nil
}
