// Command httpd serves a few small documents with net/http, the way an ordinary
// Go service would:
//
//	/hello  14 bytes of text
//	/1k     1 KiB of text
//	/json   an object that is encoded anew for each request
//	/file   64 KiB, or the file of -file, by http.ServeContent: ranges and
//	        conditions are understood, and the content of a file goes from the
//	        kernel's cache to the connection (sendfile) where there is no TLS
//
// With -tls it makes itself a certificate and serves HTTP/1.1 and HTTP/2.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Limits for clients.
const (
	headerLimit = 10 * time.Second
	idleLimit   = 2 * time.Minute
	// stopLimit is how long requests may take that are under way when the
	// server is asked to end.
	stopLimit = 2 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	os.Exit(run(ctx, os.Stdout, os.Stderr, os.Args[1:]))
}

// run returns the exit status.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	flags := flag.NewFlagSet("httpd", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", ":8080", "listen on `address`")
	file := flags.String("file", "", "serve /file from the file of this `name`, which is made if there is none; without, from memory")
	secure := flags.Bool("tls", false, "serve TLS, with a certificate of its own making")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() != 0 {
		fmt.Fprintf(stderr, "httpd: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	if err := serve(ctx, stdout, stderr, *addr, *file, *secure); err != nil {
		fmt.Fprintln(stderr, "httpd:", err)
		return 1
	}
	return 0
}

// serve listens, says so and serves until ctx ends.
func serve(ctx context.Context, stdout, stderr io.Writer, addr, file string, secure bool) error {
	handler, err := newHandler(file)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerLimit,
		IdleTimeout:       idleLimit,
		ErrorLog:          log.New(stderr, "httpd: ", 0),
	}
	if secure {
		cert, err := newCertificate(time.Now())
		if err != nil {
			return fmt.Errorf("make a certificate: %w", err)
		}
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(stdout, "listening on", l.Addr()); err != nil {
		l.Close()
		return err
	}

	ended := make(chan error, 1)
	go func() {
		if secure {
			ended <- server.ServeTLS(l, "", "")
		} else {
			ended <- server.Serve(l)
		}
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	if err := server.Shutdown(limit); err != nil {
		return errors.Join(fmt.Errorf("requests were cut off: %w", err), server.Close())
	}
	return nil
}
