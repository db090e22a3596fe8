package main

import (
	"context"
	"flag"
	"fmt"
	"runtime/debug"

	"unibench/harness/record"
)

// build is what bench version -json prints.
type build struct {
	Layout   int    `json:"results_layout"` // version of the layout of stored runs
	Commit   string `json:"commit"`         // that this binary was built from; or "unknown"
	Modified bool   `json:"modified"`       // with changes that were not committed
	Go       string `json:"go"`             // version of Go that built it
}

// version prints what this binary was built from.
func (a *app) version(_ context.Context, args []string) error {
	fs := flag.NewFlagSet("version", flag.ContinueOnError)
	asJSON := fs.Bool("json", false, "print JSON")
	if err := a.parse(fs, args); err != nil {
		return helpIsFine(err)
	}
	if fs.NArg() > 0 {
		return usagef("version takes no arguments, got %q", fs.Arg(0))
	}
	b := build{Layout: record.SchemaVersion, Commit: "unknown", Go: "unknown"}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Go = info.GoVersion
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = s.Value
			case "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
	}
	if *asJSON {
		return writeJSON(a.stdout, b)
	}
	modified := ""
	if b.Modified {
		modified = " (modified)"
	}
	fmt.Fprintf(a.stdout, "bench, results layout %d, commit %s%s, %s\n", b.Layout, b.Commit, modified, b.Go)
	return nil
}
