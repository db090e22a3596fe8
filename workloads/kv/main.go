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
	"io"
	"os"
	"time"

	"unibench/workloads/internal/server"
)

func main() { os.Exit(server.Main(run, os.Args[1:])) }

// run returns the exit status.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	flags := server.NewFlags("kv", stderr)
	addr := flags.String("addr", ":6379", "listen on `address`")
	return server.Run(flags, args, func() error {
		l, err := server.Listen(stdout, *addr)
		if err != nil {
			return err
		}
		return newService(time.Now).serve(ctx, l)
	})
}
