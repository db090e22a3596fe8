// Command network uses package net in one of many ways, over the loopback
// interface, and prints what it sees. What it prints is the same on every
// platform: no ports, no times.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
)

func main() {
	ways := map[string]func() error{
		"deadlines": deadlines, "halfclose": halfClose, "slowreader": slowReader, "again": again, "errors": failures, "reuseport": reusePort,
		"options": options, "files": files, "copies": copies, "stacks": stacks, "packets": packets, "control4": control4,
		"control6": control6, "unix": unixSockets, "http": overUnix, "many": many,
		"interfaces": interfaces, "resolve": resolve, "blackhole": blackHole, "wait": waitForSignal,
	}
	if len(os.Args) < 2 || ways[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "network: unknown way")
		os.Exit(64)
	}
	if err := ways[os.Args[1]](); err != nil {
		fmt.Fprintln(os.Stderr, "network:", err)
		os.Exit(1)
	}
}

// show prints what an error is, without the addresses in its text.
func show(what string, err error) {
	var number syscall.Errno
	switch {
	case err == nil:
		fmt.Println(what+":", "ok")
	// A dial ends by its own deadline or by the context made of it.
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		fmt.Println(what+":", "deadline exceeded")
	case errors.As(err, &number):
		fmt.Println(what+":", number)
	default:
		fmt.Printf("%s: %T %v\n", what, err, err)
	}
}
