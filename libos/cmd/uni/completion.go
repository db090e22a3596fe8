package main

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"unibench/libos/build"
)

// The scripts are templates over the commands and their flags, which are all that
// there is to know: other words are packages and files, which shells find.
//
//go:embed completion
var completionScripts embed.FS

const completionUsage = `usage: uni completion bash|zsh|fish

Prints a script that lets the shell complete commands, flags and names of files:
source <(uni completion bash), the same for zsh, or uni completion fish | source.
`

// shells are those with a script.
func shells() []string { return []string{"bash", "zsh", "fish"} }

// completed is a command as the scripts see it.
type completed struct {
	Name, Summary string
	Flags         []string // without dashes
	Words         []string // flags with their dash, or else arguments
}

// completion implements uni completion.
func (a *app) completion(args []string) error {
	if len(args) != 1 || !slices.Contains(shells(), args[0]) {
		return usagef("name one shell: %s", strings.Join(shells(), ", "))
	}
	script, err := template.ParseFS(completionScripts, "completion/"+args[0])
	if err != nil {
		return fmt.Errorf("read the script: %w", err)
	}
	var all []completed
	for _, c := range commands() {
		d := completed{Name: c.name, Summary: c.summary, Flags: flagsOf(c.name)}
		for _, f := range d.Flags {
			d.Words = append(d.Words, "-"+f)
		}
		switch c.name {
		case "completion":
			d.Words = shells()
		case "help":
			for _, other := range commands() {
				d.Words = append(d.Words, other.name)
			}
		}
		all = append(all, d)
	}
	return script.Execute(a.stdout, all)
}

// flagsOf returns the flags of a command, without dashes.
func flagsOf(name string) []string {
	var own string
	var more []string
	switch name {
	case "build":
		own, more = ownBuildFlags, build.GoFlags()
	case "run":
		own, more = ownRunFlags, build.GoFlags()
	case "test":
		own, more = ownTestFlags, build.TestFlags()
	case "inspect", "doctor":
		own = jsonFlag
	}
	return append(strings.Fields(own), more...)
}
