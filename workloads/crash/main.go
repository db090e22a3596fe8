// Command crash ends in the way its argument names, so that a platform's
// handling of faults can be compared with that of Linux: same text on standard
// error, addresses aside, and same exit status.
//
//	nil       recovers from a nil dereference, prints the error, status 0
//	nilfatal  dereferences nil, status 2
//	divide    divides by zero, status 2
//	overflow  recurses without end on a stack limited to 1 MiB, status 2
//	wild      writes through a pointer to nowhere, status 2
//	deadlock  blocks the only goroutine for ever, status 2
//	panic     panics with a value, status 2
//	exit N    calls os.Exit(N), status N
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "crash:", err)
		os.Exit(64)
	}
}

// run does what args name. It returns an error for arguments it does not know.
func run(args []string) error {
	if len(args) == 2 && args[0] == "exit" {
		status, err := strconv.ParseUint(args[1], 10, 8)
		if err != nil {
			return fmt.Errorf("read the exit status: %w", err)
		}
		os.Exit(int(status))
	}
	if len(args) != 1 {
		return fmt.Errorf("got %d arguments, want one way to end (nil, nilfatal, divide, overflow, wild, deadlock, panic) or exit N", len(args))
	}
	switch args[0] {
	case "nil":
		fmt.Println("recovered:", recoverNil())
	case "nilfatal":
		fmt.Println(load(nil))
	case "divide":
		fmt.Println(divide(1, 0))
	case "overflow":
		debug.SetMaxStack(1 << 20)
		fmt.Println(recurse(1))
	case "wild":
		writeWild()
	case "deadlock":
		<-make(chan struct{})
	case "panic":
		panic("crash: asked to panic")
	default:
		return fmt.Errorf("unknown way to end %q, want nil, nilfatal, divide, overflow, wild, deadlock, panic or exit N", args[0])
	}
	return nil
}

func recoverNil() (err error) {
	defer func() {
		if e, ok := recover().(error); ok {
			err = e
		}
	}()
	load(nil)
	return nil
}

//go:noinline
func load(p *int) int { return *p }

//go:noinline
func divide(a, b int) int { return a / b }

// recurse never returns: n only grows. The test keeps the compiler from
// noticing, and the work after the call keeps the frame.
//
//go:noinline
func recurse(n int) int {
	if n == 0 {
		return 0
	}
	return recurse(n+1) + n
}
