// Command bench measures what a Go program gains and loses as a unikernel,
// beside the same program as a Linux process and as a container.
//
//	bench list                    what can be measured
//	bench doctor                  is this host fit; with -tune, make it fitter
//	bench run --suite boot        measure, print the table, store everything
//	bench run --suite net         the same for servers under load
//	bench run --suite syscall     the same for single operations: system calls, switches, controls
//	bench run --suite pairs       one operation in two states: processors, mode switches, age
//	bench run -baseline REVISION  the same of two builds in turns, and which is worse
//	bench stat DIR...             the tables of stored runs again
//	bench report DIR              a stored run as one HTML page
//	bench compare OLD NEW         is one stored run worse than another
//	bench selftest                is the gate quiet for identical builds, and does it find a slowdown
//	bench trend [DIR...]          stored runs as a history, with its changes
//	bench serve [DIR]             all of this in a browser, on this host alone
//	bench export DIR...           stored runs for other tools
//	bench verify [DIR]            are stored runs and the numbers of the paper whole
//	bench reproduce [ID...]       which published claims do stored runs confirm
//	bench paper                   the numbers of the paper, for TeX
//	bench completion SHELL        a script for completion by the tab key
//	bench version | help [COMMAND]
//
// Results go to standard output, progress and warnings to standard error. Exit
// status: 0 fine; 1 a trial or a tool failed; 2 usage; 3 the host is not fit; 4
// stored data is invalid, insufficient or not comparable; 5 compare, or a run with a
// baseline, found a regression of a primary metric, or selftest the one that it planted;
// 6 the noise is too high for the threshold that was asked for, or for identical builds
// to look so; 7 results could not be stored, for example on a full disk, with everything
// that was stored before valid and resumable; 130 interrupted, with everything that was
// measured stored and resumable.
//
// What the harness contract has otherwise: 7 would be 1, but what to do about a full disk has
// nothing to do with what is measured. There is no bench build: run builds what it needs
// before its first trial, never during one, and records the digests. There is no bench
// plot: run, report and serve draw. serve ends with 0 when it is interrupted, for that is
// how it ends.
//
// bench must run inside the repository, whose workloads it builds, and looks for
// uni and uni-vmm beside itself.
package main

import (
	"flag"
	"io"
	"os"
	"os/exec"

	"unibench/harness/netlab"
)

func main() {
	a := &app{
		stdout: os.Stdout, stderr: os.Stderr,
		env: os.Environ(), temp: os.TempDir(), lookPath: exec.LookPath,
		root: "/", superuser: os.Geteuid() == 0,
		terminal: isTerminal(os.Stderr), outTerminal: isTerminal(os.Stdout), columns: func() int { return columns(os.Stderr) },
		rootless: func() (int, bool, error) { return netlab.Rootless(os.Args, os.Environ()) },
	}
	os.Exit(a.run(os.Stdin, os.Args[1:]))
}

// app is one invocation: what the outside world is to it.
type app struct {
	stdout, stderr io.Writer
	env            []string
	temp           string // folder for scratch folders and the host lock
	lookPath       func(string) (string, error)
	root           string // of the machine that doctor tunes
	superuser      bool   // this process may tune it
	terminal       bool   // stderr is one
	outTerminal    bool   // stdout is one
	// columns returns the width of the terminal stderr, 0 if it is not known.
	columns func() int
	// explain, if set, gets the flags of a command that is asked for its help, in
	// place of the user.
	explain func(*flag.FlagSet)
	// rootless runs the program again where it may build networks, if it
	// may not here; see netlab.Rootless.
	rootless func() (status int, ok bool, err error)
}
