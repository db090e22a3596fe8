// Command echo returns what it receives over TCP and UDP, like workloads/echo, but
// by package zerocopy: what came in goes out in the memory in which it came.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"unibench/libos/zerocopy"
)

// batch is how many datagrams, or pieces of a stream, are received at once.
const batch = 64

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	os.Exit(run(ctx, os.Stdout, os.Stderr, os.Args[1:]))
}

// run returns the exit status.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	flags := flag.NewFlagSet("echo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", ":7007", "listen on `address`, TCP and UDP")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() != 0 {
		fmt.Fprintf(stderr, "echo: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	if err := serve(ctx, stdout, *addr); err != nil {
		fmt.Fprintln(stderr, "echo:", err)
		return 1
	}
	return 0
}

// serve listens, says so and serves until ctx ends.
func serve(ctx context.Context, stdout io.Writer, addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	defer l.Close()
	// The port of TCP, which addr may have left to the system.
	where := net.UDPAddrFromAddrPort(l.Addr().(*net.TCPAddr).AddrPort())
	datagrams, err := net.ListenUDP("udp", where)
	if err != nil {
		return err
	}
	defer datagrams.Close()
	if _, err := fmt.Fprintln(stdout, "listening on", l.Addr()); err != nil {
		return err
	}

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var servers sync.WaitGroup
	servers.Go(func() { cancel(serveTCP(ctx, l)) })
	servers.Go(func() { cancel(echo(datagrams)) })
	<-ctx.Done()
	cause := context.Cause(ctx)
	l.Close()
	datagrams.Close()
	servers.Wait()
	if errors.Is(cause, context.Canceled) {
		return nil
	}
	return cause
}

// serveTCP serves connections until l is closed, and ends them when ctx ends.
func serveTCP(ctx context.Context, l net.Listener) error {
	var handlers sync.WaitGroup
	defer handlers.Wait()
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		handlers.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			// What ends one connection is for its client to see.
			_ = echo(conn)
		})
	}
}

// echo returns what conn receives until it is closed.
func echo(conn net.Conn) error {
	c, err := zerocopy.NewConn(conn)
	if err != nil {
		return err
	}
	ms := make([]zerocopy.Message, batch)
	for {
		n, err := c.Recv(ms)
		if err != nil {
			return err
		}
		if err := c.Send(ms[:n]); err != nil {
			return err
		}
	}
}
