// Command echo sends back what it gets, over TCP (RFC 862 in spirit) and UDP on
// the same port: each connection byte by byte in order, each datagram by itself.
// It is the smallest network server there is, so its round trip is the cost of
// the platform's network and of nothing else.
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
)

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
	servers.Go(func() { cancel(serveUDP(datagrams)) })
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
