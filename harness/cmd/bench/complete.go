package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// completeCommand is the command by which the scripts of completion ask what may stand
// at the cursor; it is not for people. Its arguments are the shell and the words of the
// command line after bench, up to and with the one to be completed, which may be
// empty. It prints a line with "words" or "files" and then, after "words", a line for
// each choice: the word, and after a tab what it means. "files" asks the shell for its
// own names of files.
const completeCommand = "__complete"

// choice is one word that may stand at the cursor.
type choice struct{ word, means string }

// choices are all of them, or, if files is set, names of files.
type choices struct {
	words []choice
	files bool
}

// plain makes choices that need no explanation.
func plain(words ...string) choices {
	var c choices
	for _, w := range words {
		c.words = append(c.words, choice{word: w})
	}
	return c
}

// files is for the shell to find.
func files() choices { return choices{files: true} }

// complete answers a script.
func (a *app) complete(args []string) int {
	if len(args) < 2 {
		return exitUsage
	}
	words, cut := args[1:], false
	if args[0] == "bash" {
		words, cut = rejoin(words)
	}
	c := a.choose(words)
	if c.files {
		fmt.Fprintln(a.stdout, "files")
		return exitOK
	}
	fmt.Fprintln(a.stdout, "words")
	last := words[len(words)-1]
	for _, w := range c.words {
		if !strings.HasPrefix(w.word, last) {
			continue
		}
		if cut { // bash replaces only what is behind the sign
			_, w.word, _ = strings.Cut(w.word, "=")
		}
		fmt.Fprintf(a.stdout, "%s\t%s\n", w.word, w.means)
	}
	return exitOK
}

// rejoin undoes that bash cuts words at "=". cut says that the last word was.
func rejoin(words []string) (out []string, cut bool) {
	for i := 0; i < len(words); i++ {
		cut = false
		if words[i] != "=" || len(out) == 0 || !strings.HasPrefix(out[len(out)-1], "-") {
			out = append(out, words[i])
			continue
		}
		cut = true
		value := ""
		if i+1 < len(words) {
			i++
			value = words[i]
		}
		out[len(out)-1] += "=" + value
	}
	return out, cut
}

// choose returns what may stand in the place of the last word; not all of it needs to
// begin like that one.
func (a *app) choose(words []string) choices {
	last := words[len(words)-1]
	if len(words) == 1 {
		if strings.HasPrefix(last, "-") {
			return plain("-h")
		}
		return commandChoices()
	}
	i := slices.IndexFunc(commands(), func(c command) bool { return c.name == words[0] })
	if i < 0 {
		return choices{}
	}
	c := commands()[i]
	fs := a.flagsOf(c)
	line := readLine(fs, words[1:len(words)-1])
	switch name, _, assigned := strings.Cut(strings.TrimLeft(last, "-"), "="); {
	case line.open != "":
		return a.values(c, fs, line, line.open, last, "")
	case line.ended || !strings.HasPrefix(last, "-"):
		return a.arguments(c, line, last)
	case assigned:
		prefix, value, _ := strings.Cut(last, "=")
		return a.values(c, fs, line, name, value, prefix+"=")
	default:
		return flagChoices(fs, line, strings.HasPrefix(last, "--"))
	}
}

// line is what stands before the cursor.
type line struct {
	given map[string]string // flags with their values
	words []string          // arguments
	open  string            // flag whose value is next
	ended bool              // by --
}

func readLine(fs *flag.FlagSet, words []string) line {
	l := line{given: make(map[string]string)}
	for _, w := range words {
		name, value, assigned := strings.Cut(strings.TrimLeft(w, "-"), "=")
		switch {
		case l.open != "":
			l.given[l.open], l.open = w, ""
		case w == "--":
			l.ended = true
		case l.ended || !strings.HasPrefix(w, "-"):
			l.words = append(l.words, w)
		case assigned || !takesValue(fs, name):
			l.given[name] = value
		default:
			l.open = name
		}
	}
	return l
}

// takesValue reports whether the flag needs one; a flag that is not known does not.
func takesValue(fs *flag.FlagSet, name string) bool {
	f := fs.Lookup(name)
	if f == nil {
		return false
	}
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return !ok || !b.IsBoolFlag()
}

// flagsOf returns the flags of a command, which it makes when it is run.
func (a *app) flagsOf(c command) *flag.FlagSet {
	got := flag.NewFlagSet(c.name, flag.ContinueOnError)
	asked := *a
	asked.stdout, asked.stderr, asked.explain = io.Discard, io.Discard, func(fs *flag.FlagSet) { got = fs }
	_ = c.run(&asked, context.Background(), []string{"-h"}) // its flags are all that is wanted
	return got
}

func commandChoices() choices {
	var out choices
	for _, c := range commands() {
		out.words = append(out.words, choice{c.name, c.summary})
	}
	return out
}

// flagChoices are the flags that were not given yet.
func flagChoices(fs *flag.FlagSet, l line, long bool) choices {
	dash := "-"
	if long {
		dash = "--"
	}
	var out choices
	fs.VisitAll(func(f *flag.Flag) {
		if _, given := l.given[f.Name]; !given {
			_, usage := flag.UnquoteUsage(f)
			out.words = append(out.words, choice{dash + f.Name, usage})
		}
	})
	out.words = append(out.words, choice{dash + "h", "explain the command"})
	return out
}
