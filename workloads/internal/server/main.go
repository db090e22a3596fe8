package server

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// A Program serves until ctx ends and returns its exit status. args has no name of
// the program.
type Program func(ctx context.Context, stdout, stderr io.Writer, args []string) int

// Main runs p on the standard streams of the process until SIGTERM or SIGINT asks
// it to end, and returns the exit status.
func Main(p Program, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	return p(ctx, os.Stdout, os.Stderr, args)
}

// NewFlags returns the flags of the program of that name, for Run.
func NewFlags(name string, stderr io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	return flags
}

// Run parses args, which are flags alone, does the work and returns the exit
// status. What goes wrong is told where flags report errors.
func Run(flags *flag.FlagSet, args []string, work func() error) int {
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() != 0 {
		fmt.Fprintf(flags.Output(), "%s: unexpected argument %q\n", flags.Name(), flags.Arg(0))
		return 2
	}
	if err := work(); err != nil {
		fmt.Fprintf(flags.Output(), "%s: %v\n", flags.Name(), err)
		return 1
	}
	return 0
}
