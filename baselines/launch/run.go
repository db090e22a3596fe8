package launch

import (
	"context"
	"fmt"

	"unibench/baselines/taskstats"
)

// Run starts the program and waits for it. When ctx ends first the program is
// killed and Run returns what there is together with ctx's error. Any other
// error means that the program could not be started or measured; an exit status
// of the program's own is not an error. Nothing that Run started is left when it
// returns, except what Spec.Kill failed to end.
func Run(ctx context.Context, s Spec) (*Result, error) {
	r, err := Start(ctx, s)
	if err != nil {
		return nil, err
	}
	return r.Wait()
}

// Start starts the program and returns while it runs. The program is killed
// when ctx ends. Wait must be called, once.
func Start(ctx context.Context, s Spec) (*Running, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	limit := s.OutputLimit
	if limit == 0 {
		limit = DefaultOutputLimit
	}
	out, err := newOutput(limit)
	if err != nil {
		return nil, err
	}
	stdin, feed, err := openStdin(s)
	if err != nil {
		out.close()
		return nil, err
	}
	r := &Running{ctx: ctx, out: out, res: &Result{}, killed: make(chan struct{})}
	if !s.Bare {
		r.tasks, err = taskstats.Listen()
	}
	if err != nil {
		r.res.Warnings = append(r.res.Warnings, fmt.Sprintf("peak memory not exact: %v", err))
	}

	ready := make(chan struct{})
	go out.collect(ready)
	<-ready
	r.l = &launched{spec: s, stdin: stdin, out: out, started: make(chan error, 1), ended: make(chan struct{})}
	onOwnThread(r.l.thread)
	err = <-r.l.started
	if stdin != s.Input {
		stdin.Close()
	}
	out.closeWrite()
	if err != nil {
		feed(nil)
		<-out.done
		out.close()
		r.closeTasks()
		return nil, err
	}
	feed(s.Stdin)
	r.release = context.AfterFunc(ctx, func() {
		defer close(r.killed)
		r.l.kill()
	})
	return r, nil
}
