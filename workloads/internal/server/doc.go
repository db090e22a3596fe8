// Package server is what the programs of workloads that serve a network have in
// common around their own work: to run until a signal comes, to read flags, to
// listen and say where, and to accept connections until the end.
//
// A program is a [Program], so that its tests can run it:
//
//	func main() { os.Exit(server.Main(run, os.Args[1:])) }
//
//	func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
//		flags := server.NewFlags("name", stderr)
//		addr := flags.String("addr", ":7", "listen on `address`")
//		return server.Run(flags, args, func() error {
//			l, err := server.Listen(stdout, *addr)
//			if err != nil {
//				return err
//			}
//			return server.Serve(ctx, l, handle)
//		})
//	}
//
// The first line of output is "listening on ADDR", from which whoever started the
// program knows that connections are accepted, and where. The exit status is 0 for
// a server that was asked to end, 1 for one that failed and 2 for wrong arguments.
//
// The package is there for a connection's start and end only: between them a
// program reads and writes its connection itself. It uses the standard library alone, as
// an ordinary service would.
package server
