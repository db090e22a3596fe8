package server

import (
	"context"
	"io"
	"net"
	"sync"
)

// Serve calls handle for each connection, in a goroutine of its own, and closes the
// connection when handle returns. When ctx ends or l fails, it closes l and the
// connections and waits for the handlers. Its error is that of l: an end that ctx
// asked for is none.
func Serve(ctx context.Context, l *net.TCPListener, handle func(*net.TCPConn)) error {
	var handlers sync.WaitGroup
	defer handlers.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the connections, on errors too
	defer closeAfter(ctx, l)()
	for {
		conn, err := l.AcceptTCP()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return nil
		}
		if err != nil {
			return err
		}
		handlers.Go(func() {
			defer closeAfter(ctx, conn)()
			handle(conn)
		})
	}
}

// ServeBoth is Serve for connections and datagrams of the same port. serve handles
// datagrams until their connection, which ServeBoth closes when ctx ends, is
// closed. If one of the two fails, the other ends too.
func ServeBoth(ctx context.Context, l *net.TCPListener, handle func(*net.TCPConn), datagrams *net.UDPConn, serve func(*net.UDPConn) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer closeAfter(ctx, datagrams)()
	failed := make(chan error, 1)
	go func() {
		err := serve(datagrams)
		if ctx.Err() != nil {
			err = nil // the end of ctx closed them
		}
		cancel()
		failed <- err
	}()
	err := Serve(ctx, l, handle)
	cancel()
	if e := <-failed; err == nil {
		err = e
	}
	return err
}

// closeAfter closes c when ctx ends. The function it returns closes c now and
// returns when c is closed, even if the end of ctx closes it at that moment: a
// second Close of its own would fail at once while the first is still at work, and
// the port not yet free.
func closeAfter(ctx context.Context, c io.Closer) func() {
	closed := sync.OnceFunc(func() { c.Close() })
	stop := context.AfterFunc(ctx, closed)
	return func() {
		stop()
		closed()
	}
}
