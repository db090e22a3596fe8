package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

func overview() string {
	var b strings.Builder
	b.WriteString("usage: bench COMMAND [flags]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-10s %s\n", c.name, c.summary)
	}
	b.WriteString("\nexit status: 0 fine, 1 trial or tool failed, 2 usage, 3 host unfit, 4 data invalid or insufficient, 5 regression, 6 too noisy, 7 disk full or not writable, 130 interrupted\n")
	b.WriteString("bench help COMMAND lists the flags of a command, and bench help json what -json prints; -x and --x are the same\n")
	return b.String()
}

func (a *app) help(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("help", flag.ContinueOnError)
	args, err := a.parseMixed(fs, args)
	if err != nil {
		return helpIsFine(err)
	}
	switch len(args) {
	case 0:
		fmt.Fprint(a.stdout, overview())
		return nil
	case 1:
	default:
		return usagef("help explains one command at a time")
	}
	if args[0] == jsonTopic {
		fmt.Fprint(a.stdout, jsonFields)
		return nil
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(a, ctx, []string{"-h"})
		}
	}
	return usagef("unknown command %q: see bench help", args[0])
}

// commandHelp prints a command's flags.
func (a *app) commandHelp(w io.Writer, fs *flag.FlagSet) {
	for _, c := range commands() {
		if c.name == fs.Name() {
			fmt.Fprintf(w, "usage: bench %s\n\n%s\n", strings.TrimSpace(c.name+" "+c.args), c.summary)
		}
	}
	fs.SetOutput(w)
	any := false
	fs.VisitAll(func(*flag.Flag) { any = true })
	if any {
		fmt.Fprintln(w)
		fs.PrintDefaults()
	}
	fs.SetOutput(io.Discard)
	for _, c := range commands() {
		if c.name == fs.Name() && len(c.examples) > 0 {
			fmt.Fprintf(w, "\nexamples:\n  %s\n", strings.Join(c.examples, "\n  "))
		}
	}
}

// helpIsFine turns a request for help into success.
func helpIsFine(err error) error {
	if isHelp(err) {
		return nil
	}
	return err
}

func isHelp(err error) bool { return errors.Is(err, errHelp) }
