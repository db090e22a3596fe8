// Command stream moves bulk data over TCP and checks it: the server is sink,
// source or both, as the client of each connection asks; with -connect it is such
// a client.
//
// Package [unibench/workloads/internal/stream] has the protocol.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"unibench/workloads/internal/server"
	"unibench/workloads/internal/stream"
)

func main() { os.Exit(server.Main(run, os.Args[1:])) }

// run returns the exit status.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	flags := server.NewFlags("stream", stderr)
	addr := flags.String("addr", ":5201", "listen on `address`")
	connect := flags.String("connect", "", "be a client of the server at `address`")
	mode := flags.String("mode", "sink", "what the server is to the client: sink, source or both")
	duration := flags.Duration("duration", 3*time.Second, "how long the client transfers")
	seed := flags.Uint64("seed", 1, "`number` of the pattern that the client asks for")
	return server.Run(flags, args, func() error {
		if *connect != "" {
			return runClient(ctx, stdout, *connect, stream.Request{Mode: *mode, Seed: *seed, Check: true}, *duration)
		}
		return runServer(ctx, stdout, *addr)
	})
}

func runServer(ctx context.Context, stdout io.Writer, addr string) error {
	l, err := server.Listen(stdout, addr)
	if err != nil {
		return err
	}
	// What ends one connection is for its client to see.
	return server.Serve(ctx, l, func(conn *net.TCPConn) { _ = handle(conn) })
}

func runClient(ctx context.Context, stdout io.Writer, addr string, q stream.Request, d time.Duration) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	r, err := transfer(ctx, conn.(*net.TCPConn), q, d)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "sent %d bytes, received %d bytes in %v: %.2f Gbit/s, verified\n",
		r.sent, r.received, r.elapsed.Round(time.Millisecond), float64(r.sent+r.received)*8/float64(r.elapsed.Nanoseconds()))
	return err
}
