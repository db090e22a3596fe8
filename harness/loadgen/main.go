package loadgen

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
)

// Exit statuses of Main.
const (
	ExitOK     = 0 // a result was written, whatever it says
	ExitFailed = 1 // none: the starter went away, or the output cannot be written
	ExitConfig = 2 // none: the configuration is wrong
)

// Main reads a Config from stdin, does what it says and writes the lines of the
// package comment to stdout, which must not buffer. It returns the exit status. It
// is for a process that does nothing else: it turns garbage collection off.
func Main(stdin io.Reader, stdout io.Writer) int {
	cfg, rest, err := Parse(stdin)
	if err != nil {
		fmt.Fprintf(stdout, "error %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
		return ExitConfig
	}
	// The memory of a run is bounded and taken before it begins. A processor
	// beside the workers' lets the rest of the process go on.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cfg.Workers + 2))
	r, err := Run(cfg, &lines{in: bufio.NewReader(rest), out: stdout, wait: cfg.WaitGo})
	if err != nil {
		fmt.Fprintf(stdout, "error %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
		return ExitFailed
	}
	text, err := json.Marshal(r)
	if err == nil {
		_, err = fmt.Fprintf(stdout, "result %s\n", text)
	}
	if err != nil {
		return ExitFailed
	}
	return ExitOK
}

// lines is the border that a starter sees.
type lines struct {
	in   *bufio.Reader
	out  io.Writer
	wait bool
}

// Asking writes a line and does not wait.
func (l *lines) Asking(now int64) error { return l.say("asking %d\n", now) }

// Ready writes a line and does not wait.
func (l *lines) Ready(now int64) error { return l.say("ready %d\n", now) }

// Measure writes a line and waits if asked.
func (l *lines) Measure(period int, now int64) error {
	if err := l.say("measure %d %d\n", period, now); err != nil {
		return err
	}
	return l.goAhead()
}

// End writes a line and waits if asked.
func (l *lines) End(period int, now int64) error {
	if err := l.say("end %d %d\n", period, now); err != nil {
		return err
	}
	return l.goAhead()
}

func (l *lines) say(format string, args ...any) error {
	if _, err := fmt.Fprintf(l.out, format, args...); err != nil {
		return fmt.Errorf("tell the starter: %w", err)
	}
	return nil
}

// goAhead waits for a line "go".
func (l *lines) goAhead() error {
	if !l.wait {
		return nil
	}
	for {
		line, err := l.in.ReadString('\n')
		switch line = strings.TrimSpace(line); {
		case line == "go":
			return nil
		case err != nil:
			return fmt.Errorf("wait for the go-ahead of the starter: %w", err)
		case line != "":
			return fmt.Errorf("wait for the go-ahead of the starter: got %q, want \"go\"", line)
		}
	}
}
