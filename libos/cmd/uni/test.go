package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"unibench/libos/build"
)

// testMaxCPUs bounds the processors that a VM of uni test has by default.
const testMaxCPUs = 31

// testMemory returns the memory of a VM of uni test, in MiB: a quarter of the
// host's, for tests written for processes expect a host's memory (package net
// writes a file of 2 GiB). It is taken from the host when it is used, not before.
// total is the host's in bytes, 0 if it is not known.
func testMemory(total uint64) string {
	return fmt.Sprintf("%dM", min(max(total/4, 1<<30), 16<<30)>>20)
}

// hostMemory returns the memory of the host in bytes, or 0.
func hostMemory() uint64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return info.Totalram * uint64(info.Unit)
}

// test implements uni test: go test, whose -exec flag makes it start each test
// binary with execTest (exectest.go).
func (a *app) test(args []string) error {
	t, err := parseTest(args)
	if err != nil {
		return err
	}
	dir := cacheDir()
	if dir == "" {
		return errors.New("no cache folder: set HOME or XDG_CACHE_HOME")
	}
	plan, err := build.PlanTest(a.ctx, build.TestConfig{Packages: t.packages, Flags: t.buildFlags, CacheDir: dir})
	if err != nil {
		var flag *build.FlagError
		if errors.As(err, &flag) {
			return usagef("%v", err)
		}
		return err
	}
	// If a package cannot be loaded, go test says so best.
	if plan.Foreign && !plan.Broken && t.vet != "off" {
		vet := plan.Vet(a.ctx, t.vet)
		vet.Stdout, vet.Stderr = a.stderr, a.stderr
		if err := vet.Run(); err != nil {
			return fmt.Errorf("go vet: %w: see above, or give -vet=off", err)
		}
	}
	trees, err := packTrees(plan)
	if err != nil {
		return err
	}
	defer trees.close()
	boot, err := t.exec()
	if err != nil {
		return err
	}
	cmd := plan.Test(a.ctx, append([]string{"-vet=off", "-exec=" + boot}, t.testFlags...), t.rest, []string{trees.env()})
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, a.stdout, a.stderr
	defer build.Kill(cmd)
	err = cmd.Run()
	if a.ctx.Err() != nil {
		return errors.New("interrupted, and every VM ended")
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return errSilent // go test has said what failed
	}
	return err
}

// A testLine is the command line of uni test, sorted.
type testLine struct {
	own        commandLine // flags of uni
	buildFlags []string
	testFlags  []string
	vet        string // value of -vet
	packages   []string
	rest       []string // what follows the packages, for the test binaries
}

// ownTestFlags are the flags of uni test itself.
const ownTestFlags = "mem cpus net"

// parseTest sorts args as go test does: flags, packages, and flags again; a flag
// that is not known, and all behind it, is for the test binary.
func parseTest(args []string) (t testLine, err error) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			if len(t.rest) > 0 {
				t.rest = append(t.rest, args[i:]...)
				break
			}
			t.packages = append(t.packages, arg)
			continue
		}
		name, value, hasValue := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
		name = strings.TrimPrefix(name, "test.")
		own := contains(ownTestFlags, name)
		test, takesValue, refused := build.TestFlag(name)
		compile := false
		if own {
			takesValue = true
		} else if !test {
			compile, takesValue = build.GoFlag(name)
		}
		switch {
		case refused != nil:
			return t, usagef("%v", refused)
		case name == "args" || !own && !test && !compile:
			t.rest = append(t.rest, args[i:]...)
			return t, nil
		}
		if takesValue && !hasValue {
			if i++; i == len(args) {
				return t, usagef("flag -%s needs a value", name)
			}
			value, hasValue = args[i], true
		}
		flag := "-" + name
		if hasValue {
			flag += "=" + value
		}
		switch {
		case own:
			t.own.own = append(t.own.own, ownFlag{name, value})
		case name == "vet":
			t.vet = value
		case test:
			t.testFlags = append(t.testFlags, flag)
		default:
			t.buildFlags = append(t.buildFlags, flag)
		}
	}
	return t, nil
}

// exec returns the value of go test's -exec flag.
func (t testLine) exec() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this command: %w", err)
	}
	if _, err := findMonitor(); err != nil {
		return "", err
	}
	words := []string{self, execTestName}
	for _, def := range []ownFlag{{"mem", testMemory(hostMemory())}, {"cpus", strconv.Itoa(min(runtime.NumCPU(), testMaxCPUs))}} {
		if !t.own.has(def.name) {
			words = append(words, "-"+def.name+"="+def.value)
		}
	}
	for _, f := range t.own.own {
		words = append(words, "-"+f.name+"="+f.value)
	}
	for i, w := range words {
		// The go command splits at blanks, outside of quotes without escapes.
		switch {
		case !strings.ContainsAny(w, " \t\n\r'\""):
		case !strings.Contains(w, "'"):
			words[i] = "'" + w + "'"
		case !strings.Contains(w, `"`):
			words[i] = `"` + w + `"`
		default:
			return "", fmt.Errorf("%s: both kinds of quotes in one word", w)
		}
	}
	return strings.Join(words, " "), nil
}
