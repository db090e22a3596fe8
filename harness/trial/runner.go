package trial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// DefaultTimeout bounds a command that names none: a cold build of a large
// program on a slow host ends well within it.
const DefaultTimeout = 10 * time.Minute

// waitDelay is how long output may stay open after a command was killed.
const waitDelay = 5 * time.Second

// Command is one auxiliary command. It is not a trial and is never measured.
type Command struct {
	Log     string // name of its log, without folder and extension; "" keeps none
	Args    []string
	Dir     string
	Env     []string // added to the Runner's
	Timeout time.Duration
}

// Log is what one command wrote.
type Log struct {
	Name string
	Data []byte
}

// Runner runs auxiliary commands one after the other. Each gets a process group
// of its own, which is killed with it.
type Runner struct {
	Trace io.Writer // prints each command as a shell line before it runs; nil prints none
	Env   []string  // environment of every command

	logs []Log
}

// Logs returns the logs kept so far and forgets them.
func (r *Runner) Logs() []Log {
	l := r.logs
	r.logs = nil
	return l
}

// Run runs c and returns its standard output. An error quotes the end of what it
// wrote to standard error.
func (r *Runner) Run(ctx context.Context, c Command) ([]byte, error) {
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	limited, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	line := ShellLine(c.Dir, c.Env, c.Args)
	r.Print(line)
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(limited, c.Args[0], c.Args[1:]...)
	cmd.Dir, cmd.Env = c.Dir, append(append([]string(nil), r.Env...), c.Env...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	// A command does not outlive this process, not even its kill -9; the
	// signal comes when the thread ends, so the thread is kept.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = waitDelay
	err := cmd.Run()
	if c.Log != "" {
		r.logs = append(r.logs, Log{Name: c.Log + ".log", Data: fmt.Appendf(nil, "$ %s\n%s%s", line, stdout.Bytes(), stderr.Bytes())})
	}
	switch {
	case err == nil:
		return stdout.Bytes(), nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("run %s: %w", c.Args[0], ctx.Err())
	case errors.Is(limited.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("run %s: no end after %v: %w", c.Args[0], c.Timeout, limited.Err())
	}
	if text := lastLines(stderr.String()); text != "" {
		return nil, fmt.Errorf("run %s: %w: %s", strings.Join(c.Args, " "), err, text)
	}
	return nil, fmt.Errorf("run %s: %w", strings.Join(c.Args, " "), err)
}

// Print writes a line to the trace, if there is one.
func (r *Runner) Print(line string) {
	if r.Trace != nil {
		fmt.Fprintln(r.Trace, "+ "+line)
	}
}

// lastLines returns the end of a command's error output on one line.
func lastLines(s string) string {
	const most = 5
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "; ")
}

// ShellLine returns a command as it would be typed.
func ShellLine(dir string, env, args []string) string {
	var parts []string
	for _, s := range append(append([]string(nil), env...), args...) {
		parts = append(parts, shellQuote(s))
	}
	line := strings.Join(parts, " ")
	if dir != "" {
		line = "cd " + shellQuote(dir) + " && " + line
	}
	return line
}

func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=,:@%+", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
