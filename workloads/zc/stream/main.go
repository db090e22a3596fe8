// Command stream is the server of workloads/stream, which has the client, by package
// zerocopy: what comes in is looked at where it lies, what goes out is handed over.
package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"unibench/libos/zerocopy"
	"unibench/workloads/internal/server"
	"unibench/workloads/internal/stream"
)

const (
	pieces       = 64 // most that are received at once
	requestLimit = 10 * time.Second
)

func main() { os.Exit(server.Main(run, os.Args[1:])) }

// run returns the exit status.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	flags := server.NewFlags("stream", stderr)
	addr := flags.String("addr", ":5201", "listen on `address`")
	return server.Run(flags, args, func() error {
		l, err := server.Listen(stdout, *addr)
		if err != nil {
			return err
		}
		// What ends one connection is for its client to see.
		return server.Serve(ctx, l, func(conn *net.TCPConn) { _ = handle(conn) })
	})
}

// handle serves one connection.
func handle(tcp *net.TCPConn) error {
	if err := tcp.SetReadDeadline(time.Now().Add(requestLimit)); err != nil {
		return err
	}
	conn, err := zerocopy.NewConn(tcp)
	if err != nil {
		return err
	}
	q, rest, err := readRequest(conn)
	if err != nil {
		return err
	}
	if err := tcp.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	p := stream.NewPattern(q.Seed)
	r := receiver{want: p, wrong: -1}
	if !q.Check {
		r.want = nil
	}
	r.take(rest)

	// The receiver runs in every mode: its end is that of the client's data.
	received := make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		received <- r.run(conn)
	}()
	if q.Sends() {
		err = send(conn, p, q.Bytes, ended)
	}
	if err != nil {
		tcp.Close()
	}
	if err := errors.Join(err, <-received); err != nil {
		return err
	}
	number := r.bytes
	if r.wrong >= 0 {
		number = r.wrong
	}
	_, err = io.WriteString(tcp, stream.Trailer(r.wrong < 0, number))
	return err
}

// readRequest takes the first line and what came with it.
func readRequest(conn *zerocopy.Conn) (q stream.Request, rest []byte, err error) {
	ms := make([]zerocopy.Message, 1)
	var all []byte
	for {
		if _, err := conn.Recv(ms); err != nil {
			return q, nil, err
		}
		all = append(all, ms[0].Data...)
		ms[0].Release()
		if end := bytes.IndexByte(all, '\n') + 1; end > 0 {
			q, err = stream.ParseRequest(string(all[:end]))
			return q, all[end:], err
		}
		if len(all) >= stream.MaxLine {
			return q, nil, stream.ErrRequest
		}
	}
}

// receiver counts what comes in and, unless want is nil, compares it.
type receiver struct {
	want  *stream.Pattern
	bytes int64
	wrong int64 // position of the first byte that differs, or -1
}

func (r *receiver) take(b []byte) {
	for r.want != nil && r.wrong < 0 && len(b) > 0 {
		n := min(len(b), stream.ChunkBytes)
		if k := r.want.Check(r.bytes, b[:n]); k < n {
			r.wrong = r.bytes + int64(k)
		}
		r.bytes += int64(n)
		b = b[n:]
	}
	r.bytes += int64(len(b))
}

// run takes all that comes, up to the end.
func (r *receiver) run(conn *zerocopy.Conn) error {
	ms := make([]zerocopy.Message, pieces)
	for {
		n, err := conn.Recv(ms)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range ms[:n] {
			r.take(ms[i].Data)
			ms[i].Release()
		}
	}
}

// send sends limit bytes of the pattern, or without a limit until stop is closed.
func send(conn *zerocopy.Conn, p *stream.Pattern, limit int64, stop <-chan struct{}) error {
	ms := make([]zerocopy.Message, 1)
	for sent := int64(0); limit == 0 || sent < limit; {
		n := int64(stream.ChunkBytes)
		if limit > 0 {
			n = min(n, limit-sent)
		} else {
			select {
			case <-stop:
				return conn.Wait()
			default:
			}
		}
		// Nobody changes the pattern, so it can be on its way many times.
		ms[0] = zerocopy.Message{Data: p.At(sent, int(n))}
		if err := conn.Send(ms); err != nil {
			return err
		}
		sent += n
	}
	return conn.Wait()
}
