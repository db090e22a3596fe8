package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// Exit statuses, stated in the command's doc.
const (
	exitOK    = 0
	exitFail  = 1
	exitUsage = 2
	exitStart = 125 // as of env, docker and podman: the tool itself failed
)

// An app is one invocation.
type app struct {
	ctx            context.Context
	stdout, stderr io.Writer
}

// A command is a subcommand of uni.
type command struct {
	name    string
	summary string // one line
	usage   string // for help, begins with the synopsis
	run     func(a *app, args []string) error
	fail    int // exit status for errors that say nothing else
}

// commands lists the subcommands in the order of help.
func commands() []command {
	return []command{
		{"build", "build a unikernel image", buildUsage, (*app).build, exitFail},
		{"run", "build and boot a program, or boot an image", runUsage, (*app).runProgram, exitStart},
		{"test", "run go test with each test binary as a unikernel", testUsage, (*app).test, exitFail},
		{"inspect", "explain an image", inspectUsage, (*app).inspect, exitFail},
		{"doctor", "check that this host can build and boot", doctorUsage, (*app).doctor, exitFail},
		{"completion", "print a script for completion by a shell", completionUsage, (*app).completion, exitFail},
		{"version", "print versions", versionUsage, (*app).version, exitFail},
		{"help", "explain a command", helpUsage, nil, exitFail}, // in run: it needs this table
	}
}

// A usageError says that the command line is wrong.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// usagef returns a *usageError.
func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// errSilent fails a command that has already said why.
var errSilent = errors.New("already reported")

// run is the whole command: args without the program's name; it returns the
// exit status. `uni run` does not return if it succeeds: the process becomes
// the monitor, on the process's own standard files.
func run(stdout, stderr io.Writer, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{ctx: ctx, stdout: stdout, stderr: stderr}
	if len(args) == 0 {
		fmt.Fprint(stderr, overview())
		return exitUsage
	}
	name, rest := args[0], args[1:]
	if name == "-h" || name == "-help" || name == "--help" {
		name = "help"
	}
	if name == "help" {
		return a.status("help", exitFail, a.help(rest))
	}
	if name == execTestName {
		return a.status("test", exitStart, a.execTest(rest))
	}
	for _, c := range commands() {
		if c.name != name {
			continue
		}
		if len(rest) > 0 && (rest[0] == "-h" || rest[0] == "-help" || rest[0] == "--help") {
			return a.status(name, exitFail, a.help([]string{name}))
		}
		return a.status(name, c.fail, c.run(a, rest))
	}
	return a.status("", exitFail, usagef("unknown command %q: see uni help", name))
}

// status reports err, if any, and returns the exit status.
func (a *app) status(name string, fail int, err error) int {
	prefix := strings.TrimSpace("uni " + name)
	var usage *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintf(a.stderr, "%s: %v\n", prefix, err)
		if name != "" {
			fmt.Fprintf(a.stderr, "see uni help %s\n", name)
		}
		return exitUsage
	case errors.Is(err, errSilent):
		return fail
	default:
		fmt.Fprintf(a.stderr, "%s: %v\n", prefix, err)
		return fail
	}
}

// cacheDir returns the folder for overlay files, or "" if there is none.
func cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "unibench")
}
