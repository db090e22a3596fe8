package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"unibench/libos/build"
)

// execTestName is the word behind which the go command puts a test binary and
// its arguments. It is not for users, so no help speaks of it.
const execTestName = "exec-test"

// execTest boots a test binary in the folder where go test started this process,
// and becomes the monitor. The binary sees the tree that its package is part of,
// at the same path as on the host, and this process's environment.
func (a *app) execTest(args []string) error {
	var flags []string
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		flags, args = append(flags, args[0]), args[1:]
	}
	if len(args) == 0 {
		return usagef("no test binary given: this command is for go test")
	}
	image, args := args[0], args[1:]
	monitor, err := findMonitor()
	if err != nil {
		return err
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	var trees map[string]string
	if text := os.Getenv(treesEnv); text != "" {
		if err := json.Unmarshal([]byte(text), &trees); err != nil {
			return fmt.Errorf("read %s: %w", treesEnv, err)
		}
	}
	argv := append([]string{monitorName}, flags...)
	argv = append(argv, "-arg0="+image, "-dir="+dir, "-file="+image+"="+image)
	roots := make([]string, 0, len(trees))
	for root := range trees {
		roots = append(roots, root)
	}
	if root := build.Root(roots, dir); root != "" {
		argv = append(argv, "-initrd="+trees[root])
	} else {
		argv = append(argv, "-mkdir="+dir)
	}
	argv = append(argv, testFiles(dir, args)...)
	for _, name := range []string{"HOME", "TMPDIR"} {
		if path := os.Getenv(name); filepath.IsAbs(path) {
			argv = append(argv, "-mkdir="+path)
		}
	}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, treesEnv+"=") && strings.IndexByte(e, '=') > 0 {
			argv = append(argv, "-env="+e)
		}
	}
	argv = append(append(argv, image, "--"), args...)
	signal.Reset()
	err = syscall.Exec(monitor, argv, os.Environ())
	return fmt.Errorf("start the monitor: %w", &os.PathError{Op: "exec", Path: monitor, Err: err})
}

// testFiles returns the monitor's flags for the files that a test binary's
// arguments name: what it writes there is for the host.
func testFiles(dir string, args []string) (flags []string) {
	outputDir := dir
	for _, arg := range args {
		if value, ok := strings.CutPrefix(arg, "-test.outputdir="); ok {
			outputDir = value
		}
	}
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if !ok || value == "" {
			continue
		}
		switch name {
		case "-test.coverprofile", "-test.cpuprofile", "-test.memprofile", "-test.blockprofile", "-test.mutexprofile",
			"-test.trace":
			path := value
			if !filepath.IsAbs(path) {
				path = filepath.Join(outputDir, path)
			}
			flags = append(flags, "-out="+path+"="+path)
		case "-test.gocoverdir":
			flags = append(flags, "-mkdir="+value)
		}
	}
	return flags
}
