package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"strings"
)

// The scripts only ask bench, by completeCommand, what may stand at the cursor, so
// that they know no command and no flag themselves.
//
//go:embed completion
var completionScripts embed.FS

// shells are those with a script.
func shells() []string { return []string{"bash", "zsh", "fish"} }

// completion prints the script of a shell.
func (a *app) completion(_ context.Context, args []string) error {
	fs := flag.NewFlagSet("completion", flag.ContinueOnError)
	words, err := a.parseMixed(fs, args)
	if err != nil {
		return helpIsFine(err)
	}
	if len(words) != 1 {
		return usagef("completion needs the name of a shell: choose one of %s", strings.Join(shells(), ", "))
	}
	script, err := completionScripts.ReadFile("completion/" + words[0])
	if err != nil {
		return usagef("unknown shell %q: choose one of %s", words[0], strings.Join(shells(), ", "))
	}
	if _, err := a.stdout.Write(script); err != nil {
		return fmt.Errorf("print completion script: %w", err)
	}
	return nil
}
