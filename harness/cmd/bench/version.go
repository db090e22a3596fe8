package main

import (
	"context"
	"flag"
	"fmt"
	"runtime/debug"

	"unibench/harness/record"
)

// version prints what this binary was built from.
func (a *app) version(_ context.Context, args []string) error {
	fs := flag.NewFlagSet("version", flag.ContinueOnError)
	if err := a.parse(fs, args); err != nil {
		return helpIsFine(err)
	}
	if fs.NArg() > 0 {
		return usagef("version takes no arguments, got %q", fs.Arg(0))
	}
	commit, goVersion := "unknown", "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		goVersion = info.GoVersion
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				commit = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				commit += " (modified)"
			}
		}
	}
	fmt.Fprintf(a.stdout, "bench, results layout %d, commit %s, %s\n", record.SchemaVersion, commit, goVersion)
	return nil
}
