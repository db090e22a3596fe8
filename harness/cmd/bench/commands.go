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

	"unibench/harness/claims"
	"unibench/harness/compare"
	"unibench/harness/host"
	"unibench/harness/loadgen"
	"unibench/harness/netlab"
	"unibench/harness/noise"
	"unibench/harness/record"
	"unibench/harness/suite"
	"unibench/harness/trend"
)

// Exit statuses (harness contract, section 3).
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitUnfit       = 3
	exitData        = 4
	exitRegressed   = 5
	exitNoisy       = 6
	exitUnstored    = 7 // beyond the contract: a gate must tell a full disk from a failed trial
	exitInterrupted = 130
)

// command is one subcommand.
type command struct {
	name    string
	args    string
	summary string
	// examples are command lines for the help. A test runs them, with stored
	// runs in place of OLD, NEW, DIR, SERVED, SELFTEST and results, and files of its
	// own in place of OUT and FILE.html, and wants status 0. To those of run without
	// -out and of selftest it adds -dry-run, and what doctor tunes is no machine.
	examples []string
	run      func(a *app, ctx context.Context, args []string) error
}

func commands() []command {
	return []command{
		{"list", "[-suite S] [-json]", "list suites, benchmarks, targets and units", []string{"bench list -suite boot", "bench list -json"}, (*app).list},
		{"doctor", "[-json] [-tune [-restore] [flags]]", "check whether this host is fit, and say what that means and what to do; or tune it", []string{
			"bench doctor",
			"bench doctor -json",
			"bench doctor -tune -dry-run",
			"bench doctor -tune",
			"bench doctor -tune -restore",
		}, (*app).doctor},
		{"run", "-suite S [flags]", "run a suite, print its table and store the results", []string{
			"bench run -suite boot",
			"bench run -suite boot -dry-run",
			"bench run -suite boot -targets process -run '^Hello$' -count 6 -out OUT",
			"bench run -suite net -short -targets unikernel,process -cpus sut=1,bench=0",
			"bench run -suite net -run HTTPLoad -sweep 10k:110k:6 -slo p99=1ms",
			"bench run -suite boot -targets process -baseline HEAD -min 5%",
		}, (*app).runSuite},
		{"stat", "DIR... [-format F | -json] [-base T]", "print the tables of stored runs", []string{"bench stat DIR", "bench stat -format csv DIR", "bench stat -json DIR"}, (*app).stat},
		{"report", "DIR [-o FILE] [-base T]", "write a stored run as one HTML page and as Markdown", []string{"bench report -o FILE.html DIR", "bench report -base unikernel -o - SERVED"}, (*app).report},
		{"compare", "OLD NEW | BUILDS [flags]", "say whether a stored run is worse than another, or the new build of a run with -baseline than the old: the gate", []string{
			"bench compare OLD NEW",
			"bench compare BUILDS",
			"bench compare -min 5% -format md OLD NEW",
			"bench compare -json OLD NEW",
			"bench compare -primary 'Hello (process|unikernel) boot-first-ns' -correct none OLD NEW",
			"bench compare -allow benchmarks,targets,units,version -all -format csv OLD NEW",
		}, (*app).compare},
		{"selftest", "[-suite S,..] [-count N] [-inject 5%] [flags] | -resume DIR", "run the same build twice in turns, and find how much noise there is and whether the gate keeps quiet; or slow one down, and see whether it is found", []string{
			"bench selftest -suite boot -targets process",
			"bench selftest -suite boot,syscall -targets process -count 20 -write noise.json",
			"bench selftest -suite boot -targets process -inject 5%",
			"bench selftest -resume SELFTEST -dry-run",
		}, (*app).selftest},
		{"trend", "[flags] [DIR...]", "show stored runs as a history, and which commits changed it", []string{
			"bench trend results",
			"bench trend -suite boot -class pvm-2c -metric 'boot-first-ns$' results",
			"bench trend -metric '^Hello unikernel/process' results",
			"bench trend -min 5% -format csv results",
			"bench trend -json results",
		}, (*app).trend},
		{"serve", "[-addr A] [-allow-remote] [DIR]", "show stored runs, comparisons and trends in a browser, until interrupted", []string{"bench serve results", "bench serve -addr localhost:0 results"}, (*app).serve},
		{"export", "DIR... [-series | -hdr] [flags]", "write stored runs for benchstat, benchseries or HDR histogram tools", []string{
			"bench export DIR",
			"bench export -series OLD NEW",
			"bench export -series -baseline OLD NEW",
			"bench export -hdr -out OUT SERVED",
		}, (*app).export},
		{"verify", "[flags] [DIR]", "check every stored run, and compute every claim and number of the paper again", []string{
			"bench verify results",
			"bench verify -json results",
		}, (*app).verifyAll},
		{"reproduce", "[ID... | all] [flags]", "say which published claims the stored runs confirm, with -run after running what they need", []string{
			"bench reproduce -results results all",
			"bench reproduce -results results -format csv boot-milliseconds http-native",
			"bench reproduce -results results -json",
		}, (*app).reproduce},
		{"paper", "[flags] [DIR]", "write the numbers, tables and figures of the paper for TeX", []string{"bench paper results"}, (*app).paper},
		{"completion", strings.Join(shells(), " | "), "print a script that lets a shell complete commands, flags, their values and stored runs", []string{
			"bench completion bash",
			"bench completion zsh",
			"bench completion fish",
		}, (*app).completion},
		{"version", "[-json]", "print the version", []string{"bench version", "bench version -json"}, (*app).version},
		{"help", "[COMMAND | json]", "explain bench, a command, or the fields of what -json prints", []string{"bench help", "bench help run", "bench help json"}, (*app).help},
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
	if name == completeCommand {
		return a.complete(args[1:])
	}
	if name == generatorCommand {
		return loadgen.Main(stdin, a.stdout)
	}
	if status, ok := netlab.RelayMain(args, stdin, a.stdout, a.stderr); ok {
		return status
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
	var write *record.WriteError
	var mismatch *compare.Mismatch
	var inner statusError
	switch {
	case errors.As(err, &inner):
		return int(inner)
	case err == nil:
		return exitOK
	case errors.As(err, &write), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return exitUnstored // also after an interruption
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, suite.ErrUsage):
		return exitUsage
	case errors.Is(err, suite.ErrNothing), errors.Is(err, host.ErrUnfit), errors.Is(err, host.ErrBusy):
		return exitUnfit
	case errors.As(err, &data), errors.As(err, &mismatch), errors.Is(err, errInsufficient),
		errors.Is(err, claims.ErrInvalid), errors.Is(err, errPaper), errors.Is(err, compare.ErrNoPrimary), errors.Is(err, trend.ErrNothing), errors.Is(err, noise.ErrInvalid):
		return exitData
	case errors.Is(err, errRegressed):
		return exitRegressed
	case errors.Is(err, errNoisy):
		return exitNoisy
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
		if a.explain != nil {
			a.explain(fs)
		} else {
			a.commandHelp(a.stdout, fs)
		}
		return fmt.Errorf("%w: %w", errSaid, errHelp)
	}
	if err != nil {
		var names []string
		fs.VisitAll(func(f *flag.Flag) { names = append(names, "-"+f.Name) })
		return usagef("%v: bench %s has the flags %s", err, fs.Name(), strings.Join(names, ", "))
	}
	return nil
}

// parseMixed is parse for commands whose flags may stand before, between or after
// their arguments, which it returns.
func (a *app) parseMixed(fs *flag.FlagSet, args []string) ([]string, error) {
	var words []string
	for rest := args; ; {
		if err := a.parse(fs, rest); err != nil {
			return nil, err
		}
		if fs.NArg() == 0 {
			return words, nil
		}
		words = append(words, fs.Arg(0))
		rest = fs.Args()[1:]
	}
}

var errHelp = errors.New("help was asked for")
