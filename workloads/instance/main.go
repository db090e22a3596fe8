// Command instance is one of many that are started at once: it says that it is there
// and stays, idle, until its input ends.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() { os.Exit(run(os.Stdin, os.Stdout, os.Stderr, os.Args[1:])) }

// run returns the exit status.
func run(stdin io.Reader, stdout, stderr io.Writer, args []string) int {
	flags := flag.NewFlagSet("instance", flag.ContinueOnError)
	flags.SetOutput(stderr)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() != 0 {
		fmt.Fprintf(stderr, "instance: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	if _, err := io.WriteString(stdout, "ready\n"); err != nil {
		fmt.Fprintln(stderr, "instance: say that it is there:", err)
		return 1
	}
	if _, err := io.Copy(io.Discard, stdin); err != nil {
		fmt.Fprintln(stderr, "instance: wait for the end of the input:", err)
		return 1
	}
	return 0
}
