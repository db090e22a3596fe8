package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is a pseudo-terminal (pty(7)): what is written to the one end is what a user
// sees at the other.
type terminal struct{ user, program *os.File }

func newTerminal(t *testing.T, columns uint16) *terminal {
	t.Helper()
	user, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		t.Skipf("no terminals here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { user.Close() })
	fd := int(user.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	err = errors.Join(err, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0), unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 25, Col: columns}))
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return &terminal{user, program}
}

// watch runs bench with its standard error, and its output if both is set, on a
// terminal, and returns what comes there.
func (p *place) watch(columns uint16, both bool, env []string, args ...string) string {
	p.t.Helper()
	tty := newTerminal(p.t, columns)
	cmd := p.command(args...)
	cmd.Stderr = tty.program
	if both {
		cmd.Stdout = tty.program
	}
	for _, e := range cmd.Env[:len(cmd.Env):len(cmd.Env)] { // whatever the tester has
		if strings.HasPrefix(e, "NO_COLOR=") {
			cmd.Env = append(cmd.Env, "NO_COLOR=")
		}
	}
	cmd.Env = append(cmd.Env, env...)
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	tty.program.Close()
	var seen bytes.Buffer
	_, err := io.Copy(&seen, tty.user)
	if err != nil && !errors.Is(err, unix.EIO) { // the program has gone
		p.t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return seen.String()
}

const escape = "\x1b"

// TestColours: on a terminal that can show them, unless the user wants none.
func TestColours(t *testing.T) {
	p := newPlace(t)
	for _, tt := range []struct {
		env  []string
		both bool
		want bool
	}{
		{[]string{"TERM=xterm"}, true, true},
		{[]string{"TERM=xterm", "NO_COLOR=1"}, true, false},
		{[]string{"TERM=dumb"}, true, false},
		{[]string{"TERM=xterm"}, false, false}, // the findings go elsewhere
	} {
		seen := p.watch(80, tt.both, tt.env, "doctor")
		if strings.Contains(seen, escape+"[32mok  "+escape+"[0m") != tt.want || strings.Contains(seen, escape) != tt.want || tt.both != strings.Contains(seen, "target") {
			t.Errorf("bench doctor, %v, its output there %v: %q; want colours %v", tt.env, tt.both, seen, tt.want)
		}
	}
	if _, stdout, stderr := p.do("doctor"); strings.Contains(stdout+stderr, escape) {
		t.Errorf("bench doctor colours what is no terminal: %q %q", stdout, stderr)
	}
}

// TestNoEscapes: no other command writes any, nor does JSON have some.
func TestNoEscapes(t *testing.T) {
	p := newPlace(t)
	p.compute()
	run := published(t, p, "boot")
	for _, args := range []string{"", "list", "doctor -json", "doctor -tune -dry-run", "stat " + run, "compare " + run + " " + run, "trend $SRC/results",
		"reproduce -results $SRC/results", "verify $SRC/results", "version", "help", "help run", "completion bash", "run", "nonsense", "run -suite boot -dry-run", "export " + run} {
		if seen := p.watch(80, true, []string{"TERM=xterm"}, strings.Fields(args)...); strings.Contains(seen, escape) || seen == "" {
			t.Errorf("bench %s on a terminal: %q", args, seen)
		}
	}
}

// TestProgressOnTerminal runs a little and looks at its one line, which says how much
// time is left; where lines cannot be written over, or on no terminal, there is none.
func TestProgressOnTerminal(t *testing.T) {
	for _, tt := range []struct {
		env     string
		columns uint16
		want    bool
	}{{"TERM=xterm", 80, true}, {"TERM=xterm", 16, true}, {"TERM=dumb", 80, false}} {
		p := newPlace(t)
		seen := p.watch(tt.columns, false, []string{tt.env}, "run", "-suite", "boot", "-run", "^Hello$", "-targets", "process", "-count", "3", "-warmup", "0", "-force", "-out", "$OUT")
		if !strings.Contains(seen, "bench: building for process") {
			t.Fatalf("bench run on a terminal: %q", seen)
		}
		line := "\r[3/3] Hello on process"[:min(int(tt.columns), 23)]
		if strings.Contains(seen, line) != tt.want || strings.Contains(seen, escape) {
			t.Errorf("%s, %d columns: %q; want %q %v", tt.env, tt.columns, seen, line, tt.want)
		}
		if wide := tt.want && tt.columns >= 80; wide && !regexp.MustCompile(regexp.QuoteMeta(line)+`, \dm?\d*s left`).MatchString(seen) {
			t.Errorf("%s, %d columns: %q; want how much time is left", tt.env, tt.columns, seen)
		}
		if plain := "bench: block 0, 0 of 3 trials done"; strings.Contains(seen, plain) == tt.want {
			t.Errorf("%s, %d columns: %q; want a line of its own %v", tt.env, tt.columns, seen, !tt.want)
		}
		for part := range strings.SplitSeq(seen, "\r[") {
			part, _, _ = strings.Cut(part, "\r")
			if tt.columns < 80 && strings.Contains(part, "/3]") && len(part) >= int(tt.columns) {
				t.Errorf("a line of a terminal of %d columns: %q", tt.columns, part)
			}
		}
	}
}
