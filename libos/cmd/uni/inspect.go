package main

import (
	"encoding/json"

	"unibench/libos/build"
	"unibench/libos/inspect"
)

// inspect implements uni inspect.
func (a *app) inspect(args []string) error {
	c, err := parse(args, "", jsonFlag, false)
	if err != nil {
		return err
	}
	if len(c.rest) != 1 || c.program != nil {
		return usagef("give one image")
	}
	placed, err := build.Placed()
	if err != nil {
		return err
	}
	report, err := inspect.File(c.rest[0], placed)
	if err != nil {
		return err
	}
	if c.has("json") {
		return a.printJSON(report)
	}
	return report.WriteText(a.stdout)
}

// printJSON writes v to standard output, indented.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetIndent("", "\t")
	return enc.Encode(v)
}
