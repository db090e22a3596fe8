// Command echo sends back what it gets, over TCP (RFC 862 in spirit) and UDP on
// the same port: each connection byte by byte in order, each datagram by itself.
// It is the smallest network server there is, so its round trip is the cost of
// the platform's network and of nothing else.
package main

import (
	"context"
	"io"
	"os"

	"unibench/workloads/internal/server"
)

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
		return server.ServeBoth(ctx, l, echo, datagrams, serveUDP)
	})
}
