// Command conform holds the library OS to Go's own tests: it runs the tests of
// the standard library on the host as processes (go test, CGO_ENABLED=0) and as
// unikernels (uni test), matches them by name, and writes what became of each.
//
//	go run ./scripts/conform [-short] [-long] [-out DIR] [-resume DIR] [-times N] [-mem SIZE] [-uni FILE] [-expected FILE] [PKG...]
//
// Both sides run with -short and -count=1. A test that passes as a process and
// does not pass as a unikernel has to be among the expected differences, each of
// which has its reason (expected.txt beside this file); otherwise the exit status
// is 1. Tests that fail or are skipped as a process say nothing about the
// unikernel and count for neither.
//
// Without -short, all packages of the standard library that have tests are run,
// a few at a time, and each one's outcome is on disk before the next begins: a
// run that was interrupted goes on with -resume, whose folder the output names.
// With -short, the packages in short.txt, and nothing is written unless -out says
// where. Its arguments replace the list.
//
// With -long, the tests of the standard library run without -short: hours for all
// of it, so name packages. Nothing is written unless -out says where.
//
// With -times, the unikernels run that often, each time in fresh VMs, until there
// is an unexpected difference: what goes wrong once in a while is wrong, too.
//
// With -modules, tests of modules that nobody here wrote: the packages in
// modules.txt, with the versions that modules/go.mod.txt pins, from the module
// proxy or Go's cache of it. They run in the module cache, which cannot be written
// to: what fails there as a process does not count. Arguments select some of the
// list, and nothing is written unless -out says where. Ten minutes.
//
// Tests that pass on both sides, and as a unikernel in much more time, are listed
// too; that is no failure.
//
// Exit status: 0 no unexplained difference, 1 there are some or a tool failed, 2
// usage.
package main

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

// errDiffer says that there are differences that nobody expected.
var errDiffer = errors.New("unexpected differences: see above")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(status(os.Stderr, run(ctx, os.Stdout, os.Stderr, os.Args[1:])))
}

func status(stderr io.Writer, err error) int {
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, new(*usageError)):
		fmt.Fprintln(stderr, "conform:", err)
		return 2
	default:
		fmt.Fprintln(stderr, "conform:", err)
		return 1
	}
}

type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }

// config is the command line.
type config struct {
	short, long   bool
	modules       bool
	out, resume   string
	uni, expected string
	memory        string
	times         int
	packages      []string
}

func run(ctx context.Context, stdout, stderr io.Writer, args []string) error {
	var c config
	flags := flag.NewFlagSet("conform", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&c.short, "short", false, "the packages in short.txt only, without writing results")
	flags.BoolVar(&c.long, "long", false, "the tests that go test leaves out with -short, too")
	flags.BoolVar(&c.modules, "modules", false, "the packages of other modules in modules.txt instead of the standard library's")
	flags.StringVar(&c.out, "out", "", "folder below which the results go (results/conformance, with -short, -long and -modules none)")
	flags.StringVar(&c.resume, "resume", "", "folder of an interrupted run to go on with")
	flags.StringVar(&c.uni, "uni", "bin/uni", "the uni command")
	flags.IntVar(&c.times, "times", 1, "how often to run each package as a unikernel")
	flags.StringVar(&c.memory, "mem", "", "memory of each unikernel (2G, with -long 5G)")
	flags.StringVar(&c.expected, "expected", "", "file of expected differences (the built-in one)")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return &usageError{err}
	}
	c.packages = flags.Args()
	if c.times < 1 {
		return &usageError{errors.New("-times is a number from 1 up")}
	}
	switch {
	case c.memory != "":
	case c.long:
		c.memory = "5G" // package net sends a file of 2 GiB
	default:
		c.memory = "2G"
	}
	if c.resume != "" && c.out != "" {
		return &usageError{errors.New("-out is for a new run, and -resume names the folder of an old one")}
	}
	if c.long && c.modules {
		return &usageError{errors.New("-long is for the standard library: modules.txt says which modules are tested without -short")}
	}
	if c.short && c.modules {
		return &usageError{errors.New("-short is a part of the standard library, -modules is other modules: give one")}
	}
	s, err := newSession(ctx, c, stderr)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.runAll(ctx); err != nil {
		if s.store.dir != "" {
			fmt.Fprintf(stderr, "conform: go on with -resume %s\n", s.store.dir)
		}
		return err
	}
	report := compare(s.store.outcomes(processSide), s.store.outcomes(unikernelSide), s.expected)
	if err := s.store.finish(report, s.expected); err != nil {
		return err
	}
	report.print(stdout)
	if s.store.dir != "" {
		fmt.Fprintf(stdout, "results: %s\n", s.store.dir)
	}
	if report.unexpected() > 0 {
		return errDiffer
	}
	return s.again(ctx, stdout)
}

// again runs the unikernels for the second and further times.
func (s *session) again(ctx context.Context, stdout io.Writer) error {
	for n := 2; n <= s.times; n++ {
		next := *s
		next.store = s.store.processOnly()
		if err := next.runAll(ctx); err != nil {
			return fmt.Errorf("round %d: %w", n, err)
		}
		report := compare(next.store.outcomes(processSide), next.store.outcomes(unikernelSide), s.expected)
		report.Stale = nil // said already
		fmt.Fprintf(stdout, "round %d: ", n)
		report.print(stdout)
		if report.unexpected() > 0 {
			return fmt.Errorf("round %d: %w", n, errDiffer)
		}
	}
	return nil
}
