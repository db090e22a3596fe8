package server

import (
	"context"
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
	defer l.Close()
	defer context.AfterFunc(ctx, func() { l.Close() })()
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
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			handle(conn)
		})
	}
}

// ServeBoth is Serve for connections and datagrams of the same port. serve handles
// datagrams until their connection, which ServeBoth closes when ctx ends, is
// closed. If one of the two fails, the other ends too.
func ServeBoth(ctx context.Context, l *net.TCPListener, handle func(*net.TCPConn), datagrams *net.UDPConn, serve func(*net.UDPConn) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer datagrams.Close()
	defer context.AfterFunc(ctx, func() { datagrams.Close() })()
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
