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
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"unibench/workloads/internal/server"
)

// Limits for clients.
const (
	headerLimit = 10 * time.Second
	idleLimit   = 2 * time.Minute
	// stopLimit is how long requests may take that are under way when the
	// server is asked to end.
	stopLimit = 2 * time.Second
)

func main() { os.Exit(server.Main(run, os.Args[1:])) }

// run returns the exit status.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	flags := server.NewFlags("httpd", stderr)
	addr := flags.String("addr", ":8080", "listen on `address`")
	file := flags.String("file", "", "serve /file from the file of this `name`, which is made if there is none; without, from memory")
	secure := flags.Bool("tls", false, "serve TLS, with a certificate of its own making")
	return server.Run(flags, args, func() error { return serve(ctx, stdout, stderr, *addr, *file, *secure) })
}

// serve listens, says so and serves until ctx ends.
func serve(ctx context.Context, stdout, stderr io.Writer, addr, file string, secure bool) error {
	handler, err := newHandler(file)
	if err != nil {
		return err
	}
	documents := &http.Server{
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
		documents.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	}
	l, err := server.Listen(stdout, addr)
	if err != nil {
		return err
	}

	ended := make(chan error, 1)
	go func() {
		if secure {
			ended <- documents.ServeTLS(l, "", "")
		} else {
			ended <- documents.Serve(l)
		}
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	if err := documents.Shutdown(limit); err != nil {
		return errors.Join(fmt.Errorf("requests were cut off: %w", err), documents.Close())
	}
	return nil
}
