package main

import (
	"bytes"
	"cmp"
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
	// longTimeout is the same without -short.
	longTimeout = "1200s"
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
	dir      string              // where the go command runs
	temp     string              // TMPDIR of the tests, some of which leave files
	settings map[string]settings // by package; the zero one for std
	start    time.Time
}

func newSession(ctx context.Context, c config, progress io.Writer) (*session, error) {
	s := &session{config: c, progress: progress, start: time.Now()}
	// No cgo, and a module that does not matter: the tests are GOROOT's own.
	s.env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOFLAGS=")
	var err error
	if s.temp, err = os.MkdirTemp("", "cf-"); err != nil { // a short name: sockets have room for 108 bytes
		return nil, err
	}
	s.env = append(s.env, "TMPDIR="+s.temp)
	if err := s.open(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// open finds out what to test, and where the results go.
func (s *session) open(ctx context.Context) (err error) {
	c := s.config
	text := []byte(builtinExpected)
	if c.expected != "" {
		if text, err = os.ReadFile(c.expected); err != nil {
			return err
		}
	}
	if s.expected, err = parseExpected(bytes.NewReader(text)); err != nil {
		return err
	}
	if _, err := os.Stat(c.uni); err != nil {
		return fmt.Errorf("find uni: %w: go build -o bin/ ./libos/cmd/... makes it", err)
	}
	if s.uni, err = filepath.Abs(c.uni); err != nil {
		return err
	}
	if c.resume != "" {
		if s.store, err = openStore(ctx, c, nil); err != nil {
			return err
		}
		s.modules, s.long = len(s.store.info.Modules) > 0, s.store.info.Long
	}
	var versions []string
	switch {
	case s.modules:
		if s.dir, err = os.MkdirTemp("", "conform-"); err != nil {
			return err
		}
		if err = makeModule(s.dir); err == nil {
			versions, err = s.listModules(ctx)
		}
	default:
		s.packages, err = s.list(ctx)
		if s.long {
			s.settings = map[string]settings{}
			for _, pkg := range s.packages {
				s.settings[pkg] = settings{long: true}
			}
		}
	}
	if err == nil && s.store == nil {
		s.store, err = openStore(ctx, c, versions)
	}
	return err
}

// close removes what a session has made for itself.
func (s *session) close() {
	for _, dir := range []string{s.dir, s.temp} {
		if dir != "" {
			os.RemoveAll(dir)
		}
	}
}

// list returns the packages of the standard library that are to be tested: those
// that the patterns of the command line match, of a list, or all that have tests.
func (s *session) list(ctx context.Context) ([]string, error) {
	patterns := s.packages
	if len(patterns) == 0 && s.short {
		patterns = strings.Fields(shortList)
	} else if len(patterns) == 0 {
		patterns = []string{"std"}
	}
	args := []string{"list", "-f", "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}", "--"}
	cmd := exec.CommandContext(ctx, "go", append(args, patterns...)...)
	cmd.Env = s.env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list %s: %w\n%s", strings.Join(patterns, " "), err, &stderr)
	}
	return strings.Fields(string(out)), nil
}

// A group is packages that one command tests.
type group struct {
	settings
	packages []string
	leave    string // what is not run as a unikernel
}

// runAll tests what has not been tested yet.
func (s *session) runAll(ctx context.Context) error {
	for _, g := range s.groups() {
		for _, side := range []string{processSide, unikernelSide} {
			todo := g
			todo.packages = nil
			for _, pkg := range g.packages {
				if !s.store.has(side, pkg) {
					todo.packages = append(todo.packages, pkg)
				}
			}
			if len(todo.packages) == 0 {
				continue
			}
			if err := s.test(ctx, side, todo); err != nil {
				return fmt.Errorf("test %s as %s: %w", strings.Join(todo.packages, " "), side, err)
			}
		}
	}
	return nil
}

// groups puts packages together that one command can test: flags are for all.
func (s *session) groups() (groups []group) {
	open := map[settings]int{} // index of the group that is not full
	for _, pkg := range s.packages {
		g := group{settings: s.settings[pkg], leave: s.expected.leaves(pkg)}
		i, ok := open[g.settings]
		if !ok || g.leave != "" {
			i = len(groups)
			groups = append(groups, g)
		}
		groups[i].packages = append(groups[i].packages, pkg)
		switch {
		case g.leave != "":
		case len(groups[i].packages) < batch:
			open[g.settings] = i
		default:
			delete(open, g.settings)
		}
	}
	return groups
}

// command is the command line that tests a group on one side.
func (s *session) command(side string, g group) []string {
	line := []string{"go", "test"}
	skip := g.skip
	if side == unikernelSide {
		line = []string{s.uni, "test", "-mem=" + cmp.Or(g.memory, s.memory)}
		if skip != "" && g.leave != "" {
			skip += "|"
		}
		skip += g.leave
	}
	if skip != "" {
		line = append(line, "-skip="+skip)
	}
	timeout := testTimeout
	if s.long {
		timeout = longTimeout
	}
	line = append(append(line, "-json", "-count=1", "-vet=off", "-timeout="+timeout), g.flags()...)
	return append(line, g.packages...)
}

// test tests a group on one side.
func (s *session) test(ctx context.Context, side string, g group) error {
	line := s.command(side, g)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Dir = s.dir
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
	for _, pkg := range g.packages {
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
