package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"unibench/libos/monitor/netspec"
)

// monitorName is the monitor, a command of its own so that it starts fast.
const monitorName = "uni-vmm"

// ownRunFlags are the flags of uni run itself.
const ownRunFlags = "mem cpus root env stats stats-fd core trace net"

// runProgram implements uni run. If all goes well it does not return: the
// process becomes the monitor, so that signals, job control and the exit
// status need no relay. A built image has no name left by then, so nothing
// stays behind however the process ends.
func (a *app) runProgram(args []string) error {
	c, err := parse(args, ownRunFlags, "", true)
	if err != nil {
		return err
	}
	if len(c.rest) == 0 {
		return usagef("no package or image given")
	}
	if c.has("net") {
		// The monitor would say so, too, but only after building.
		if _, err := netspec.Parse(c.get("net")); err != nil {
			return usagef("-net: %v", err)
		}
	}
	monitor, err := findMonitor()
	if err != nil {
		return err
	}
	argv := []string{monitorName}
	for _, f := range c.own {
		argv = append(argv, "-"+f.name+"="+f.value)
	}
	if isImage(c.rest) {
		if len(c.rest) > 1 {
			return usagef("more than one image: put arguments of the program behind --")
		}
		if len(c.goFlags) > 0 {
			return usagef("flag %s is for building, and %s is built already", c.goFlags[0], c.rest[0])
		}
		argv = append(argv, c.rest[0])
	} else {
		file, name, err := a.buildTemporary(c)
		if err != nil {
			return err
		}
		argv = append(argv, "-arg0="+name, "/proc/self/fd/"+strconv.Itoa(file))
	}
	argv = append(append(argv, "--"), c.program...)
	signal.Reset() // what was ignored when this process started stays so
	err = syscall.Exec(monitor, argv, os.Environ())
	return fmt.Errorf("start the monitor: %w", &os.PathError{Op: "exec", Path: monitor, Err: err})
}

// isImage reports whether args begin with an existing file that is not Go
// source.
func isImage(args []string) bool {
	if strings.HasSuffix(args[0], ".go") {
		return false
	}
	info, err := os.Stat(args[0])
	return err == nil && !info.IsDir()
}

// buildTemporary builds an image in a temporary folder, removes the folder, and
// returns a descriptor of the image that survives an exec, and the name that
// the program shall see as its own.
func (a *app) buildTemporary(c commandLine) (file int, name string, err error) {
	dir, err := os.MkdirTemp("", "uni-run-")
	if err != nil {
		return 0, "", fmt.Errorf("make temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	res, err := a.buildImage(c, dir+string(filepath.Separator))
	if err != nil {
		return 0, "", err
	}
	file, err = unix.Open(res.Image, unix.O_RDONLY, 0) // without O_CLOEXEC
	if err != nil {
		return 0, "", fmt.Errorf("open image: %w", &os.PathError{Op: "open", Path: res.Image, Err: err})
	}
	return file, strings.TrimSuffix(res.Image, ".uni"), nil
}

// findMonitor returns the path of the monitor: beside this command, else on
// PATH.
func findMonitor() (string, error) {
	if self, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(self); err == nil {
			self = real
		}
		beside := filepath.Join(filepath.Dir(self), monitorName)
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("find the monitor: %w", err)
		}
	}
	path, err := exec.LookPath(monitorName)
	if err != nil {
		return "", fmt.Errorf("no %s beside uni or on PATH: build both into one folder (go build -o bin/ ./libos/cmd/...)", monitorName)
	}
	return path, nil
}
