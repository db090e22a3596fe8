// Command echo returns what it receives over TCP and UDP, like workloads/echo, but
// by package zerocopy: what came in goes out in the memory in which it came.
package main

import (
	"context"
	"io"
	"net"
	"os"

	"unibench/libos/zerocopy"
	"unibench/workloads/internal/server"
)

// batch is how many datagrams, or pieces of a stream, are received at once.
const batch = 64

func main() { os.Exit(server.Main(run, os.Args[1:])) }

// run returns the exit status.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	flags := server.NewFlags("echo", stderr)
	addr := flags.String("addr", ":7007", "listen on `address`, TCP and UDP")
	return server.Run(flags, args, func() error {
		l, datagrams, err := server.ListenBoth(stdout, *addr)
		if err != nil {
			return err
		}
		return server.ServeBoth(ctx, l, serveTCP, datagrams, serveUDP)
	})
}

// serveTCP serves one connection. What ends it is for its client to see.
func serveTCP(conn *net.TCPConn) { _ = echo(conn) }

// serveUDP serves all datagrams.
func serveUDP(conn *net.UDPConn) error { return echo(conn) }

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
