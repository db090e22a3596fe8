package target

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"unibench/baselines/counters"
	"unibench/baselines/launch"
	"unibench/libos/monitor"
)

// stopGrace is how long a server may take to end after it was asked to.
const stopGrace = 5 * time.Second

// running is a started program: *launch.Running, or one that knows more.
type running interface {
	PID() int
	Line(ctx context.Context, prefix string) (string, error)
	Signal(syscall.Signal) error
	Kill()
	Ended() <-chan struct{}
	Wait() (*launch.Result, error)
}

// Server is one start of a program that serves until it is asked to end, or is led
// until its input ends. Stop or Wait must be called, once.
type Server struct {
	running running
	// monitor asks a unikernel's monitor for its statistics of this moment;
	// nil on targets without one.
	monitor func() (*monitor.Stats, error)
	// finish adds to what was seen of a whole start without errors what the
	// target alone knows; nil adds nothing.
	finish func(*Observation) error
}

// Processes lists the program with its descendants, or its monitor or runtime
// with theirs: everything that works for this server but the kernel.
func (s *Server) Processes() ([]int, error) { return counters.Tree(s.running.PID()) }

// HasMonitor reports whether Monitor has an answer.
func (s *Server) HasMonitor() bool { return s.monitor != nil }

// Monitor returns what a unikernel's monitor has counted until now.
func (s *Server) Monitor() (*monitor.Stats, error) {
	if s.monitor == nil {
		return nil, errors.New("the target has no monitor")
	}
	return s.monitor()
}

// Ended is closed when the server has ended, which it should not of itself.
func (s *Server) Ended() <-chan struct{} { return s.running.Ended() }

// Line waits for a line of standard output; see launch.Running.
func (s *Server) Line(ctx context.Context, prefix string) (string, error) {
	return s.running.Line(ctx, prefix)
}

// Kill ends a program whose end does not matter.
func (s *Server) Kill() { s.running.Kill() }

// Wait waits for the end of a program that ends by itself. The Observation may be
// there although there is an error.
func (s *Server) Wait() (*Observation, error) {
	res, err := s.running.Wait()
	return s.finished(res, err)
}

// Stop asks the server to end (SIGTERM) and waits for it. A server that does not
// end within five seconds, or ended before, is an error; the Observation may be
// there all the same. When ctx ends the server is killed.
func (s *Server) Stop(ctx context.Context) (*Observation, error) {
	var failed error
	select {
	case <-s.running.Ended():
		failed = errors.New("the server ended before it was asked to")
	default:
		if err := s.running.Signal(syscall.SIGTERM); err != nil {
			failed = fmt.Errorf("end the server: %w", err)
			s.running.Kill()
			break
		}
		patience := time.NewTimer(stopGrace)
		defer patience.Stop()
		select {
		case <-s.running.Ended():
		case <-patience.C:
			failed = fmt.Errorf("the server did not end within %v of SIGTERM", stopGrace)
			s.running.Kill()
		case <-ctx.Done():
			s.running.Kill()
		}
	}
	res, err := s.running.Wait()
	return s.finished(res, errors.Join(failed, err))
}

func (s *Server) finished(res *launch.Result, err error) (*Observation, error) {
	o := observe(res)
	if err != nil || s.finish == nil {
		return o, err
	}
	return o, s.finish(o)
}
