package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"unibench/harness/host"
	"unibench/harness/loadgen"
	"unibench/harness/record"
	"unibench/harness/suite"
)

// Exit statuses (harness contract, section 3).
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitUnfit       = 3
	exitData        = 4
	exitInterrupted = 130
)

// command is one subcommand.
type command struct {
	name    string
	args    string
	summary string
	run     func(a *app, ctx context.Context, args []string) error
}

func commands() []command {
	return []command{
		{"list", "[-suite S] [-json]", "list suites, benchmarks, targets and units", (*app).list},
		{"doctor", "[-json]", "check whether this host is fit, and say what to do", (*app).doctor},
		{"run", "-suite S [flags]", "run a suite, print its table and store the results", (*app).runSuite},
		{"stat", "DIR... [-format F] [-base T]", "print the tables of stored runs", (*app).stat},
		{"version", "", "print the version", (*app).version},
		{"help", "[COMMAND]", "explain bench or a command", (*app).help},
	}
}

// generatorCommand is the command by which bench starts itself as the load
// generator; it is not for people. See package loadgen about its input.
const generatorCommand = "loadgen"

// run executes a command line and returns the exit status.
func (a *app) run(stdin io.Reader, args []string) int {
	if len(args) == 0 {
		fmt.Fprint(a.stderr, overview())
		return exitUsage
	}
	name := args[0]
	switch name {
	case "-h", "-help", "--help":
		name = "help"
	}
	if name == generatorCommand {
		return loadgen.Main(stdin, a.stdout)
	}
	for _, c := range commands() {
		if c.name != name {
			continue
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		// The first signal ends the run in order; with the handler gone
		// a second one ends the process at once.
		context.AfterFunc(ctx, stop)
		err := c.run(a, ctx, args[1:])
		status := exitStatus(err)
		var inner statusError
		if err != nil && !errors.Is(err, errSaid) && !errors.As(err, &inner) {
			fmt.Fprintf(a.stderr, "bench: %s\n", message(err))
		}
		return status
	}
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	fmt.Fprintf(a.stderr, "bench: unknown command %q: choose one of %s\n", name, strings.Join(names, ", "))
	return exitUsage
}

var (
	// errSaid means that nothing more is to be printed; the status is 1 or
	// that of what it wraps.
	errSaid = errors.New("already reported")
	// errInsufficient means that there is not enough data to answer.
	errInsufficient = errors.New("insufficient data")
)

// statusError is the exit status of this program run again, which has said
// everything.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

func exitStatus(err error) int {
	var data *record.DataError
	var inner statusError
	switch {
	case errors.As(err, &inner):
		return int(inner)
	case err == nil:
		return exitOK
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, suite.ErrUsage):
		return exitUsage
	case errors.Is(err, suite.ErrNothing), errors.Is(err, host.ErrUnfit), errors.Is(err, host.ErrBusy):
		return exitUnfit
	case errors.As(err, &data), errors.Is(err, errInsufficient):
		return exitData
	}
	return exitFailed
}

// message is the error without the words of the marker.
func message(err error) string {
	return strings.TrimPrefix(err.Error(), suite.ErrUsage.Error()+": ")
}

func usagef(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{suite.ErrUsage}, args...)...)
}

// parse reads the flags of a command. -h prints its help.
func (a *app) parse(fs *flag.FlagSet, args []string) error {
	fs.SetOutput(io.Discard)
	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		a.commandHelp(a.stdout, fs)
		return fmt.Errorf("%w: %w", errSaid, errHelp)
	}
	if err != nil {
		var names []string
		fs.VisitAll(func(f *flag.Flag) { names = append(names, "-"+f.Name) })
		return usagef("%v: bench %s has the flags %s", err, fs.Name(), strings.Join(names, ", "))
	}
	return nil
}

var errHelp = errors.New("help was asked for")
