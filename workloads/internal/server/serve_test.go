package server_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"unibench/workloads/internal/server"
)

const anyPort = "127.0.0.1:0"

var errBroken = errors.New("broken")

// broken fails to write and keeps the line, which has the address.
type broken struct{ line string }

func (b *broken) Write(p []byte) (int, error) {
	b.line = string(p)
	return 0, errBroken
}

func (b *broken) addr() string {
	return strings.TrimSuffix(strings.TrimPrefix(b.line, "listening on "), "\n")
}

func TestListen(t *testing.T) {
	var stdout bytes.Buffer
	l, err := server.Listen(&stdout, anyPort)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if want := "listening on " + l.Addr().String() + "\n"; stdout.String() != want {
		t.Errorf("Listen says %q, want %q", stdout.String(), want)
	}
	if _, err := server.Listen(&stdout, l.Addr().String()); err == nil {
		t.Error("Listen on a port that is taken succeeded")
	}

	var said broken
	if _, err := server.Listen(&said, anyPort); !errors.Is(err, errBroken) {
		t.Errorf("Listen = %v, want %v", err, errBroken)
	}
	again, err := server.Listen(io.Discard, said.addr())
	if err != nil {
		t.Fatalf("Listen left the port taken: %v", err)
	}
	again.Close()
}

func TestListenBoth(t *testing.T) {
	var stdout bytes.Buffer
	l, datagrams, err := server.ListenBoth(&stdout, anyPort)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	defer datagrams.Close()
	addr := l.Addr().String()
	if want := "listening on " + addr + "\n"; stdout.String() != want || datagrams.LocalAddr().String() != addr {
		t.Errorf("ListenBoth says %q, datagrams come to %v, want %q", stdout.String(), datagrams.LocalAddr(), want)
	}

	// The port is free for TCP and taken for UDP.
	l.Close()
	if _, _, err := server.ListenBoth(&stdout, addr); err == nil {
		t.Error("ListenBoth on a port that is taken for UDP succeeded")
	}
	datagrams.Close()
	stdout.Reset()
	again, packets, err := server.ListenBoth(&stdout, addr)
	if err != nil {
		t.Fatalf("ListenBoth left the port taken: %v", err)
	}
	again.Close()
	packets.Close()

	// So it is after an announcement that failed.
	var said broken
	if _, _, err := server.ListenBoth(&said, anyPort); !errors.Is(err, errBroken) {
		t.Errorf("ListenBoth = %v, want %v", err, errBroken)
	}
	again, packets, err = server.ListenBoth(&stdout, said.addr())
	if err != nil {
		t.Fatalf("ListenBoth left the port taken: %v", err)
	}
	again.Close()
	packets.Close()
}

// connect returns a connection of which one byte has come back.
func connect(t *testing.T, l *net.TCPListener) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := conn.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// echo is a handler that does not know of any context.
func echo(conn *net.TCPConn) { io.Copy(conn, conn) }

// untilClosed reads datagrams.
func untilClosed(conn *net.UDPConn) error {
	for {
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			return err
		}
	}
}

// TestEnds: whatever ends a server, it ends its connections, the port is free and
// the handlers have returned.
func TestEnds(t *testing.T) {
	both := func(ctx context.Context, l *net.TCPListener, u *net.UDPConn, handle func(*net.TCPConn)) error {
		return server.ServeBoth(ctx, l, handle, u, untilClosed)
	}
	for _, tt := range []struct {
		name  string
		serve func(context.Context, *net.TCPListener, *net.UDPConn, func(*net.TCPConn)) error
		end   func(cancel func(), l *net.TCPListener, u *net.UDPConn)
		want  error
	}{
		{
			"Serve, context",
			func(ctx context.Context, l *net.TCPListener, u *net.UDPConn, handle func(*net.TCPConn)) error {
				u.Close()
				return server.Serve(ctx, l, handle)
			},
			func(cancel func(), _ *net.TCPListener, _ *net.UDPConn) { cancel() }, nil,
		},
		{
			"Serve, listener",
			func(ctx context.Context, l *net.TCPListener, u *net.UDPConn, handle func(*net.TCPConn)) error {
				u.Close()
				return server.Serve(ctx, l, handle)
			},
			func(_ func(), l *net.TCPListener, _ *net.UDPConn) { l.Close() }, net.ErrClosed,
		},
		{"ServeBoth, context", both, func(cancel func(), _ *net.TCPListener, _ *net.UDPConn) { cancel() }, nil},
		{"ServeBoth, listener", both, func(_ func(), l *net.TCPListener, _ *net.UDPConn) { l.Close() }, net.ErrClosed},
		{"ServeBoth, datagrams", both, func(_ func(), _ *net.TCPListener, u *net.UDPConn) { u.Close() }, net.ErrClosed},
		{
			"ServeBoth, datagrams that fail",
			func(ctx context.Context, l *net.TCPListener, u *net.UDPConn, handle func(*net.TCPConn)) error {
				return server.ServeBoth(ctx, l, handle, u, func(u *net.UDPConn) error {
					u.Read(make([]byte, 1))
					return errBroken
				})
			},
			func(_ func(), _ *net.TCPListener, u *net.UDPConn) { u.SetReadDeadline(time.Unix(1, 0)) }, errBroken,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, u, err := server.ListenBoth(io.Discard, anyPort)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			returned := 0
			ended := make(chan error)
			go func() {
				ended <- tt.serve(ctx, l, u, func(conn *net.TCPConn) {
					echo(conn)
					returned++ // of the one connection that there is
				})
			}()
			conn := connect(t, l)
			tt.end(cancel, l, u)
			if err := <-ended; !errors.Is(err, tt.want) {
				t.Errorf("it returned %v, want %v", err, tt.want)
			}
			if returned != 1 {
				t.Errorf("%d handlers have returned, want 1", returned)
			}
			if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
				t.Errorf("the connection goes on: %d, %v", n, err)
			}
			again, packets, err := server.ListenBoth(io.Discard, l.Addr().String())
			if err != nil {
				t.Fatalf("the port is not free: %v", err)
			}
			again.Close()
			packets.Close()
		})
	}
}

// TestHandlerEnds: a connection whose handler has returned is closed.
func TestHandlerEnds(t *testing.T) {
	l, err := server.Listen(io.Discard, anyPort)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- server.Serve(ctx, l, func(conn *net.TCPConn) { io.CopyN(conn, conn, 1) })
	}()
	for range 3 {
		if n, err := connect(t, l).Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("Read = %d, %v, want the end", n, err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Serve = %v", err)
	}
}
