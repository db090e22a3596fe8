// Command micro measures what single operations cost: system calls, files in
// memory, memory itself, switches between goroutines and threads, and work that no
// platform should change (the controls); and pairs of benchmarks that do the same in two
// ways. -list names its benchmarks.
//
// By hand,
//
//	micro -bench Null -time 50ms
//
// prints a line in the Go benchmark format. Without -bench it is led over standard
// input, a line at a time, so that whoever leads it can read counters of its own
// while nothing runs:
//
//	bench NAME TIME BATCHES   calibrates; answers  ready {"n":...}
//	run ID BATCHES            runs so many batches of n operations; answers  done ID {"ns":[...]}
//	age NAME COUNT            does so many operations of a benchmark; answers  aged {"n":...}
//
// The end of the input ends it with status 0. A run of 0 batches does nothing but
// answer: what is counted meanwhile is the cost of the conversation.
//
// A batch is a fixed number n of operations, chosen once so that BATCHES of them take
// TIME. Each batch is timed as a whole, by two readings of the monotonic clock; the
// cost of the loop around the operations is measured too and reported, not
// subtracted. An operation that fails or answers wrongly ends the program.
//
// With -slow 0.05 the program keeps its processor busy after each batch for 5 % of the
// time of that batch, which counts as a part of it: a slowdown that whoever measures
// the program has to find.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

func main() { os.Exit(run(os.Stdin, os.Stdout, os.Stderr, os.Args[1:])) }

// run returns the exit status.
func run(stdin io.Reader, stdout, stderr io.Writer, args []string) int {
	flags := flag.NewFlagSet("micro", flag.ContinueOnError)
	flags.SetOutput(stderr)
	name := flags.String("bench", "", "run the benchmark `name` and print its result")
	length := flags.Duration("time", 50*time.Millisecond, "how long its batches take in all")
	batches := flags.Int("batches", 10, "how many `batches`")
	slow := flags.Float64("slow", 0, "make each batch slower by this `share`, such as 0.05, to test whoever measures it")
	list := flags.Bool("list", false, "list the benchmarks")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() != 0 {
		fmt.Fprintf(stderr, "micro: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	if !(*slow >= 0 && *slow <= maxSlow) {
		fmt.Fprintf(stderr, "micro: -slow %v: want 0 to %v\n", *slow, maxSlow)
		return 2
	}
	var err error
	switch {
	case *list:
		for _, b := range benchmarks() {
			fmt.Fprintf(stdout, "%-14s %s\n", b.name, b.doc)
		}
	case *name != "":
		err = byHand(stdout, *name, *length, *batches, *slow)
	default:
		err = converse(bufio.NewScanner(stdin), stdout, *slow)
	}
	if err != nil {
		fmt.Fprintln(stderr, "micro:", err)
		return 1
	}
	return 0
}

// byHand runs one benchmark and prints the median of its batches, less the loop.
func byHand(w io.Writer, name string, length time.Duration, batches int, slow float64) error {
	m, err := prepare(name, length, batches)
	if err != nil {
		return err
	}
	defer m.end()
	m.slow = slow
	ns, err := m.run(batches)
	if err != nil {
		return err
	}
	slices.Sort(ns)
	op := float64(ns[len(ns)/2])/float64(m.N) - m.LoopNS
	_, err = fmt.Fprintf(w, "Benchmark%s %d %.4g ns/op\n", name, m.N*batches, max(op, 0))
	return err
}
