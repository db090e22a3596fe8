package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

//go:embed short.txt
var shortList string

// The two sides.
const (
	processSide   = "process"
	unikernelSide = "unikernel"
)

const (
	// batch is how many packages one go command tests: few enough that little
	// is lost by an interruption, enough to keep all processors busy.
	batch = 12
	// testTimeout is for the tests of one package.
	testTimeout = "240s"
	// stopDelay is how long an interrupted go command may take to end.
	stopDelay = 10 * time.Second
)

// A session is one run, perhaps a resumed one.
type session struct {
	config
	expected *expectations
	store    *store
	progress io.Writer
	env      []string
	start    time.Time
}

func newSession(ctx context.Context, c config, progress io.Writer) (*session, error) {
	s := &session{config: c, progress: progress, start: time.Now()}
	// No cgo, and a module that does not matter: the tests are GOROOT's own.
	s.env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOFLAGS=")
	text := []byte(builtinExpected)
	var err error
	if c.expected != "" {
		if text, err = os.ReadFile(c.expected); err != nil {
			return nil, err
		}
	}
	if s.expected, err = parseExpected(bytes.NewReader(text)); err != nil {
		return nil, err
	}
	if _, err := os.Stat(c.uni); err != nil {
		return nil, fmt.Errorf("find uni: %w: build it with go build -o bin/ ./libos/cmd/...", err)
	}
	if s.uni, err = filepath.Abs(c.uni); err != nil {
		return nil, err
	}
	if len(s.packages) == 0 {
		if s.packages, err = s.list(ctx); err != nil {
			return nil, err
		}
	}
	s.store, err = openStore(ctx, c)
	return s, err
}

// list returns the packages that are to be tested.
func (s *session) list(ctx context.Context) ([]string, error) {
	if s.short {
		return strings.Fields(shortList), nil
	}
	cmd := exec.CommandContext(ctx, "go", "list", "-f", "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}", "std")
	cmd.Env = s.env
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list the standard library: %w", err)
	}
	return strings.Fields(string(out)), nil
}

// runAll tests what has not been tested yet.
func (s *session) runAll(ctx context.Context) error {
	for _, group := range s.groups() {
		for _, side := range []string{processSide, unikernelSide} {
			var todo []string
			for _, pkg := range group {
				if !s.store.has(side, pkg) {
					todo = append(todo, pkg)
				}
			}
			if len(todo) == 0 {
				continue
			}
			if err := s.test(ctx, side, todo); err != nil {
				return fmt.Errorf("test %s as %s: %w", strings.Join(todo, " "), side, err)
			}
		}
	}
	return nil
}

// groups puts packages together that one command can test: -skip is for all.
func (s *session) groups() (groups [][]string) {
	var group []string
	for _, pkg := range s.packages {
		if s.expected.leaves(pkg) != "" {
			groups = append(groups, []string{pkg})
			continue
		}
		if group = append(group, pkg); len(group) == batch {
			groups, group = append(groups, group), nil
		}
	}
	if len(group) > 0 {
		groups = append(groups, group)
	}
	return groups
}

// test tests packages on one side.
func (s *session) test(ctx context.Context, side string, pkgs []string) error {
	name, args := "go", []string{"test"}
	if side == unikernelSide {
		name, args = s.uni, []string{"test", "-mem=" + s.memory}
		if skip := s.expected.leaves(pkgs[0]); skip != "" {
			args = append(args, "-skip="+skip)
		}
	}
	args = append(args, "-json", "-short", "-count=1", "-vet=off", "-timeout="+testTimeout)
	cmd := exec.CommandContext(ctx, name, append(args, pkgs...)...)
	cmd.Env = s.env
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = stopDelay
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	left := map[string]bool{}
	for _, pkg := range pkgs {
		left[pkg] = true
	}
	readErr := readEvents(out, func(p packageOutcome) error {
		delete(left, p.Package)
		fmt.Fprintf(s.progress, "%5.0f s  %-9s  %-10s  %s\n", time.Since(s.start).Seconds(), side, p.Action, p.Package)
		return s.store.put(side, p)
	})
	_, _ = io.Copy(io.Discard, out) // after an error
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case readErr != nil:
		return readErr
	case len(left) > 0:
		return fmt.Errorf("no outcome of %d packages: %w\n%s", len(left), errors.Join(err, errNoOutcome), stderr.Bytes())
	}
	return nil // that tests fail is no error
}

var errNoOutcome = errors.New("the command ended early")
