// Command gotest runs go test for scripts/test: one line for each package, the
// whole output of each test that fails and of nothing else, and at the end every
// test that was skipped with the reason that it printed. Its arguments are those
// of go test; its exit status is that of go test.
//
// It reads the event stream of go test -json (go doc test2json), so it does not
// run benchmarks and does not show what passing tests print.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

func main() {
	os.Exit(run(os.Stdout, os.Stderr, os.Args[1:]))
}

// run starts go test, reports on its events and returns its exit status, or 1
// if it could not be run or understood.
func run(stdout, stderr io.Writer, args []string) int {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = stderr
	if os.Getenv("GORACE") == "" {
		// A program built with the race detector waits a second before it ends,
		// and tests start many.
		cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	}
	pipe, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(stderr, "gotest: run go test:", err)
		return 1
	}
	out := bufio.NewWriter(stdout)
	sum := newSummary(out)
	readErr := sum.read(pipe)
	// After an error the rest is of no use, but go test must not block on it.
	_, _ = io.Copy(io.Discard, pipe)
	err = cmd.Wait()
	sum.finish()
	if flushErr := out.Flush(); readErr == nil {
		readErr = flushErr
	}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		return exit.ExitCode()
	case err != nil:
		fmt.Fprintln(stderr, "gotest: go test:", err)
		return 1
	case readErr != nil:
		fmt.Fprintln(stderr, "gotest: read the output of go test:", readErr)
		return 1
	case sum.failed > 0:
		fmt.Fprintln(stderr, "gotest: go test reported failures and exit status 0")
		return 1
	}
	return 0
}
