package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"unibench/harness/record"
	"unibench/harness/serve"
)

// Limits of the server.
const (
	headerTimeout   = 10 * time.Second
	shutdownTimeout = 5 * time.Second // for answers that are under way
)

// serve shows stored runs in a browser until it is interrupted.
func (a *app) serve(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("serve", flag.ContinueOnError)
	addr := fs.String("addr", "127.0.0.1:0", "loopback `address` to listen on; port 0 is any free one")
	remote := fs.Bool("allow-remote", false, "allow other addresses, so that other hosts can read the results")
	dirs, err := a.parseMixed(fs, args)
	if err != nil {
		return helpIsFine(err)
	}
	if len(dirs) > 1 {
		return usagef("serve shows the runs below one folder, got %d", len(dirs))
	}
	dir := "results"
	if len(dirs) == 1 {
		dir = dirs[0]
	}
	if !*remote {
		if err := serve.CheckLoopback(*addr); err != nil {
			return usagef("-addr: %v, or add -allow-remote", err)
		}
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return &record.DataError{Path: dir, Reason: "not a folder with runs", Err: err}
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return fmt.Errorf("listen for browsers: %w (name another address with -addr)", err)
	}
	server := &http.Server{
		Handler:           serve.New(dir, serve.Options{Remote: *remote, Latencies: latencies}),
		ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout, IdleTimeout: time.Minute,
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	fmt.Fprintf(a.stdout, "runs below %s at http://%s/ until interrupted\n", shown(dir), l.Addr())
	select {
	case err := <-done:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err = server.Shutdown(end)
	<-done
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return err
}
