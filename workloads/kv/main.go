// Command kv is a key-value store in memory that speaks the Redis protocol, RESP
// version 2, with pipelining:
//
//	strings   GET SET MGET MSET APPEND STRLEN INCR DECR INCRBY DECRBY
//	keys      DEL EXISTS EXPIRE PEXPIRE TTL PTTL PERSIST
//	server    PING ECHO SELECT FLUSHALL DBSIZE INFO CONFIG GET, COMMAND, QUIT
//
// SET takes EX, PX, NX, XX and KEEPTTL. There is one database, numbered 0. Every
// command is atomic. Keys expire when they are asked for and, soon after their
// time, by themselves. Nothing is written to disk.
//
// Reading a value, and writing one that is not larger than what its key had
// before, do not allocate.
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
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	os.Exit(run(ctx, os.Stdout, os.Stderr, os.Args[1:]))
}

// run returns the exit status.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	flags := flag.NewFlagSet("kv", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", ":6379", "listen on `address`")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() != 0 {
		fmt.Fprintf(stderr, "kv: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	if err := listen(ctx, stdout, *addr); err != nil {
		fmt.Fprintln(stderr, "kv:", err)
		return 1
	}
	return 0
}

// listen listens, says so and serves until ctx ends.
func listen(ctx context.Context, stdout io.Writer, addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(stdout, "listening on", l.Addr()); err != nil {
		l.Close()
		return err
	}
	return newServer(time.Now).serve(ctx, l)
}
