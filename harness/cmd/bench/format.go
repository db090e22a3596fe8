package main

import (
	"flag"
	"slices"
	"strings"

	"unibench/harness/table"
)

// formatFlags are the flags of commands that print a table.Document.
type formatFlags struct {
	name string
	json bool
}

func (f *formatFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&f.name, "format", string(table.Text), "one of "+formats())
	fs.BoolVar(&f.json, "json", false, "the same as -format json: bench help json explains the fields")
}

// check refuses a format that does not exist, and two.
func (f *formatFlags) check(fs *flag.FlagSet) error {
	if !slices.Contains(table.Formats(), table.Format(f.name)) {
		return usagef("unknown format %q: choose one of %s", f.name, formats())
	}
	named := false
	fs.Visit(func(g *flag.Flag) { named = named || g.Name == "format" })
	if f.json && named && table.Format(f.name) != table.JSON {
		return usagef("-json and -format %s are two formats: ask for one", f.name)
	}
	return nil
}

func (f *formatFlags) chosen() table.Format {
	if f.json {
		return table.JSON
	}
	return table.Format(f.name)
}

func formats() string {
	var out []string
	for _, f := range table.Formats() {
		out = append(out, string(f))
	}
	return strings.Join(out, ", ")
}
