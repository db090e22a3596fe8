package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"unibench/harness/host"
)

// isTerminal reports whether f is a terminal (ioctl_tty(2)).
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// columns returns the width of a terminal, 0 if it is not known.
func columns(f *os.File) int {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}

// getenv returns the value that a program gets, the last.
func (a *app) getenv(name string) string {
	value := ""
	for _, e := range a.env {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			value = v
		}
	}
	return value
}

// dumb reports whether terminals understand nothing but lines.
func (a *app) dumb() bool { return a.getenv("TERM") == "dumb" }

// coloured reports whether standard output gets colours: only a terminal does, unless
// the user wants none (no-color.org) or the terminal has none.
func (a *app) coloured() bool { return a.outTerminal && a.getenv("NO_COLOR") == "" && !a.dumb() }

// Colours, as SGR parameters (ECMA-48, 8.3.117): of the user's own palette, so that
// they are legible on light and on dark.
const (
	green  = 32
	yellow = 33
	red    = 31
)

// paint returns a severity of equal width for all.
func (a *app) paint(s host.Severity) string {
	text := fmt.Sprintf("%-4s", s)
	if !a.coloured() {
		return text
	}
	colour := map[host.Severity]int{host.OK: green, host.Warn: yellow, host.Bad: red}[s]
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", colour, text)
}
