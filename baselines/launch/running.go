package launch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"unibench/baselines/taskstats"
)

// Running is a program that was started and not yet waited for. Its methods may
// be called from any goroutine, Wait only once.
type Running struct {
	ctx     context.Context // ends the program
	l       *launched
	out     *output
	tasks   *taskstats.Listener // nil if there is none
	res     *Result
	release func() bool   // forgets ctx and reports whether it had not ended
	killed  chan struct{} // closed after the end of ctx killed the program
}

// ErrEnded means that the program ended, or closed its output, before it did what
// was waited for.
var ErrEnded = errors.New("the program ended")

// PID returns the process id of the program, which stays its own until Wait
// returns.
func (r *Running) PID() int { return r.l.pid }

// Line waits for a line on standard output that begins with prefix and returns
// what follows. Only the part of the output that is kept is looked at. The error
// is that of ctx, or ErrEnded with the end of what the program wrote to standard
// error.
func (r *Running) Line(ctx context.Context, prefix string) (string, error) {
	for {
		text, grown := r.out.snapshot(0)
		for line := range bytes.Lines(text) {
			if rest, ok := bytes.CutPrefix(line, []byte(prefix)); ok && bytes.HasSuffix(rest, []byte("\n")) {
				return string(bytes.TrimRight(rest, "\r\n")), nil
			}
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("wait for a line %q: %w", prefix, ctx.Err())
		case <-r.out.done:
			// What came since is looked at once more.
			if again, _ := r.out.snapshot(0); len(again) > len(text) {
				continue
			}
			text, _ := r.out.snapshot(1)
			const most = 300
			return "", fmt.Errorf("wait for a line %q: %w: %q", prefix, ErrEnded, text[max(0, len(text)-most):])
		case <-grown:
		}
	}
}

// Signal sends a signal to the program, not to its descendants. After the end it
// returns os.ErrProcessDone.
func (r *Running) Signal(sig syscall.Signal) error {
	r.l.mu.Lock()
	defer r.l.mu.Unlock()
	if r.l.reaped {
		return os.ErrProcessDone
	}
	if err := syscall.Kill(r.l.pid, sig); err != nil {
		return fmt.Errorf("send signal to process %d: %w", r.l.pid, err)
	}
	return nil
}

// Kill ends the program with its process group, and what Spec.Kill reaches.
func (r *Running) Kill() { r.l.kill() }

// Ended returns a channel that is closed when the program has ended.
func (r *Running) Ended() <-chan struct{} { return r.l.ended }

// Wait waits for the end of the program; see Run for what it returns.
func (r *Running) Wait() (*Result, error) {
	defer r.closeTasks()
	<-r.l.ended
	if !r.release() {
		<-r.killed
	}
	if !r.l.drain() {
		r.res.Warnings = append(r.res.Warnings, "a process that outlived the program kept its output open and could not be ended")
	}
	defer r.out.close()
	if r.l.err != nil {
		return nil, r.l.err
	}
	if r.out.err != nil {
		return nil, r.out.err
	}
	r.l.fill(r.res)
	if !r.l.spec.Bare {
		r.res.memory(r.tasks, r.l.pid, r.l.usage.Maxrss<<10)
	}
	return r.res, r.ctx.Err()
}

func (r *Running) closeTasks() {
	if r.tasks != nil {
		r.tasks.Close()
	}
}
